import type { Descriptor, MediaType, Parameter } from "../../../Descriptor.js"
import type { Ref } from "../../../Shape.js"
import { formOf, successKeys } from "../../descriptor/responses.js"
import { statusesWithoutContent } from "../../http/statuses.js"
import type { NamedOperation } from "../../../spec/Convention.js"
import type { DocumentParameter } from "../model.js"
import {
  array,
  bracketed,
  type Code,
  comment,
  jsonLiteral,
  memberKey,
  members,
  object,
  prefixed,
  print,
  property,
  stringLiteral,
  type Tag
} from "./code.js"
import { isIdentifierName, makeUnique, typeName, variableName } from "./identifiers.js"
import { type ShapeTypes, union } from "./shapeTypes.js"
import { fields, type ShapeValues, strings } from "./shapeValues.js"
import { findProperty, formVariant, requestVariant, type Units, type Use, type Variant, variantOf } from "./units.js"
import { tokensOf } from "../../jsonPointer.js"
import { shapeOf } from "../../descriptor/shapeOf.js"
import { essence, isJsonType, isFormType, isMultipartType, isLinesType } from "../../http/mediaType.js"

/** The namespace of the shapes in the files of resources. */
const shapesPrefix = "Shapes."

/** The writers that the files of resources share. */
export interface Writers {
  readonly units: Units
  readonly types: ShapeTypes
  readonly values: ShapeValues
  /** The class of the API's tag. */
  readonly tag: string
  /** Makes the name of a descriptor in the file of descriptors. */
  readonly uniqueDescriptor: (name: string) => string
}

/** The operations of a resource. */
export interface Resource {
  readonly name: string
  readonly operations: ReadonlyArray<NamedOperation>
}

/** The names of a list: those of its method, and of its items. */
export interface ListNames {
  readonly method: string
  readonly items: string
}

/** The media types of the bodies of an operation's responses. */
const responseMedia = ({ responses }: Descriptor): ReadonlyArray<MediaType> =>
  Object.values(responses).flatMap(({ content }) => Object.values(content ?? {}))

/** The uses of shapes by an operation. */
export const usesOf = ({ descriptor, method, operation, resource }: NamedOperation): ReadonlyArray<Use> => {
  const described = descriptor()
  const { body, keys, parameters = [] } = described
  const owner = `${resource} ${method}`
  const use = (ref: Ref | undefined, variant: Variant, label: string): ReadonlyArray<Use> =>
    ref === undefined ? [] : [{ ref, variant, owner: `${owner} ${label}`, place: operation }]
  return [
    ...parameters.flatMap(({ name, shape }) => use(shape, requestVariant, name)),
    ...Object.entries(body?.content ?? {}).flatMap(([mediaType, media]) => [
      ...use(media.shape, bodyVariant(mediaType), "body"),
      ...use(media.items, requestVariant, "body item")
    ]),
    ...responseMedia(described).flatMap((media) => [
      ...use(media.shape, variantOf(keys), "response"),
      ...use(media.items, variantOf(keys), "response item")
    ])
  ]
}

/** The variant of a body that is sent. */
const bodyVariant = (mediaType: string): Variant => (isMultipartType(mediaType) ? formVariant : requestVariant)

