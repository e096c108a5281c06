import type { Style } from "./Descriptor.js"
import type { Json } from "./Shape.js"
import * as JsonText from "../http/json.js"

/** The value of a parameter: JSON without loss, not null. */
export type Value = Exclude<Json, null>

/** The style of a parameter. */
export interface Serialization {
  /** The name that is sent. */
  readonly name: string
  readonly style: Style
  readonly explode: boolean
}

/** Makes a text fit for a place of a request. Throws a `TypeError` with the message of an issue if the place can't hold the text. */
type Encode = (text: string) => string

/** Refuses a value, with the message of an issue. */
export const refuse = (message: string): never => {
  throw new TypeError(message)
}

const hex = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`

/** Percent-encodes all characters that are not unreserved (RFC 3986, 2.3). The text has to be well-formed Unicode. */
export const percentEncode: Encode = (text) =>
  /^[\w.~-]*$/.test(text) ? text : encodeURIComponent(text).replaceAll(/[!'()*]/g, hex)

/**
 * Percent-encodes as `percentEncode` does, but leaves reserved characters that can stand in a path segment, and what is percent-encoded
 * already (RFC 6570, 3.2.3).
 */
const encodeReservedInPath: Encode = (text) =>
  text.replaceAll(/%(?![\da-f]{2})|[^\w.~:@!$&'()*+,;=%-]+/gi, encodeURIComponent)

/** The same for a query, in which `&`, `+` and `#` would not arrive as they are. */
const encodeReservedInQuery: Encode = (text) =>
  text.replaceAll(/%(?![\da-f]{2})|[^\w.~:/?@!$'()*,;=%-]+/gi, encodeURIComponent)

/**
 * Percent-encodes what a cookie's value can't hold (RFC 6265, 4.1.1), the percent sign, and the comma that separates items. All else is sent
 * as it is, since many servers do not decode cookies.
 */
const encodeCookieValue: Encode = (text) =>
  text.replaceAll(/[^\x21\x23\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+/g, percentEncode)

/** Sends the value of a cookie as it is (OpenAPI 3.2, style `cookie`). */
const plainCookieValue: Encode = (text) =>
  /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/.test(text)
    ? text
    : refuse('must be text that can stand in a cookie (RFC 6265, 4.1.1): visible ASCII without " , ; and \\')

/** Sends a text as a header, or as a part of one. Whitespace at its ends would not arrive. */
const plainHeaderValue: Encode = (text) =>
  /^[\t\x20-\x7e\x80-\xff]*$/.test(text) && !/^[\t ]|[\t ]$/.test(text)
    ? text
    : refuse(
        "must be text that can stand in a header: without line breaks, whitespace at its ends, and characters beyond Latin-1"
      )

const separators: { readonly [S in Style]?: string } = { spaceDelimited: " ", pipeDelimited: "|", tabDelimited: "\t" }

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null

/** Returns the text of a scalar. Styles have no form of arrays and objects within others, which are sent as JSON. */
const textOf = (value: unknown): string => (isContainer(value) ? JsonText.stringify(value) : String(value))

/** Returns the properties of an object that have a value. */
const entriesOf = (value: object): ReadonlyArray<readonly [name: string, value: unknown]> =>
  Object.entries(value).filter(([, one]) => one !== null && one !== undefined)

const itemsOf = (value: ReadonlyArray<unknown>): ReadonlyArray<unknown> =>
  value.filter((item) => item !== null && item !== undefined)

/**
 * Joins the items of an array, or the names and values of an object. Servers split at a comma before they decode percent-encoding, and at
 * other separators, which URLs can't hold as they are, after it.
 *
 * - `raw`: true where there is no percent-encoding, so that no text can contain the separator
 */
const join = (texts: ReadonlyArray<string>, separator: string, encode: Encode, raw: boolean): string => {
  const encoded = raw
    ? separator
    : separator === " " || separator === "|" || separator === "\t"
      ? percentEncode(separator)
      : separator
  return texts
    .map((text) => {
      if ((raw || encoded !== separator) && text.includes(separator)) {
        refuse(`has a text with ${JSON.stringify(separator)}, which separates the texts of this parameter`)
      }
      // Also the dot, which percent-encoding leaves.
      return encoded === separator && !raw ? encode(text).replaceAll(separator, hex(separator)) : encode(text)
    })
    .join(encoded)
}

/** Returns the items of an array, or the names and values of an object in turn. */
const flat = (value: object): ReadonlyArray<string> =>
  Array.isArray(value) ? itemsOf(value).map(textOf) : entriesOf(value).flatMap(([name, one]) => [name, textOf(one)])

/** Makes `name=value` pairs of the styles whose pairs are exploded: of each item by the same name, or of each property by its own. */
const exploded = (name: string, value: object): ReadonlyArray<readonly [name: string, text: string]> =>
  Array.isArray(value)
    ? itemsOf(value).map((item) => [name, textOf(item)])
    : entriesOf(value).map(([name, one]) => [name, textOf(one)])

/** Serializes a value for a path (OpenAPI 3.1, 4.8.12.2; RFC 6570, 3.2.2, 3.2.5, 3.2.7). The result is percent-encoded. */
export const pathText = ({ explode, name, style }: Serialization, value: Value, allowReserved: boolean): string => {
  const encode = allowReserved ? encodeReservedInPath : percentEncode
  const separator = separators[style] ?? ","
  if (style === "matrix") {
    const pairs = !isContainer(value)
      ? [[name, encode(String(value))] as const]
      : explode
        ? exploded(name, value).map(([name, text]) => [name, encode(text)] as const)
        : flat(value).length === 0
          ? []
          : [[name, join(flat(value), separator, encode, false)] as const]
    return pairs.map(([name, text]) => `;${percentEncode(name)}${text === "" ? "" : `=${text}`}`).join("")
  }
  const prefix = style === "label" ? "." : ""
  if (!isContainer(value)) return `${prefix}${encode(String(value))}`
  if (!explode) return `${prefix}${join(flat(value), separator, encode, false)}`
  const between = style === "label" ? "." : separator
  if (Array.isArray(value)) return `${prefix}${join(flat(value), between, encode, false)}`
  const pairs = entriesOf(value).map(
    ([name, one]) => `${join([name], between, percentEncode, false)}=${join([textOf(one)], between, encode, false)}`
  )
  return `${prefix}${pairs.join(between)}`
}

/** Serializes a value for a header: the style `simple`, or one with other separators. Nothing is percent-encoded. */
export const headerText = ({ explode, style }: Serialization, value: Value): string => {
  const separator = separators[style] ?? ","
  if (!isContainer(value)) return plainHeaderValue(String(value))
  if (!explode || Array.isArray(value)) return join(flat(value), separator, plainHeaderValue, true)
  return entriesOf(value)
    .map(
      ([name, one]) =>
        `${name.includes("=") ? refuse("has a property whose name has =, which separates names from values") : join([name], separator, plainHeaderValue, true)}=${join([textOf(one)], separator, plainHeaderValue, true)}`
    )
    .join(separator)
}

/**
 * Makes the pairs of nested values: `name[key]=value`, `name[]=item`, and `name[0][key]=value` for items that are arrays or objects, as qs
 * (Express), PHP and Rack (Rails) read them.
 */
const nested = (name: string, value: object, pair: (name: string, text: string) => string): ReadonlyArray<string> =>
  Array.isArray(value)
    ? itemsOf(value).flatMap((item, index) =>
        isContainer(item)
          ? nested(`${name}[${index}]`, item, pair)
          : [pair(name.endsWith("[]") ? name : `${name}[]`, String(item))]
      )
    : entriesOf(value).flatMap(([key, one]) => {
        if (key === "" || /[[\]]/.test(key))
          refuse("has a property whose name is empty or has a bracket, which this style can't carry")
        return isContainer(one) ? nested(`${name}[${key}]`, one, pair) : [pair(`${name}[${key}]`, String(one))]
      })

const pairsOf = (
  { explode, name, style }: Serialization,
  value: Value,
  encodeName: Encode,
  encode: Encode,
  raw: boolean
): ReadonlyArray<string> => {
  const pair = (name: string, text: string) => `${encodeName(name)}=${encode(text)}`
  if (style === "brackets" && !isContainer(value)) return nested(name, [value], pair)
  if (!isContainer(value)) return [pair(name, String(value))]
  if (style === "deepObject" || style === "brackets") return nested(name, value, pair)
  if (explode) return exploded(name, value).map(([name, text]) => pair(name, text))
  const texts = flat(value)
  return texts.length === 0 ? [] : [`${encodeName(name)}=${join(texts, separators[style] ?? ",", encode, raw)}`]
}

/** Serializes a value for a query, or for a form body, as percent-encoded pairs. An empty array or object has none. */
export const queryPairs = (serialization: Serialization, value: Value, allowReserved: boolean): ReadonlyArray<string> =>
  pairsOf(serialization, value, percentEncode, allowReserved ? encodeReservedInQuery : percentEncode, false)

/** Returns the name of a cookie, which is sent as it is. */
const cookieName: Encode = (name) =>
  /^[!#$%&'*+.^_`|~\w-]+$/.test(name) ? name : refuse("has a name that a cookie can't have (RFC 6265, 4.1.1)")

/** Serializes a value for the header `Cookie`, as pairs (RFC 6265, 4.2.1). */
export const cookiePairs = (serialization: Serialization, value: Value): ReadonlyArray<string> =>
  serialization.style === "cookie"
    ? pairsOf(serialization, value, cookieName, plainCookieValue, true)
    : pairsOf(serialization, value, percentEncode, encodeCookieValue, false)
