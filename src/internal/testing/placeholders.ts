import * as RegExpText from "effect/RegExp"
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
  /** Reports whether a text contains a secret, in any spelling, also across the ends of lines. */
  readonly reveals: (text: string) => boolean
}

/** A text to search for, and its secret. */
interface Spelling {
  readonly secret: string
  readonly text: string
  readonly canonicalText: string
  /** Replaces it where its place is certain. */
  readonly replace: (text: string, placeholder: string) => string
}

const hexPattern = (hex: string): string =>
  [...hex].map((digit) => (/[a-f]/.test(digit) ? `[${digit}${digit.toUpperCase()}]` : digit)).join("")

const namedReferences: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos" }
const letters: Readonly<Record<string, string>> = { "\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f" }

/** Lists the patterns of the spellings of a character: itself, and the escapes of URLs, JSON, JavaScript and HTML. */
const patternsOf = (character: string): ReadonlyArray<string> => {
  const code = character.codePointAt(0)!
  const bytes = [...new TextEncoder().encode(character)]
  const percent = bytes.map((byte) => `%(?:25)*${hexPattern(byte.toString(16).padStart(2, "0"))}`).join("")
  const units = Array.from(
    { length: character.length },
    (_, index) => `\\\\+u${hexPattern(character.charCodeAt(index).toString(16).padStart(4, "0"))}`
  ).join("")
  const name = namedReferences[character]
  const letter = letters[character]
  return [
    percent,
    units,
    ...(code < 256 ? [`\\\\+x${hexPattern(code.toString(16).padStart(2, "0"))}`] : []),
    ...(letter === undefined ? [] : [`\\\\+${letter}`]),
    `&(?:amp;)*#(?:[xX]0*${hexPattern(code.toString(16))}|0*${code});`,
    ...(name === undefined ? [] : [`&(?:amp;)*${name};`]),
    `\\\\*${RegExpText.escape(character)}`
  ]
}

/** Makes a pattern of the spellings of a character of a canonical text, in which a plus sign is a space. */
const characterPattern = (character: string): string =>
  `(?:${[...patternsOf(character), ...(character === " " ? patternsOf("+") : [])].join("|")})`

/** Removes the characters of base64 that depend on the bytes beside the text that was encoded. */
const alignedBase64 = (secret: string, offset: number): string => {
  const length = new TextEncoder().encode(secret).length
  const text = encodeBase64("\0".repeat(offset) + secret).replace(/=+$/, "")
  return text.slice([0, 2, 3][offset], (offset + length) % 3 === 0 ? undefined : -1)
}

/** The length from which a secret within a larger base64 is searched for, in characters of base64. */
const shortestAligned = 8

/** The length from which a secret is searched for across the ends of lines, in characters. */
const shortestSplit = 8

/** Joins the lines of a text, also those of quoted-printable (RFC 2045, 6.7), folded headers and indented base64. */
const joinLines = (text: string): string => text.replace(/=?\r?\n[ \t]*/g, "")

const urlAlphabet = (text: string): string => text.replaceAll("+", "-").replaceAll("/", "_")

/** Replaces each occurrence of base64, with the characters of base64 around it, of which it may be a part. */
const replaceBase64 = (text: string, encoded: string, placeholder: string): string => {
  let replaced = ""
  let copied = 0
  for (let index = text.indexOf(encoded); index !== -1; index = text.indexOf(encoded, copied)) {
    let start = index
    let end = index + encoded.length
    while (start > copied && /[\w+/-]/.test(text[start - 1]!)) start -= 1
    while (end < text.length && /[\w+/=-]/.test(text[end]!)) end += 1
    replaced += text.slice(copied, start) + placeholder
    copied = end
  }
  return replaced + text.slice(copied)
}

const spellingsOf = (secret: string): ReadonlyArray<Spelling> => {
  const canonicalText = canonical(secret)
  let pattern: RegExp | undefined
  const plain: Spelling = {
    secret,
    text: secret,
    canonicalText,
    replace: (text, placeholder) => {
      pattern ??= new RegExp([...canonicalText].map(characterPattern).join(""), "g")
      return text.replaceAll(secret, placeholder).replace(pattern, placeholder)
    }
  }
  if (!secret.isWellFormed()) return [plain]
  const whole = encodeBase64(secret).replace(/=+$/, "")
  const within = [0, 1, 2]
    .map((offset) => alignedBase64(secret, offset))
    .filter((text) => text.length >= shortestAligned)
  const encoded = [whole, ...within]
  return [
    plain,
    ...[...new Set([...encoded, ...encoded.map(urlAlphabet)])].map((text): Spelling => ({
      secret,
      text,
      canonicalText: canonical(text),
      replace: (within, placeholder) => replaceBase64(within, text, placeholder)
    }))
  ]
}

/**
 * Makes placeholders for the secrets that are added.
 *
 * - `show`: the placeholder with a number. Default: `redacted-1`, `redacted-2` and so on
 */
export const makePlaceholders = (show = (number: number): string => `redacted-${number}`): Placeholders => {
  const numbers = new Map<string, number>()
  const secrets = new Set<string>()
  let spellings: ReadonlyArray<Spelling> | undefined
  const all = () =>
    (spellings ??= [...secrets]
      // A secret that contains another one is replaced whole.
      .sort((one, other) => other.length - one.length)
      .flatMap(spellingsOf))
  /** Reports whether the ends of lines split a secret in a canonical text. */
  const isSplit = (canonicalText: string): boolean => {
    if (!canonicalText.includes("\n")) return false
    const joined = joinLines(canonicalText)
    return all().some(({ canonicalText: searched }) => {
      const secret = joinLines(searched)
      return secret.length >= shortestSplit && joined.includes(secret)
    })
  }
  const of = (secret: string): string => {
    if (isPlaceholder(secret)) return secret
    const key = canonical(secret)
    const number = numbers.get(key) ?? numbers.size + 1
    numbers.set(key, number)
    return show(number)
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
      let canonicalText = canonical(text)
      const hasEscapes = /[%&\\+]/.test(text)
      for (const { canonicalText: searched, replace, secret, text: plain } of all()) {
        if (secret.length < shortest) continue
        // The canonical text does not show a secret of which a part is an escape with the characters beside it.
        const isSearched = current.includes(plain) || (hasEscapes && plain === secret)
        // The number of a placeholder is assigned when its secret is found.
        if (isSearched && replace(current, "") !== current) {
          current = replace(current, of(secret))
          canonicalText = canonical(current)
        }
        if (canonicalText.includes(searched)) return undefined
      }
      return isSplit(canonicalText) ? undefined : current
    },
    reveals: (text) => {
      const canonicalText = canonical(text)
      return (
        all().some(
          ({ canonicalText: searched, text: plain }) => canonicalText.includes(searched) || text.includes(plain)
        ) || isSplit(canonicalText)
      )
    }
  }
}
