import type { HttpBody } from "@effect/platform/HttpBody"
import type * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Runtime from "effect/Runtime"
import { Readable } from "node:stream"
import type { Dispatcher } from "undici"
import { multipartBody, partsOf } from "../internal/http/multipart.js"
import { toReadable } from "./readableBody.js"

/** A body as undici sends it. */
export interface SendableBody {
  readonly content: NonNullable<Dispatcher.DispatchOptions["body"]> | null
  /** The `Content-Type` that the body has of itself. */
  readonly contentType?: string | undefined
  /** The number of bytes of a Stream, if the request does not say it. */
  readonly contentLength?: number | undefined
  /** Waits until a Stream has ended. */
  readonly ended?: Effect.Effect<void>
}

/** The surroundings of a request that a Stream runs in. */
export interface BodyContext {
  readonly runtime: () => Runtime.Runtime<never>
  /** Runs with the failure of a Stream. */
  readonly onFailure: (failure: unknown) => void
}

const empty: SendableBody = { content: null }

/** Converts a form. undici knows the forms of its own version only, not those of Node, and reads each Blob into memory. */
const ofForm = (form: FormData, context: BodyContext): SendableBody => {
  const body = multipartBody(partsOf(form))
  const { contentLength, contentType } = body
  return { ...toSendable(body, context), contentType, contentLength }
}

/** Converts a body that the platform knows nothing about. undici refuses those of other types, and says so. */
const ofRaw = (body: unknown, context: BodyContext): SendableBody => {
  if (body === null || body === undefined) return empty
  if (body instanceof FormData) return ofForm(body, context)
  if (body instanceof URLSearchParams) return { content: body.toString() }
  // The types of the platform's streams and of Node's differ.
  if (body instanceof ReadableStream)
    return { content: Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]) }
  if (body instanceof Readable || ArrayBuffer.isView(body) || body instanceof Blob) return { content: body as never }
  return Predicate.hasProperty(body, Symbol.asyncIterator)
    ? { content: Readable.from(body as AsyncIterable<Uint8Array>, { objectMode: false }) }
    : { content: body as never }
}

/** Converts a body of a request. */
export const toSendable = (body: HttpBody, context: BodyContext): SendableBody => {
  switch (body._tag) {
    case "Empty":
      return empty
    case "Uint8Array":
      return { content: body.body }
    case "Raw":
      return ofRaw(body.body, context)
    case "FormData":
      // A program can pass what is no form.
      return ofRaw(body.formData, context)
    case "Stream": {
      const { onFailure, runtime } = context
      const { ended, readable } = toReadable(body.stream, runtime(), onFailure)
      return { content: readable, ended }
    }
  }
}
