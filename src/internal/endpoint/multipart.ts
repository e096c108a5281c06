import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import * as Content from "../../Content.js"
import { withStreamBody } from "../call/streamBody.js"
import { hasSize, sizeMessage } from "../http/contentBody.js"
import { multipartBody, type Part, partsOf } from "../http/multipart.js"
import { filenameOf, isBlob, isFormData } from "../http/webBodies.js"
import type { Codec, Reader } from "./Codec.js"
import type { Encode } from "./CompiledEndpoint.js"
import { isPlainObject } from "./plainJson.js"
import { encodeBySchema, isValue, mismatch, prependPath, reveal } from "./values.js"

/** Returns the part of a value. Undefined if the value can't be one. */
const partOf = (name: string, value: unknown): Part | undefined => {
  if (isBlob(value)) return { name, content: value, filename: filenameOf(value), type: value.type }
  if (Content.isFilePart(value)) return { name, content: value.content, filename: value.name, type: value.type }
  const text = isValue(value) ? String(value) : undefined
  return text === undefined || !text.isWellFormed() ? undefined : { name, content: text }
}

const encodeParts: Encode = (input) => {
  if (isFormData(input)) return Either.right(partsOf(input))
  if (!isPlainObject(input)) return Either.left(mismatch("a plain object or a FormData", input))
  const parts: Array<Part> = []
  for (const [name, value] of Object.entries(input)) {
    for (const given of Array.isArray(value) ? value : [value]) {
      const one = reveal(given)
      if (Predicate.isNullable(one)) continue
      const part = name.isWellFormed() ? partOf(name, one) : undefined
      if (part === undefined) {
        const described = "text, a finite number, a boolean, a Blob, a File or a FilePart, or a list of these"
        return Either.left(prependPath([name], mismatch(described, one)))
      }
      if (Content.isContent(part.content) && !hasSize(part.content)) {
        return Either.left([{ path: [name], message: sizeMessage }])
      }
      parts.push(part)
    }
  }
  return Either.right(parts)
}

const neverRead: Reader = { receives: "nothing", read: () => Either.left({ reason: "Shape", issues: [] }) }

/**
 * The codec of fields and files, for requests. Files are read while they are sent. Without a schema, it accepts any fields.
 */
export const multipartCodec = (schema?: Schema.Schema.AnyNoContext): Codec => {
  const encode: Encode =
    schema === undefined ? encodeParts : (input) => Either.flatMap(encodeBySchema(schema)(input), encodeParts)
  return {
    writer: {
      // The encoder makes parts.
      write: (value) => Either.map(encode(value), (parts) => multipartBody(parts as ReadonlyArray<Part>)),
      withBody: withStreamBody
    },
    reader: neverRead
  }
}
