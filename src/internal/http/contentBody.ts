import * as HttpBody from "@effect/platform/HttpBody"
import * as Predicate from "effect/Predicate"
import type { Content } from "../../Content.js"
import { blobOf } from "./contentBlob.js"
import { isBrowser } from "./userAgent.js"

/** Marks the body of a request that can be read again. A property of the body, which requests pass on as it is. */
const repeatable: unique symbol = Symbol.for("effect-herald/repeatableBody")

/** Reports whether the size of a content is not known, or is a number of bytes. */
export const hasSize = ({ size }: Content): boolean => size === undefined || (Number.isSafeInteger(size) && size >= 0)

/** The message about a content for which `hasSize` is false. */
export const sizeMessage = "has a size that is not a number of bytes"

/** Makes the body of a request from a content. */
export const contentBody = (content: Content, contentType?: string): HttpBody.HttpBody => {
  const blob = isBrowser() ? blobOf(content) : undefined
  if (blob !== undefined) return HttpBody.raw(blob, { contentType, contentLength: blob.size })
  const body = HttpBody.stream(content.stream, contentType, content.size)
  return content.repeatable ? asRepeatable(body) : body
}

/** Marks a body as one that can be read again. */
export const asRepeatable = (body: HttpBody.Stream): HttpBody.Stream => Object.assign(body, { [repeatable]: true })

/** Reports whether the body of a request can be sent again. Only a Stream can't. */
export const isRepeatable = (body: HttpBody.HttpBody): boolean =>
  body._tag !== "Stream" || Predicate.hasProperty(body, repeatable)