/** Writes the file of a resource. */
export const writeResource = (
  { operations }: Resource,
  { tag, types, uniqueDescriptor, units, values }: Writers
): {
  readonly text: string
  /** The declarations of the operations' descriptors. */
  readonly descriptors: ReadonlyArray<string>
  readonly lists: ReadonlyArray<ListNames>
} => {
  const descriptors: Array<string> = []
  const uniqueValue = makeUnique(["Descriptor", "Descriptors", "Shapes", tag])
  const uniqueType = makeUnique(["Descriptor", "Descriptors", "Shapes", tag])
  /** The names of operations in the file, and those that it exports. */
  const exports: Array<readonly [local: string, name: string]> = []
  const lists: Array<ListNames> = []
  // The names of methods are not for lists to take.
  const uniqueList = makeUnique(operations.flatMap(({ aliases = [], method }) => [method, ...aliases]))
  const typeOf = (ref: Ref, variant: Variant): Code => types.typeOf(ref, variant, shapesPrefix)

  /** The types of a body that is sent, by its media types. */
  const sentTypes = (content: Readonly<Record<string, MediaType>>): ReadonlyArray<Code> =>
    Object.entries(content).flatMap(([mediaType, { items, shape }]): ReadonlyArray<Code> => {
      if (isJsonType(mediaType) || isFormType(mediaType) || isMultipartType(mediaType)) {
        return [shape === undefined ? "unknown" : typeOf(shape, bodyVariant(mediaType))]
      }
      const lines = isLinesType(mediaType)
        ? [bracketed("ReadonlyArray<", [items === undefined ? "unknown" : typeOf(items, requestVariant)], ">")]
        : []
      return [...lines, "Descriptor.Content"]
    })

  /** The types of a body that is received, by its media types. */
  const bodyType = (content: Readonly<Record<string, MediaType>>, variant: Variant): ReadonlyArray<Code> =>
    Object.entries(content).flatMap(([mediaType, { shape }]): ReadonlyArray<Code> => {
      if (shape !== undefined && shapeOf(shape).format === "binary") return ["Uint8Array"]
      const type = shape === undefined ? "unknown" : typeOf(shape, variant)
      switch (formOf(essence(mediaType))) {
        case "bytes":
          return ["Uint8Array"]
        case "text":
          // A text that is JSON of a shape that no text has is parsed.
          return shape === undefined || /[/+]xml$/.test(essence(mediaType)) || type === "unknown"
            ? ["string"]
            : ["string", type]
        default:
          return [type]
      }
    })

  const documented = (named: NamedOperation): ReadonlyMap<string, DocumentParameter> =>
    new Map(named.operation.details().parameters.map((parameter) => [`${parameter.in} ${parameter.name}`, parameter]))

  const parameterComment = (parameter: Parameter, known: ReadonlyMap<string, DocumentParameter>): string => {
    const found = known.get(`${parameter.in} ${parameter.wire ?? parameter.name}`)
    const shape = parameter.shape === undefined ? undefined : shapeOf(parameter.shape)
    const isUnit = shape !== undefined && units.get(shape) !== undefined
    const initial = shape?.default
    const tags: ReadonlyArray<Tag> = [
      ...(initial === undefined || typeof initial === "object"
        ? []
        : [{ tag: "default", text: typeof initial === "string" ? stringLiteral(initial) : String(initial) }]),
      ...((found?.deprecated ?? shape?.deprecated) === true ? [{ tag: "deprecated", text: "" }] : [])
    ]
    return comment([found?.description ?? (isUnit ? undefined : shape?.description)], tags)
  }

  const parameterType = ({ shape }: Parameter): Code =>
    shape === undefined ? "string | number | boolean" : typeOf(shape, requestVariant)

  const member = (name: string, type: Code, required: boolean, text: string): Code =>
    prefixed(`${text}readonly ${memberKey(name)}${required ? "" : "?"}: `, required ? type : union([type, "undefined"]))

  const inputMembers = (
    parameters: ReadonlyArray<Parameter>,
    { body }: Descriptor,
    named: NamedOperation
  ): { readonly code: ReadonlyArray<Code>; readonly required: boolean } => {
    const known = documented(named)
    const memberOf = (parameter: Parameter) =>
      member(
        parameter.name,
        parameterType(parameter),
        parameter.required === true || parameter.in === "path",
        parameterComment(parameter, known)
      )
    const code: Array<Code> = []
    let required = false
    const isRequired = (parameter: Parameter) => parameter.required === true || parameter.in === "path"
    for (const parameter of parameters) {
      if (parameter.in === "header" || parameter.in === "cookie") continue
      required ||= isRequired(parameter)
      code.push(memberOf(parameter))
    }
    for (const [place, part] of [
      ["header", "headers"],
      ["cookie", "cookies"]
    ] as const) {
      const those = parameters.filter((parameter) => parameter.in === place)
      if (those.length === 0) continue
      const needed = those.some(isRequired)
      required ||= needed
      code.push(member(part, members(those.map(memberOf)), needed, ""))
    }
    if (body !== undefined) {
      const mediaTypes = Object.keys(body.content)
      const described = named.operation.details().body
      required ||= body.required === true
      code.push(
        member("body", union(sentTypes(body.content)), body.required === true, comment([described?.description]))
      )
      if (mediaTypes.length > 1 || mediaTypes.some((type) => type.includes("*"))) {
        const type = mediaTypes.some((type) => type.includes("*")) ? "string" : union(mediaTypes.map(stringLiteral))
        code.push(member("contentType", type, false, comment([`Default: ${mediaTypes[0]}.`])))
      }
    }
    return { code, required }
  }

  const interfaceOf = (name: string, code: ReadonlyArray<Code>): string =>
    `export interface ${name} {\n${code.map((item) => `  ${print(item, "  ", 2)}\n`).join("")}}\n\n`

  /** The declarations and the type of the arguments of an operation. */
  const argumentsOf = (named: NamedOperation, descriptor: Descriptor) => {
    const { parameters = [], positional } = descriptor
    const name = (suffix: string) => uniqueType(typeName(`${named.method} ${suffix}`, "Operation"))
    if (positional === undefined) {
      const { code, required } = inputMembers(parameters, descriptor, named)
      if (code.length === 0) return { text: "", type: "[]", tags: [] }
      const input = name("input")
      return { text: interfaceOf(input, code), type: `[input${required ? "" : "?"}: ${input}]`, tags: [] }
    }
    const first = positional.flatMap((name) => parameters.filter((parameter) => parameter.name === name))
    const others = parameters.filter(({ name }) => !positional.includes(name))
    const { code, required } = inputMembers(others, descriptor, named)
    const options = code.length === 0 ? undefined : name("options")
    const known = documented(named)
    const items: Array<Code> = first.map((parameter) =>
      prefixed(`${label(parameter.name)}: `, parameterType(parameter))
    )
    if (options !== undefined) items.push(`options${required ? "" : "?"}: ${options}`)
    const tags = first.flatMap((parameter): ReadonlyArray<Tag> => {
      const text = known.get(`${parameter.in} ${parameter.wire ?? parameter.name}`)?.description
      return text === undefined || text === "" ? [] : [{ tag: "param", text: `${label(parameter.name)} ${text}` }]
    })
    return { text: options === undefined ? "" : interfaceOf(options, code), type: array(items), tags }
  }

  /** The label of an element of a tuple. */
  const label = (name: string): string => (isIdentifierName(name) ? name : variableName(name, "argument"))

  const mediaTypeValue = ({ encoding, items, shape }: MediaType): Code =>
    fields([
      ["shape", shape === undefined ? undefined : values.valueOf(shape)],
      ["encoding", encoding === undefined ? undefined : jsonLiteral(encoding)],
      ["items", items === undefined ? undefined : values.valueOf(items)]
    ])

  const contentValue = (content: Readonly<Record<string, MediaType>>): Code =>
    object(Object.entries(content).map(([type, media]) => property(type, mediaTypeValue(media))))

  const text = (value: string | undefined) => (value === undefined ? undefined : stringLiteral(value))
  const flag = (value: boolean | undefined) => (value === undefined ? undefined : String(value))

  const parameterValue = (parameter: Parameter): Code =>
    fields([
      ["name", text(parameter.name)],
      ["wire", text(parameter.wire)],
      ["in", text(parameter.in)],
      ["required", flag(parameter.required)],
      ["shape", parameter.shape === undefined ? undefined : values.valueOf(parameter.shape)],
      ["style", text(parameter.style)],
      ["explode", flag(parameter.explode)],
      ["allowReserved", flag(parameter.allowReserved)],
      ["content", text(parameter.content)]
    ])

  const descriptorValue = (descriptor: Descriptor): Code => {
    const { body, keys, list, parameters, positional, responses, security } = descriptor
    return fields([
      ["name", text(descriptor.name)],
      ["method", text(descriptor.method)],
      ["path", text(descriptor.path)],
      ["parameters", parameters === undefined ? undefined : array(parameters.map(parameterValue))],
      [
        "body",
        body &&
          fields([
            ["required", flag(body.required)],
            ["content", contentValue(body.content)]
          ])
      ],
      [
        "responses",
        object(
          Object.entries(responses).map(([status, { content }]) =>
            property(status, fields([["content", content && contentValue(content)]]))
          )
        )
      ],
      ["server", text(descriptor.server)],
      ["security", security && array(security.map((names) => strings(names)!))],
      ["list", list && jsonLiteral(list)],
      ["positional", strings(positional)],
      ["keys", keys && jsonLiteral(keys)],
      ["undeclaredNulls", flag(descriptor.undeclaredNulls)]
    ])
  }

  /** The type of the result, and of the errors by status. */
  const resultOf = (descriptor: Descriptor) => {
    const variant = variantOf(descriptor.keys)
    const results = successKeys(descriptor.responses)
    const bodyOf = (status: string): ReadonlyArray<Code> => {
      const { content = {} } = descriptor.responses[status]!
      const isEmpty = Object.keys(content).length === 0 || statusesWithoutContent.includes(Number(status))
      return isEmpty || descriptor.method === "HEAD" ? ["undefined"] : bodyType(content, variant)
    }
    const errors = Object.keys(descriptor.responses).flatMap((status) => {
      const types = /^(?:[45]|default$)/.test(status) ? bodyOf(status).filter((type) => type !== "undefined") : []
      return types.length === 0 ? [] : [prefixed(`readonly ${memberKey(status)}: `, union(types))]
    })
    const result = union(results.flatMap(bodyOf))
    return { result: results.length === 0 ? "unknown" : result === "undefined" ? "void" : result, errors }
  }

  /** The type of the items of a list. */
  const itemType = ({ keys, list, responses }: Descriptor): Code => {
    const [status = ""] = successKeys(responses)
    const content = Object.entries(responses[status]?.content ?? {})
    const shape = content.find(([mediaType]) => isJsonType(mediaType))?.[1].shape
    let found: Ref | undefined = shape
    for (const name of tokensOf(list?.items ?? "")) {
      found = found && findProperty(shapeOf(found), name)
    }
    const items = found && shapeOf(found).items
    return items === undefined ? "unknown" : typeOf(items, variantOf(keys))
  }

  const writeList = (named: NamedOperation, descriptor: Descriptor, operation: string): string => {
    const { list } = descriptor
    if (list === undefined) return ""
    const name = uniqueList(`${named.method}Items`)
    const local = uniqueValue(variableName(name, "items"))
    exports.push([local, name])
    lists.push({ method: named.method, items: name })
    const annotation = bracketed(
      "Descriptor.ListOf<",
      [`typeof ${operation}`, itemType(descriptor), stringLiteral(list.by)],
      ">"
    )
    const call = ` = /* #__PURE__ */ Descriptor.list(${operation})`
    const head = prefixed(`${local === name ? "export " : ""}const ${local}: `, annotation)
    return `\n/** The items of \`${named.method}\`, over all pages, as a Stream. */\n${print(head, "", call.length)}${call}\n`
  }

  const write = (named: NamedOperation): string => {
    const descriptor = named.descriptor()
    const local = uniqueValue(variableName(named.method, "operation"))
    const { tags, text: inputText, type } = argumentsOf(named, descriptor)
    const { errors, result } = resultOf(descriptor)
    let before = inputText
    let value: Code = result
    if (typeof result !== "string" && result.flat === undefined) {
      const name = uniqueType(typeName(`${named.method} result`, "Operation"))
      before += `${print(prefixed(`export type ${name} = `, result), "", 0)}\n\n`
      value = name
    }
    let errorType: Code = ""
    if (errors.length > 0) errorType = members(errors)
    const { operation } = named
    const statuses = [...operation.details().responses]
      .map(([status, { description }]) => `- \`${status}\`${description === undefined ? "" : `: ${description}`}`)
      .join("\n")
    const about = comment(
      [
        operation.summary,
        operation.description === operation.summary ? undefined : operation.description,
        `\`${operation.method} ${operation.path.replaceAll("`", "'")}\``,
        statuses
      ],
      [...tags, ...(operation.deprecated ? [{ tag: "deprecated", text: operation.deprecation ?? "" }] : [])]
    )
    const isExported = local === named.method
    const annotation = bracketed(
      "Descriptor.Operation<",
      [tag, type, value, ...(errorType === "" ? [] : [errorType])],
      ">"
    )
    const described = uniqueDescriptor(variableName(`${named.resource}_${named.method}`, "operation"))
    const descriptorHead = `export const ${described} = (): Descriptor.Descriptor => `
    descriptors.push(
      `${descriptorHead}${print(prefixed("(", descriptorValue(descriptor)), "", descriptorHead.length)})\n`
    )
    const call = ` = /* #__PURE__ */ Descriptor.operation(${tag}, Descriptors.${described})\n`
    const head = prefixed(`${isExported ? "export " : ""}const ${local}: `, annotation)
    const code = `${print(head, "", call.length)}${call}`
    const aliases = (named.aliases ?? []).map((alias) => {
      const former = uniqueValue(variableName(alias, "operation"))
      exports.push([former, alias])
      return `\n/** @deprecated Use \`${named.method}\`. */\n${former === alias ? "export " : ""}const ${former}: typeof ${local} = ${local}\n`
    })
    exports.push([local, named.method])
    return before + about + code + writeList(named, descriptor, local) + aliases.join("")
  }

  const body = operations.map(write).join("\n")
  const usesShapes = body.includes(shapesPrefix)
  const renamed = exports.flatMap(([local, name]) => (local === name ? [] : [`${local} as ${name}`]))
  const written = [
    `import * as Descriptor from "effect-herald/descriptor"\n`,
    `import { ${tag} } from "./api.js"\n`,
    `import * as Descriptors from "./descriptors.js"\n`,
    usesShapes ? `import type * as Shapes from "./shapes.js"\n` : "",
    `\n${body}`,
    renamed.length === 0 ? "" : `\n${print(prefixed("export ", object(renamed)), "", 0)}\n`
  ].join("")
  return { text: written, descriptors, lists }
}
