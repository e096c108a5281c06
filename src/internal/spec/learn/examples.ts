import type { Json, Shape } from "../../../Shape.js"
import type { Document, DocumentOperation, DocumentResponse } from "../model.js"
import { parse } from "../../http/json.js"
import { isArray, isObject } from "../overlay/target.js"
import { below, nodeAt } from "./sites.js"
import { essence, isJsonType } from "../../http/mediaType.js"

/** An example of a response. */
export interface Example {
  readonly operation: DocumentOperation
  /** The key of the response that describes the example: a status, a range, or `default`. */
  readonly status: string
  /** The key of the media type that describes the example. Undefined if the response has no content. */
  readonly mediaType?: string | undefined
  readonly shape?: Shape | undefined
  /** The JSON pointer of the schema as it is written, which may be a reference. */
  readonly schema: string
  readonly value: unknown
  /** The JSON pointer of the example. */
  readonly pointer: string
}

/** The response of a status: its own, that of its range, or the default. */
export const responseOf = (
  operation: DocumentOperation,
  status: number | string
): readonly [key: string, response: DocumentResponse] | undefined => {
  const { responses } = operation.details()
  for (const key of [`${status}`, `${status}`.replace(/^(\d)\d\d$/, "$1XX"), "default"]) {
    const response = responses.get(key)
    if (response !== undefined) return [key, response]
  }
  return undefined
}

/** The media type of a response that describes content of a type. */
const mediaTypeOf = (response: DocumentResponse, contentType: string | undefined): string | undefined => {
  const keys = [...response.content.keys()]
  const wanted = contentType === undefined ? "application/json" : essence(contentType)
  const [type] = wanted.split("/")
  return (
    keys.find((key) => essence(key) === wanted) ??
    keys.find((key) => isJsonType(key) && isJsonType(wanted)) ??
    keys.find((key) => essence(key) === `${type}/*`) ??
    keys.find((key) => essence(key) === "*/*")
  )
}

/** The pointer of the schema of a response's media type. */
export const schemaPointer = (
  { specification }: Pick<Document, "specification">,
  pointer: string,
  mediaType: string
): string => (specification === "2.0" ? below(pointer, "schema") : below(pointer, "content", mediaType, "schema"))

const parseBody = (body: Json, contentType: string | undefined): unknown => {
  if (typeof body !== "string" || (contentType !== undefined && !isJsonType(contentType))) return body
  try {
    return parse(body)
  } catch {
    return undefined
  }
}

/** The exchanges that an operation has recorded in `x-examples`: requests with the status and body of their responses. */
const recorded = (document: Document, operation: DocumentOperation): ReadonlyArray<Example> => {
  const groups = operation.extensions["x-examples"]
  if (!Array.isArray(groups)) return []
  return groups.flatMap((group: Json, index) => {
    const requests = isObject(group) ? group["requests"] : undefined
    if (!isArray(requests)) return []
    return requests.flatMap((request, at) => {
      if (!isObject(request)) return []
      const { response_body: body, response_content_type: type, response_status: status } = request
      if ((typeof status !== "number" && typeof status !== "string") || body === undefined || body === null) return []
      const described = responseOf(operation, status)
      if (described === undefined) return []
      const [key, response] = described
      const contentType = typeof type === "string" ? type : undefined
      const value = parseBody(body, contentType)
      return value === undefined
        ? []
        : [
            example(document, operation, key, response, mediaTypeOf(response, contentType), value, [
              "x-examples",
              index,
              "requests",
              at
            ])
          ]
    })
  })
}

const example = (
  document: Document,
  operation: DocumentOperation,
  status: string,
  response: DocumentResponse,
  mediaType: string | undefined,
  value: unknown,
  path: ReadonlyArray<string | number>,
  from = operation.pointer
): Example => ({
  operation,
  status,
  mediaType,
  shape: mediaType === undefined ? undefined : response.content.get(mediaType)?.shape,
  schema: schemaPointer(document, response.pointer, mediaType ?? ""),
  value,
  pointer: below(from, ...path)
})

/** Follows a reference within the document, which an example can be. */
const dereference = (json: Json, node: Json | undefined): Json | undefined => {
  let current = node
  // References that refer to each other have no target.
  for (let steps = 0; steps < 10 && isObject(current) && typeof current["$ref"] === "string"; steps += 1) {
    const reference = current["$ref"]
    current = reference.startsWith("#/") ? nodeAt(json, reference.slice(1)) : undefined
  }
  return current
}

/** The examples that a response describes: `examples` by media type in Swagger 2.0, `example` and `examples` of media types from 3.0 on. */
const described = (document: Document, operation: DocumentOperation): ReadonlyArray<Example> =>
  [...operation.details().responses].flatMap(([status, response]) => {
    const node = nodeAt(document.json, response.pointer)
    if (!isObject(node)) return []
    const made = (
      mediaType: string,
      value: Json | undefined,
      ...path: ReadonlyArray<string>
    ): ReadonlyArray<Example> => {
      const read = value === undefined ? undefined : exampleValue(value, mediaType, response)
      return read === undefined
        ? []
        : [example(document, operation, status, response, mediaType, read, path, response.pointer)]
    }
    if (document.specification === "2.0") {
      const examples = node["examples"]
      if (!isObject(examples)) return []
      return Object.entries(examples).flatMap(([type, value]) => {
        const mediaType = mediaTypeOf(response, type)
        return mediaType === undefined ? [] : made(mediaType, value, "examples", type)
      })
    }
    return [...response.content.keys()].flatMap((mediaType) => {
      const media = nodeAt(node, below("", "content", mediaType))
      if (!isObject(media)) return []
      const examples = dereference(document.json, media["examples"])
      return [
        ...made(mediaType, media["example"], "content", mediaType, "example"),
        ...(isObject(examples) ? Object.entries(examples) : []).flatMap(([name, one]) => {
          const written = dereference(document.json, one)
          const value = isObject(written) ? (written["value"] ?? written["dataValue"]) : undefined
          return made(mediaType, value, "content", mediaType, "examples", name)
        })
      ]
    })
  })

/** The value of a described example. A text is JSON where the schema describes no text, as some documents have it. */
const exampleValue = (value: Json, mediaType: string, response: DocumentResponse): unknown => {
  if (!isJsonType(mediaType)) return undefined
  const type = response.content.get(mediaType)?.shape?.type
  return typeof value === "string" && type !== "string" ? parseBody(value, mediaType) : value
}

/** The examples of a document's responses, in the order of the document. */
export const examplesOf = (document: Document): ReadonlyArray<Example> =>
  document.operations.flatMap((operation) => [...recorded(document, operation), ...described(document, operation)])
