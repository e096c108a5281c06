import type { Descriptor, Ref } from "effect-herald/descriptor"
import type { Document } from "effect-herald/spec"
import { acceptedBy, shapeOf } from "./shapes.js"

/** A parameter of an operation, or a property of its body, as it is given on the command line. */
export interface Flag {
  /** The name on the command line, without dashes. */
  readonly flag: string
  /** The name in the input of the operation. */
  readonly name: string
  /** The part of the input. */
  readonly part: "input" | "headers" | "cookies" | "body"
  readonly shape: Ref | undefined
  readonly required: boolean
  readonly deprecated: boolean
  readonly description: string | undefined
  /** True for a value that is sent as it is, such as the content of a file. */
  readonly binary: boolean
}

/** The arguments of an operation. */
export interface OperationArguments {
  /** The required ones, in the order in which they are given without a name. */
  readonly positional: ReadonlyArray<Flag>
  /** All of them. */
  readonly flags: ReadonlyArray<Flag>
  /** The flag of a name on the command line: as shown, or as the document has it. */
  readonly find: (name: string) => Flag | undefined
}

/** Returns the name of a parameter in lower case with dashes: `page_num`, `pageNum` and `Page-Num` are `page-num`. */
export const dashed = (name: string): string =>
  name
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, "$1-$2")
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1-$2")
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .toLowerCase()

const partOf = (place: NonNullable<Descriptor["parameters"]>[number]["in"]): Flag["part"] =>
  place === "header" ? "headers" : place === "cookie" ? "cookies" : "input"

/** The media types whose body is an object of fields, so that each field can be a flag. */
const hasFields = (mediaType: string) =>
  /^application\/(?:[^;]*\+)?json\b|^application\/x-www-form-urlencoded\b|^multipart\/form-data\b|^\*\/\*/i.test(
    mediaType
  )

/** Returns the arguments of an operation: those of its descriptor, with the descriptions of its document. */
export const argumentsOf = (descriptor: Descriptor, operation: Document.DocumentOperation): OperationArguments => {
  const documented = operation.details()
  const parameters = descriptor.parameters ?? []
  const bodyProperties = acceptedBy([...(documented.body?.content.values() ?? [])][0]?.shape).properties

  const unnamed: Array<Omit<Flag, "flag">> = parameters.map((parameter) => {
    const sent = parameter.wire ?? parameter.name
    const found =
      parameter.in === "body"
        ? shapeOf(bodyProperties.get(sent))
        : documented.parameters.find(({ in: place, name }) => name === sent && place === parameter.in)
    return {
      name: parameter.name,
      part: partOf(parameter.in),
      shape: parameter.shape,
      required: parameter.required === true || parameter.in === "path",
      deprecated: found?.deprecated === true,
      description: found?.description,
      binary: false
    }
  })
  const [media] = Object.entries(descriptor.body?.content ?? {})
  if (media !== undefined && hasFields(media[0])) {
    const { properties, required } = acceptedBy(media[1].shape)
    for (const [name, shape] of properties) {
      const { deprecated, description, format, readOnly } = shapeOf(shape)
      if (readOnly === true) continue
      const documentation = shapeOf(bodyProperties.get(name))
      unnamed.push({
        name,
        part: "body",
        shape,
        required: required.has(name) && descriptor.body?.required === true,
        deprecated: (deprecated ?? documentation.deprecated) === true,
        description: description ?? documentation.description,
        binary: format === "binary"
      })
    }
  }
  const flags = withNames(unnamed)
  const byName = new Map<string, Flag>()
  // What the document calls a parameter has the least precedence, and the earlier of two the greater one.
  for (const flag of [...flags].reverse()) byName.set(flag.name, flag)
  for (const flag of flags) byName.set(flag.flag, flag)

  const ofInput = (name: string) => flags.find((flag) => flag.part === "input" && flag.name === name)
  const names = descriptor.positional ?? [
    ...pathNames(descriptor),
    ...parameters.flatMap(({ in: place, name, required }) => (place === "query" && required === true ? [name] : []))
  ]
  const positional = names.flatMap((name) => ofInput(name) ?? [])
  return { positional, flags, find: (name) => byName.get(name) }
}

/** The path parameters in the order of the path. */
const pathNames = ({ parameters = [], path }: Descriptor): ReadonlyArray<string> =>
  parameters
    .filter((parameter) => parameter.in === "path")
    .map(({ name, wire = name }) => ({ name, at: path.indexOf(`{${wire}}`) }))
    .sort((one, other) => one.at - other.at)
    .map(({ name }) => name)

/** Gives each argument a name of its own: with dashes, or as the document has it, or with its part where even that is taken. */
const withNames = (unnamed: ReadonlyArray<Omit<Flag, "flag">>): ReadonlyArray<Flag> => {
  const count = new Map<string, number>()
  for (const { name } of unnamed) count.set(dashed(name), (count.get(dashed(name)) ?? 0) + 1)
  const taken = new Set<string>()
  return unnamed.map((argument) => {
    const { name, part } = argument
    const plain = dashed(name)
    const candidates = [...(plain !== "" && count.get(plain) === 1 ? [plain] : []), name, `${part}.${name}`]
    const flag = candidates.find((candidate) => isFlagName(candidate) && !taken.has(candidate)) ?? `${part}.${name}`
    taken.add(flag)
    return { ...argument, flag }
  })
}

/** Reports whether a name can stand after two dashes: it has no space or `=`. Others are given by `--param`. */
export const isFlagName = (name: string): boolean => /^[^\s=\p{Cc}]+$/u.test(name)
