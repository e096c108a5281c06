/** Directives of a `Cache-Control`, by their names in lower case; one that has no value is `true`. */
export type Directives = Readonly<Record<string, string | true | undefined>>

/** One directive, to the next comma or the end: a name, and a token or a quoted string (RFC 9111, 5.2). */
const directive = /\s*([^\s=,"]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^",]*)))?([^,]*)(?:,|$)/gsy

/** What is found twice counts as the stricter says: no value at all, the smaller number, or what was there first. */
const stricter = (one: string | true, other: string | true): string | true => {
  if (one === true || other === true) return true
  const [first, second] = [secondsOf(one), secondsOf(other)]
  return first !== undefined && second !== undefined && second >= first ? one : first === undefined ? one : other
}

/** Reads a `Cache-Control`. Names that stand within quoted strings are none; what is malformed has the value that it seems to. */
export const directivesOf = (text: string | undefined): Directives => {
  const found: Record<string, string | true> = Object.create(null)
  if (text === undefined) return found
  directive.lastIndex = 0
  while (directive.lastIndex < text.length) {
    const begin = directive.lastIndex
    const match = directive.exec(text)
    if (match === null) {
      // An empty element, or what can't begin a directive: on after the next comma.
      const comma = text.indexOf(",", begin)
      if (comma < 0) break
      directive.lastIndex = comma + 1
      continue
    }
    const [, name = "", quoted, token, rest = ""] = match
    const value = quoted?.replace(/\\(.)/gs, "$1") ?? token?.trimEnd()
    const more = rest.trim()
    const whole = value === undefined && more === "" ? true : `${value ?? ""}${more}`
    const key = name.toLowerCase()
    const before = found[key]
    found[key] = before === undefined ? whole : stricter(before, whole)
  }
  return found
}

/** As many seconds as nobody tells apart from for ever (RFC 9111, 1.2.2). */
const most = 2 ** 31

/** Whole seconds in plain digits (RFC 9111, 1.2.2). Anything else is undefined. */
export const secondsOf = (value: string | true | undefined): number | undefined =>
  typeof value === "string" && /^\d+$/.test(value) ? Math.min(Number(value), most) : undefined
