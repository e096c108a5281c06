import type { Descriptor, Parameter } from "../../../Descriptor.js"
import type { Ref } from "../../../Shape.js"
import type { NamedOperation } from "../../../spec/Convention.js"
import { propertiesOf, typesOf } from "../shapes.js"
import { jsonText } from "../typeText.js"
import { shapeOf } from "../../descriptor/shapeOf.js"

/** The length of a value in an example of a call. */
const valueLength = 60

/** A value that a shape describes, as JSON: its example, default, or first value of an enum; otherwise one of its type. */
const sample = (ref: Ref | undefined): string => {
  if (ref === undefined) return '"…"'
  const { default: standard, enum: values, example, format } = shapeOf(ref)
  const own = example ?? standard ?? values?.[0]
  if (own !== undefined && own !== null && jsonText(own, valueLength).length < valueLength)
    return jsonText(own, valueLength)
  switch (typesOf(shapeOf(ref))[0]) {
    case "integer":
    case "number":
      return "1"
    case "boolean":
      return "true"
    case "array":
      return "[]"
    case "object":
      return "{}"
    default:
      return format === "date-time" ? '"2026-01-31T12:00:00Z"' : format === "date" ? '"2026-01-31"' : '"…"'
  }
}

const key = (name: string): string =>
  /^[$_\p{ID_Start}][$\p{ID_Continue}]*$/u.test(name) ? name : JSON.stringify(name)

const isRequired = ({ in: place, required }: Parameter): boolean => required === true || place === "path"

const objectText = (fields: ReadonlyArray<string>): string => `{ ${fields.join(", ")} }`

/** The required properties of a body that requests have. */
const bodyFields = (descriptor: Descriptor): ReadonlyArray<readonly [name: string, ref: Ref]> => {
  const [media] = Object.values(descriptor.body?.content ?? {})
  if (descriptor.body?.required !== true || media?.shape === undefined) return []
  return [...propertiesOf(media.shape)].flatMap(([name, { ref, required }]) =>
    required && shapeOf(ref).readOnly !== true ? [[name, ref] as const] : []
  )
}

/** Writes a call in TypeScript, with what is required. */
export const typescriptCall = ({ method, resource, descriptor: make }: NamedOperation): string => {
  const descriptor = make()
  const { body, parameters = [], positional = [] } = descriptor
  const required = parameters.filter(isRequired)
  const byName = new Map(required.map((parameter) => [parameter.name, parameter]))
  const fields = required.flatMap(({ in: place, name, shape }) =>
    positional.includes(name) || place === "header" || place === "cookie" ? [] : [`${key(name)}: ${sample(shape)}`]
  )
  for (const [part, place] of [
    ["headers", "header"],
    ["cookies", "cookie"]
  ] as const) {
    const own = required.filter((parameter) => parameter.in === place)
    if (own.length > 0)
      fields.push(`${part}: ${objectText(own.map(({ name, shape }) => `${key(name)}: ${sample(shape)}`))}`)
  }
  if (body?.required === true) {
    const [media] = Object.values(body.content)
    const properties = bodyFields(descriptor).map(([name, ref]) => `${key(name)}: ${sample(ref)}`)
    fields.push(`body: ${properties.length === 0 ? sample(media?.shape) : objectText(properties)}`)
  }
  const values = positional.flatMap((name) => (byName.has(name) ? [sample(byName.get(name)?.shape)] : []))
  const input = fields.length === 0 ? [] : [objectText(fields)]
  return `yield* client.${resource}.${method}(${[...values, ...input].join(", ")})`
}

/** A name as an option of the command line: in lower case, with dashes. */
const dashed = (name: string): string =>
  name
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, "$1-$2")
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1-$2")
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .toLowerCase()

/** Quotes a word for a shell. */
const shell = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

const shellValue = (ref: Ref | undefined): string => {
  const text = sample(ref)
  const isText = text.startsWith('"')
  return shell(isText ? (JSON.parse(text) as string) : text)
}

/** Writes a call on the command line, with what is required. */
export const commandCall = (
  { descriptor: make, method, resource }: NamedOperation,
  source: string | undefined
): string => {
  const descriptor = make()
  const { parameters = [], path, positional } = descriptor
  const required = parameters.filter(isRequired)
  const names = positional ?? [
    ...required
      .filter((parameter) => parameter.in === "path")
      .map(({ name, wire = name }) => ({ name, at: path.indexOf(`{${wire}}`) }))
      .sort((one, other) => one.at - other.at)
      .map(({ name }) => name),
    ...required.flatMap(({ in: place, name }) => (place === "query" ? [name] : []))
  ]
  const values = names.flatMap((name) => {
    const parameter = required.find((one) => one.name === name)
    return parameter === undefined ? [] : [shellValue(parameter.shape)]
  })
  const options = [
    ...required.flatMap(({ name, shape }) => (names.includes(name) ? [] : [[name, shape] as const])),
    ...bodyFields(descriptor)
  ].map(([name, ref]) => `--${dashed(name)} ${shellValue(ref)}`)
  const document = source === undefined ? [] : [`--spec ${shell(source)}`]
  const hasBody = descriptor.body?.required === true && bodyFields(descriptor).length === 0
  return [
    "herald call",
    ...document,
    resource,
    method,
    ...values,
    ...options,
    ...(hasBody ? ["--body @file"] : [])
  ].join(" ")
}
