/** Directives of a `Cache-Control` header, by name in lower case. A directive without a value is `true`. */
export type Directives = Readonly<Record<string, string | true | undefined>>

/** Matches one directive, up to the next comma or the end: a name, and a token or a quoted string (RFC 9111, 5.2). */
const directive = /\s*([^\s=,"]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^",]*)))?([^,]*)(?:,|$)/gsy

/** Chooses between two values of a repeated directive: no value, else the smaller number, else the first value. */
const stricter = (one: string | true, other: string | true): string | true => {
  if (one === true || other === true) return true
  const [first, second] = [secondsOf(one), secondsOf(other)]
  return first !== undefined && second !== undefined && second >= first ? one : first === undefined ? one : other
}

/** Parses a `Cache-Control` header. Quoted strings are not searched for names. A malformed value is returned unchanged. */
export const directivesOf = (text: string | undefined): Directives => {
  const directives: Record<string, string | true> = Object.create(null)
  if (text === undefined) return directives
  directive.lastIndex = 0
  while (directive.lastIndex < text.length) {
    const start = directive.lastIndex
    const match = directive.exec(text)
    if (match === null) {
      // An empty element, or a character that can't start a directive: continue after the next comma.
      const comma = text.indexOf(",", start)
      if (comma < 0) break
      directive.lastIndex = comma + 1
      continue
    }
    const [, name = "", quoted, token, trailing = ""] = match
    const value = quoted?.replace(/\\(.)/gs, "$1") ?? token?.trimEnd()
    const rest = trailing.trim()
    const complete = value === undefined && rest === "" ? true : `${value ?? ""}${rest}`
    const key = name.toLowerCase()
    const previous = directives[key]
    directives[key] = previous === undefined ? complete : stricter(previous, complete)
  }
  return directives
}

/** Upper limit of a number of seconds. RFC 9111, 1.2.2 has a cache treat larger numbers as this one. */
const maxSeconds = 2 ** 31

/** Parses whole seconds in plain digits (RFC 9111, 1.2.2). Returns `undefined` for anything else. */
export const secondsOf = (value: string | true | undefined): number | undefined =>
  typeof value === "string" && /^\d+$/.test(value) ? Math.min(Number(value), maxSeconds) : undefined

/** Converts the seconds of a directive to milliseconds. Returns 0 for a missing or invalid value. */
export const millisOf = (value: string | true | undefined): number => (secondsOf(value) ?? 0) * 1000
