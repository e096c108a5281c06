import type { Descriptor, MediaType, Parameter } from "../descriptor/Descriptor.js"
import type { Ref } from "../../Shape.js"
import type { NamedOperation } from "../../spec/Convention.js"
import type { Document, DocumentResponse, OperationDetails } from "./model.js"
import { oneLine, paragraphs, type Row, table } from "./prose.js"
import { propertiesOf } from "./shapes.js"
import { jsonText, typeText } from "./typeText.js"
import { shapeOf } from "../descriptor/shapeOf.js"

/** The lengths of texts in help, in characters, and the number of a body's properties that are shown. */
const limits = { description: 2000, parameter: 400, summary: 200, properties: 100 }

const partOf = ({ in: place }: Parameter): "headers" | "cookies" | undefined =>
  place === "header" ? "headers" : place === "cookie" ? "cookies" : undefined

/** An argument of a call, in the order of the signature. */
interface Argument {
  readonly name: string
  readonly required: boolean
}

/** Returns the arguments of an operation by name: the positional ones, and the fields of the input. */
export const argumentsOf = ({ body, parameters = [], positional = [] }: Descriptor) => {
  const fields: Array<Argument> = parameters
    .filter((parameter) => partOf(parameter) === undefined)
    .map(({ name, required = false }) => ({ name, required }))
  for (const part of ["headers", "cookies"] as const) {
    const own = parameters.filter((parameter) => partOf(parameter) === part)
    if (own.length > 0) fields.push({ name: part, required: own.some(({ required }) => required) })
  }
  if (body !== undefined) fields.push({ name: "body", required: body.required === true })
  return {
    positional: positional.filter((name) => fields.some((field) => field.name === name)),
    fields: fields.filter(({ name }) => !positional.includes(name))
  }
}

const shown = ({ name, required }: Argument): string => {
  const key = oneLine(/^[$_\p{ID_Start}][$\p{ID_Continue}]*$/u.test(name) ? name : JSON.stringify(name), 80)
  return required ? key : `${key}?`
}

/** Returns the signature of a call. Optional fields that are beyond the width are left out. */
export const signature = (descriptor: Descriptor, prefix: string, width: number): string => {
  const { fields, positional } = argumentsOf(descriptor)
  const write = (names: ReadonlyArray<string>) => {
    const input = names.length === 0 ? [] : [`{ ${names.join(", ")} }`]
    return `${prefix}(${[...positional, ...input].join(", ")})`
  }
  const whole = write(fields.map(shown))
  if (whole.length <= width || fields.length === 0) return whole
  // The optional fields are left out first.
  const required = fields.filter((field) => field.required).map(shown)
  const kept: Array<string> = []
  for (const name of required) {
    if (write([...kept, name, "…"]).length > width) break
    kept.push(name)
  }
  return write([...kept, "…"])
}

const contentType = (content: Readonly<Record<string, MediaType>> | undefined): string => {
  const entries = Object.entries(content ?? {})
  const [first] = entries
  if (first === undefined) return ""
  const [type, { shape }] = first
  return shape === undefined ? type : typeText(shape)
}

/** Joins sentences, of which documents often leave out the full stop. */
const sentence = (...parts: ReadonlyArray<string | undefined | false>): string => {
  const texts = parts.flatMap((part) => (part === undefined || part === false ? [] : [part.trim()]))
  const shown = texts.filter((text) => text !== "")
  return shown
    .map((text, index) => (index === shown.length - 1 || /[\p{P}\p{S}]$/u.test(text) ? text : `${text}.`))
    .join(" ")
}

const describeShape = (ref: Ref | undefined): { readonly description?: string | undefined; readonly note: string } => {
  if (ref === undefined) return { note: "" }
  const shape = shapeOf(ref)
  return {
    description: shape.description ?? shape.title,
    note: sentence(
      shape.deprecated === true && "Deprecated.",
      shape.default !== undefined && `Default: ${jsonText(shape.default, 60)}.`
    )
  }
}

const rowOf = (
  name: string,
  required: boolean,
  ref: Ref | undefined,
  description: string | undefined,
  deprecated = false
): Row => {
  const { description: own, note } = describeShape(ref)
  return {
    name: oneLine(name, 80),
    type: oneLine(typeText(ref), 200),
    text: oneLine(
      sentence(
        required && "Required.",
        deprecated && !note.startsWith("Deprecated") && "Deprecated.",
        description ?? own,
        note
      ),
      limits.parameter
    )
  }
}

/** Returns the description of a parameter in the document: that of the parameter, or of the property of the body. */
const documented = (details: OperationDetails, parameter: Parameter) => {
  const wire = parameter.wire ?? parameter.name
  return details.parameters.find(({ in: place, name }) => place === parameter.in && name === wire)
}

/** Returns the parameters and the properties of the body as rows. */
export const inputRows = (
  { body, parameters = [], positional = [] }: Descriptor,
  details: OperationDetails
): ReadonlyArray<Row> => {
  const row = (parameter: Parameter, prefix = ""): Row => {
    const { deprecated, description } = documented(details, parameter) ?? {}
    return rowOf(prefix + parameter.name, parameter.required === true, parameter.shape, description, deprecated)
  }
  const rank = ({ name }: Parameter) => {
    const index = positional.indexOf(name)
    return index === -1 ? positional.length : index
  }
  const flat = parameters.filter((parameter) => partOf(parameter) === undefined)
  const rows = flat.toSorted((one, other) => rank(one) - rank(other)).map((parameter) => row(parameter))
  for (const part of ["headers", "cookies"] as const) {
    for (const parameter of parameters) if (partOf(parameter) === part) rows.push(row(parameter, `${part}.`))
  }
  if (body === undefined) return rows
  const types = Object.keys(body.content)
  const [first] = Object.values(body.content)
  const description = sentence(
    details.body?.description,
    (types.length > 1 || !/json/i.test(types[0] ?? "json")) && `Content types: ${types.slice(0, 8).join(", ")}.`
  )
  rows.push(rowOf("body", body.required === true, first?.shape, description || undefined))
  if (first?.shape === undefined) return rows
  const properties = Array.from(propertiesOf(first.shape)).filter(([, { ref }]) => shapeOf(ref).readOnly !== true)
  for (const [name, { ref, required }] of properties.slice(0, limits.properties)) {
    rows.push(rowOf(`body.${name}`, required, ref, undefined))
  }
  if (properties.length > limits.properties) {
    rows.push({ name: `… ${properties.length - limits.properties} more`, type: "", text: "" })
  }
  return rows
}

