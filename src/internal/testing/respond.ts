import type { HttpBody } from "@effect/platform/HttpBody"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { statusesWithoutContent } from "../http/statuses.js"
import { MemoryResponse } from "./memoryResponse.js"
import type { RawBody, ReplyHeaders } from "./reply.js"

/** A response to write. */
export interface Written {
  readonly status: number
  readonly body: RawBody
  readonly contentType: string | undefined
  /** Replace the others of the same names; undefined removes one. */
  readonly headers: ReplyHeaders
}

/** Returns the body that a writer made as the body of a response. Writers of responses make no others. */
export const rawBodyOf = (body: HttpBody): RawBody =>
  body._tag === "Uint8Array" ? body.body : body._tag === "Stream" ? body.stream : ""

/** Makes the response to a request, with its content type and length. */
export const respond = (
  request: HttpClientRequest,
  { body, contentType, headers: given, status }: Written
): HttpClientResponse => {
  const hasNoContent = statusesWithoutContent.includes(status)
  const bytes = Predicate.isString(body) ? new TextEncoder().encode(body) : body
  const headers: Record<string, string | ReadonlyArray<string>> = {}
  if (contentType !== undefined) headers["content-type"] = contentType
  if (Predicate.isUint8Array(bytes) && !hasNoContent) headers["content-length"] = `${bytes.length}`
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) delete headers[name.toLowerCase()]
    else headers[name.toLowerCase()] = Predicate.isNumber(value) ? `${value}` : value
  }
  return new MemoryResponse(request, {
    status,
    headers,
    body:
      hasNoContent || request.method === "HEAD"
        ? Stream.empty
        : Predicate.isUint8Array(bytes)
          ? Stream.fromIterable(bytes.length === 0 ? [] : [bytes])
          : bytes
  })
}
