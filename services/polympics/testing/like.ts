/**
 * `name ILIKE '%' || q || '%'`: reports whether a name contains the pattern, in upper or lower case. `%` matches any text and
 * `_` one character; `\` escapes the next character.
 */
export const contains = (q: string): ((name: string) => boolean) => {
  const pattern = tokens(`%${q.toLowerCase()}%`)
  const inner = pattern.slice(1, -1)
  if (pattern.at(-1) === any && inner.every((token) => typeof token === "string")) {
    const text = inner.join("")
    return (name) => name.toLowerCase().includes(text)
  }
  return (name) => matches(pattern, [...name.toLowerCase()])
}

const any = Symbol("%")
const one = Symbol("_")
type Token = string | typeof any | typeof one

const tokens = (pattern: string): ReadonlyArray<Token> => {
  const found: Array<Token> = []
  let escaped = false
  for (const character of pattern) {
    if (!escaped && character === "\\") {
      escaped = true
      continue
    }
    found.push(escaped ? character : character === "%" ? any : character === "_" ? one : character)
    escaped = false
  }
  return found
}

/** Backtracks to the last `%` only, so that the number of steps is at most the product of the lengths. */
const matches = (pattern: ReadonlyArray<Token>, text: ReadonlyArray<string>): boolean => {
  let at = 0
  let token = 0
  let lastAny = -1
  let resume = 0
  while (at < text.length) {
    if (token < pattern.length && pattern[token] === any) {
      lastAny = token++
      resume = at
    } else if (token < pattern.length && (pattern[token] === one || pattern[token] === text[at])) {
      token++
      at++
    } else if (lastAny >= 0) {
      token = lastAny + 1
      at = ++resume
    } else {
      return false
    }
  }
  while (pattern[token] === any) token++
  return token === pattern.length
}