/** Returns the responses as rows. */
export const responseRows = (descriptor: Descriptor, details: OperationDetails): ReadonlyArray<Row> =>
  Object.entries(descriptor.responses).map(([status, { content }]) => {
    const response: DocumentResponse | undefined = details.responses.get(status)
    return {
      name: oneLine(status, 20),
      type: oneLine(contentType(content), 200),
      text: oneLine(response?.description ?? "", limits.parameter)
    }
  })

const listText = (name: string, { list }: Descriptor): ReadonlyArray<string> => {
  if (list === undefined) return []
  const pages = {
    page: "by page number",
    offset: "by offset",
    cursor: "by cursor",
    link: "by Link header"
  }[list.by]
  return [
    "",
    `A list in pages, ${pages}: ${name}.items(...) is a Stream of its items, ${name}.pages(...) of its pages.`
  ]
}

const section = (title: string, rows: ReadonlyArray<Row>, width: number): ReadonlyArray<string> =>
  rows.length === 0 ? [] : ["", title, ...table(rows, width)]

/** Returns the help of an operation as lines. */
export const methodHelp = (named: NamedOperation, width: number): ReadonlyArray<string> => {
  const { aliases = [], method, operation, resource } = named
  const descriptor = named.descriptor()
  const details = operation.details()
  const name = `${resource}.${method}`
  const summary = oneLine(operation.summary ?? "", limits.summary)
  const description = paragraphs(operation.description ?? "", width, limits.description)
  return [
    signature(descriptor, name, width),
    oneLine(`${operation.method} ${operation.path}`, Math.max(width, 20)),
    ...(operation.deprecated ? ["", ...paragraphs(sentence("Deprecated.", operation.deprecation), width, 500)] : []),
    ...(summary === "" ? [] : ["", ...paragraphs(summary, width, limits.summary + 1)]),
    // Many documents repeat the summary.
    ...(description.length === 0 || description.join(" ") === summary ? [] : ["", ...description]),
    ...section("Input", inputRows(descriptor, details), width),
    ...section("Responses", responseRows(descriptor, details), width),
    ...listText(name, descriptor),
    ...(aliases.length === 0 ? [] : ["", `Former names: ${aliases.join(", ")}.`])
  ]
}

/** Returns the summary of an operation, or the first line of its description. */
export const summaryOf = ({ operation }: NamedOperation): string => {
  const { deprecated, description = "", path, summary } = operation
  const text = summary === undefined || summary.trim() === "" ? description.split("\n", 1)[0]! : summary
  const shown = text.trim() === "" ? `${operation.method} ${path}` : text
  return deprecated ? `(deprecated) ${shown}` : shown
}

/** Counts in words: `2 methods`. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`

/** Returns the help of a resource as lines: one for each method. */
export const resourceHelp = (
  resource: string,
  operations: ReadonlyArray<NamedOperation>,
  width: number
): ReadonlyArray<string> => {
  const most = Math.max(Math.floor(width / 2), 20)
  const signatures = operations.map((one) => signature(one.descriptor(), one.method, most))
  // A method with a longer name has less room for its summary, and the others have not.
  const column = signatures.reduce((widest, { length }) => (length <= most ? Math.max(widest, length) : widest), 0)
  return [
    `${resource}: ${count(operations.length, "method")}`,
    ...operations.map((one, index) => {
      const head = `  ${signatures[index]!.padEnd(column)}  `
      return head + oneLine(summaryOf(one), Math.max(width - head.length, 10))
    })
  ]
}

/** Returns the operations by resource, in the order of the document. */
export const byResource = (
  operations: ReadonlyArray<NamedOperation>
): ReadonlyMap<string, ReadonlyArray<NamedOperation>> => {
  const resources = new Map<string, Array<NamedOperation>>()
  for (const operation of operations) {
    const known = resources.get(operation.resource)
    if (known === undefined) resources.set(operation.resource, [operation])
    else known.push(operation)
  }
  return resources
}

/** Returns the help of a document as lines: one for each resource, with the number and names of its methods. */
export const documentHelp = (
  { title, version }: Pick<Document, "title" | "version">,
  operations: ReadonlyArray<NamedOperation>,
  width: number
): ReadonlyArray<string> => {
  const resources = byResource(operations)
  const columns = { name: 0, count: 0 }
  for (const [name, { length }] of resources) {
    columns.name = Math.max(columns.name, name.length)
    columns.count = Math.max(columns.count, String(length).length)
  }
  const names = oneLine(`${title} ${version}`, width)
  return [
    `${names === "" ? "" : `${names}: `}${count(operations.length, "method")} in ${count(resources.size, "resource")}`,
    ...Array.from(resources, ([name, methods]) => {
      const head = `  ${name.padEnd(columns.name)}  ${String(methods.length).padStart(columns.count)}  `
      const list = methods.map(({ method }) => method).join(", ")
      return head + oneLine(list, Math.max(width - head.length, 10))
    })
  ]
}
