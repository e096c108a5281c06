import type { Json } from "../../../Shape.js"
import { isIdentifierName } from "./identifiers.js"

/**
 * Code to print: a text without line breaks, or a list between brackets. A list is printed on one line if it fits, else with each of
 * its items on a line.
 */
export type Code = string | List

interface List {
  readonly open: string
  readonly close: string
  readonly items: ReadonlyArray<Code>
  /** After each item but the last one, where the items are on one line. */
  readonly separator: string
  /** After each item but the last one, at the end of a line. */
  readonly ending: string
  /** Between the brackets and the items, where they are on one line. */
  readonly padding: string
  /** Printed before the list, such as the name of a property. */
  readonly prefix: string
  /** Printed before each item, where each has a line. Such a list has no brackets. */
  readonly operator?: "|" | "&"
  /** Printed on one line, or undefined if it is longer than a line. */
  readonly flat: string | undefined
}

/** The length up to which a line is filled. */
const width = 120

const flatOf = (code: Code): string | undefined => (typeof code === "string" ? code : code.flat)

const list = (fields: Omit<List, "flat">): List => {
  const { close, items, open, padding, prefix, separator } = fields
  let inner = ""
  let fits = true
  for (const [index, item] of items.entries()) {
    const flat = flatOf(item)
    // A comment has lines of its own.
    if (flat === undefined || flat.includes("\n") || inner.length > width) {
      fits = false
      break
    }
    inner += index === 0 ? flat : separator + flat
  }
  const flat = items.length === 0 ? prefix + open + close : `${prefix}${open}${padding}${inner}${padding}${close}`
  return { ...fields, flat: fits && flat.length <= width && !prefix.includes("\n") ? flat : undefined }
}

/** An object literal. */
export const object = (items: ReadonlyArray<Code>): Code =>
  list({ open: "{", close: "}", items, separator: ", ", ending: ",", padding: " ", prefix: "" })

/** An array literal. */
export const array = (items: ReadonlyArray<Code>): Code =>
  list({ open: "[", close: "]", items, separator: ", ", ending: ",", padding: "", prefix: "" })

/** The literal of an object type. */
export const members = (items: ReadonlyArray<Code>): Code =>
  list({ open: "{", close: "}", items, separator: "; ", ending: "", padding: " ", prefix: "" })

/** A list between brackets, such as the arguments of a call. */
export const bracketed = (open: string, items: ReadonlyArray<Code>, close: string): Code =>
  list({ open, close, items, separator: ", ", ending: ",", padding: "", prefix: "" })

/** A union or intersection of types. Each member has a line of its own where they do not fit on one. */
export const joined = (operator: "|" | "&", items: ReadonlyArray<Code>): Code =>
  list({
    open: "",
    close: "",
    items,
    separator: ` ${operator} `,
    ending: "",
    padding: "",
    prefix: "",
    operator
  })

/** Code with a text before it. */
export const prefixed = (prefix: string, code: Code): Code =>
  typeof code === "string" ? prefix + code : list({ ...code, prefix: prefix + code.prefix })

/** Names of properties for which the compiler does not use the type of a record's values, but that of each object's own property. */
const inheritedName =
  /^(?:__proto__|constructor|hasOwnProperty|isPrototypeOf|propertyIsEnumerable|toLocaleString|toString|valueOf)$/

/** A property of an object literal. One that is named `__proto__` would set the prototype if its key were not computed. */
export const property = (name: string, value: Code): Code => {
  const code = prefixed(name === "__proto__" ? `["__proto__"]: ` : `${memberKey(name)}: `, value)
  return typeof code === "string" || !inheritedName.test(name)
    ? code
    : list({ ...code, close: `${code.close} as never` })
}

/**
 * Prints code.
 *
 * - `indent`: the indentation of the line
 * - `column`: the length of what the line has already
 */
