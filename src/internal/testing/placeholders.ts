import { encodeBase64 } from "../base64.js"
import { canonical } from "../http/canonicalText.js"

/** The length from which a secret is searched for outside of its own place, in characters. Shorter ones are in most texts by chance. */
const shortest = 4

/** Texts that are never searched for, since flags have them, too. */
const commonTexts = ["true", "false", "null", "none", "undefined"]

/** Matches the text that replaces a secret. */
export const placeholderPattern = (): RegExp => /redacted-\d+/g

/** Reports whether a text is the replacement of a secret. */
export const isPlaceholder = (text: string): boolean => /^redacted-\d+$/.test(text)

/** Replaces secrets by placeholders: the same one for the same secret. */
export interface Placeholders {
  /** Adds a secret to those that are searched for. */
  readonly add: (secret: string) => void
  /** Returns the placeholder of a secret. The first secret that is replaced has the number 1. */
  readonly of: (secret: string) => string
  /**
   * Replaces the secrets of at least this length in a text. Returns undefined if a secret remains: its place in the text is not certain.
   */
  readonly replace: (text: string, shortest?: number) => string | undefined
  /** Reports whether a text contains a secret, in any spelling. */
  readonly reveals: (text: string) => boolean
}

/** A text to search for, and its secret. */
interface Spelling {
  readonly secret: string
  readonly text: string
  readonly canonicalText: string
  readonly pattern: () => RegExp
}

const escapeRegExp = (text: string): string => text.replace(/[$()*+./?[\\\]^{|}-]/g, "\\$&")

const hexPattern = (hex: string): string =>
  [...hex].map((digit) => (/[a-f]/.test(digit) ? `[${digit}${digit.toUpperCase()}]` : digit)).join("")

const namedReferences: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos" }
const letters: Readonly<Record<string, string>> = { "\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f" }

/** Makes a pattern of the spellings of a character: itself, and the escapes of URLs, JSON, JavaScript and HTML. */
const characterPattern = (character: string): string => {
  const code = character.codePointAt(0)!
  const bytes = [...new TextEncoder().encode(character)]
  const percent = bytes.map((byte) => `%(?:25)*${hexPattern(byte.toString(16).padStart(2, "0"))}`).join("")
  const units = Array.from(
    { length: character.length },
    (_, index) => `\\\\+u${hexPattern(character.charCodeAt(index).toString(16).padStart(4, "0"))}`
  ).join("")
  const name = namedReferences[character]
  const letter = letters[character]
  const alternatives = [
    percent,
    units,
    ...(code < 256 ? [`\\\\+x${hexPattern(code.toString(16).padStart(2, "0"))}`] : []),
    ...(letter === undefined ? [] : [`\\\\+${letter}`]),
    `&(?:amp;)*#(?:[xX]0*${hexPattern(code.toString(16))}|0*${code});`,
    ...(name === undefined ? [] : [`&(?:amp;)*${name};`]),
    ...(character === " " ? ["\\+"] : []),
    `\\\\*${escapeRegExp(character)}`
  ]
  return `(?:${alternatives.join("|")})`
}

/** Removes the characters of base64 that depend on the bytes beside the text that was encoded. */
const alignedBase64 = (secret: string, offset: number): string => {
  const length = new TextEncoder().encode(secret).length
  const text = encodeBase64("\0".repeat(offset) + secret).replace(/=+$/, "")
  return text.slice([0, 2, 3][offset], (offset + length) % 3 === 0 ? undefined : -1)
}

/** The length from which a secret within a larger base64 is searched for, in characters of base64. */
const shortestAligned = 8

const urlAlphabet = (text: string): string => text.replaceAll("+", "-").replaceAll("/", "_")

/** Characters of base64 around a match. */
const base64Run = "[\\w+/-]*"

const spellingsOf = (secret: string): ReadonlyArray<Spelling> => {
  const make = (text: string, around: string): Spelling => {
    const canonicalText = canonical(text)
    let pattern: RegExp | undefined
    return {
      secret,
      text,
      canonicalText,
      pattern: () =>
        (pattern ??= new RegExp(
          around + [...canonicalText].map(characterPattern).join("") + (around && `${around}=*`),
          "g"
        ))
    }
  }
  if (!secret.isWellFormed()) return [make(secret, "")]
  const whole = encodeBase64(secret).replace(/=+$/, "")
  const within = [0, 1, 2]
    .map((offset) => alignedBase64(secret, offset))
    .filter((text) => text.length >= shortestAligned)
  const encoded = [whole, ...within]
  return [
    make(secret, ""),
    ...[...new Set([...encoded, ...encoded.map(urlAlphabet)])].map((text) => make(text, base64Run))
  ].filter(({ canonicalText }) => canonicalText.length > 0)
}

/** Makes placeholders for the secrets that are added. */
export const makePlaceholders = (): Placeholders => {
  const numbers = new Map<string, number>()
  const secrets = new Set<string>()
  let spellings: ReadonlyArray<Spelling> | undefined
  const all = () =>
    (spellings ??= [...secrets]
      // A secret that contains another one is replaced whole.
      .sort((one, other) => other.length - one.length)
      .flatMap(spellingsOf))
  const of = (secret: string): string => {
    if (isPlaceholder(secret)) return secret
    const key = canonical(secret)
    const number = numbers.get(key) ?? numbers.size + 1
    numbers.set(key, number)
    return `redacted-${number}`
  }
  return {
    add: (secret) => {
      const isCommon = commonTexts.includes(secret.toLowerCase())
      if (secret.length < shortest || isCommon || isPlaceholder(secret) || secrets.has(secret)) return
      if (canonical(secret).length < shortest) return
      secrets.add(secret)
      spellings = undefined
    },
    of,
    replace: (text, shortest = 0) => {
      let current = text
      let canonicalText: string | undefined
      for (const { canonicalText: searched, pattern, secret, text: plain } of all()) {
        if (secret.length < shortest) continue
        canonicalText ??= canonical(current)
        if (!canonicalText.includes(searched)) continue
        const placeholder = of(secret)
        // The plain text is searched for first, since the pattern of a long secret is slow.
        current = (plain === secret ? current.replaceAll(plain, placeholder) : current).replace(pattern(), placeholder)
        canonicalText = undefined
        if (canonical(current).includes(searched)) return undefined
      }
      return current
    },
    reveals: (text) => {
      const canonicalText = canonical(text)
      return all().some(({ canonicalText: searched }) => canonicalText.includes(searched))
    }
  }
}