export const print = (code: Code, indent: string, column: number): string => {
  if (typeof code === "string") return code.replaceAll("\n", `\n${indent}`)
  const lineBreak = code.prefix.lastIndexOf("\n")
  if (lineBreak !== -1) {
    // A comment, with lines of its own.
    const rest = list({ ...code, prefix: code.prefix.slice(lineBreak + 1) })
    return print(code.prefix.slice(0, lineBreak + 1), indent, column) + print(rest, indent, indent.length)
  }
  if (code.flat !== undefined && column + code.flat.length <= width) return code.flat
  if (code.items.length === 0) return `${code.prefix}${code.open}${code.close}`
  const { close, ending, items, open, operator, prefix } = code
  if (operator === "&") return `${prefix}${items.map((item) => print(item, indent, 0)).join(" & ")}${close}`
  const inner = `${indent}  `
  if (operator === "|") return `${prefix.trimEnd()}\n${unionLines(items, inner)}${close}`
  const lines = items.map((item, index) => {
    const last = index === items.length - 1
    const isUnion = typeof item !== "string" && item.operator === "|" && item.prefix === ""
    const text =
      isUnion && (item.flat === undefined || inner.length + item.flat.length >= width)
        ? unionLines(item.items, inner)
        : `${inner}${print(item, inner, inner.length + 1)}`
    return last ? text : text + ending
  })
  return `${prefix}${open}\n${lines.join("\n")}\n${indent}${close}`
}

const unionLines = (items: ReadonlyArray<Code>, indent: string): string =>
  items.map((item) => `${indent}| ${print(item, `${indent}  `, indent.length + 2)}`).join("\n")

/**
 * Writes a text as a literal. Escapes what would end a script element of HTML, and the line terminators that JSON does not escape.
 */
export const stringLiteral = (text: string): string =>
  JSON.stringify(text)
    .replace(/[\u2028\u2029\ufeff]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`)
    .replace(/<(?=\/script|!--|script)/gi, "\\u003c")

/** Writes the name of a property. */
export const memberKey = (name: string): string => (isIdentifierName(name) ? name : stringLiteral(name))

/** Writes a scalar as a literal. Returns undefined for other values. */
export const scalarLiteral = (value: Json): string | undefined => {
  switch (typeof value) {
    case "string":
      return stringLiteral(value)
    case "bigint":
      return `${value}n`
    case "number":
      return Number.isFinite(value) ? String(value) : undefined
    case "boolean":
      return String(value)
    default:
      return value === null ? "null" : undefined
  }
}

/** Depth up to which JSON is written as a literal. Deeper values are null. */
const maxDepth = 32

/** Writes JSON as a literal, and plain data in general, without the fields that are undefined. */
export const jsonLiteral = (value: unknown, depth = 0): Code => {
  if (Array.isArray(value)) return depth > maxDepth ? "null" : array(value.map((item) => jsonLiteral(item, depth + 1)))
  if (typeof value === "number" && !Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity"
  if (typeof value !== "object" || value === null) return scalarLiteral(value as Json) ?? "null"
  if (depth > maxDepth) return "null"
  return object(
    Object.entries(value).flatMap(([key, item]) =>
      item === undefined ? [] : [property(key, jsonLiteral(item, depth + 1))]
    )
  )
}

/** Breaks a text of the document into lines that can't end a comment, and that have no tags and directives for tools. */
const commentLines = (text: string): ReadonlyArray<string> =>
  text
    .toWellFormed()
    .trim()
    .replace(/\*\//g, "*\\/")
    .replace(/(^|[^\w])@(?=\w)/g, "$1\\@")
    .replace(/[#@]__(PURE|NO_SIDE_EFFECTS|INLINE|NOINLINE)__/g, "__$1__")
    .split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/)
    .map((line) =>
      line
        // Control characters, and those that change the direction of text, which make code look like other code.
        .replace(/[^\P{Cc}\t]|[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, "")
        .trimEnd()
    )

/** A tag of a comment. Its text comes from the document. */
export interface Tag {
  readonly tag: string
  readonly text: string
}

/** Writes a documentation comment from paragraphs of the document, and tags. Returns an empty text if there is nothing to write. */
export const comment = (paragraphs: ReadonlyArray<string | undefined>, tags: ReadonlyArray<Tag> = []): string => {
  const lines: Array<string> = []
  for (const paragraph of paragraphs) {
    if (paragraph === undefined || paragraph.trim() === "") continue
    if (lines.length > 0) lines.push("")
    lines.push(...commentLines(paragraph))
  }
  if (tags.length > 0 && lines.length > 0) lines.push("")
  for (const { tag, text } of tags) {
    const [first = "", ...others] = commentLines(text)
    lines.push(`@${tag}${first === "" ? "" : ` ${first}`}`, ...others)
  }
  if (lines.length === 0) return ""
  const [only] = lines
  return lines.length === 1 && only!.length < width - 8
    ? `/** ${only} */\n`
    : `/**\n${lines.map((line) => (line === "" ? " *" : ` * ${line}`)).join("\n")}\n */\n`
}
