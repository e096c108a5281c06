import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as Encoding from "effect/Encoding"
import type { Route } from "./route.js"

/** A random UUID (RFC 9562, 5.4). `crypto.randomUUID` is not there on pages over plain http. */
const randomUuid = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return Encoding.encodeHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}

/** The request with the key of its call, if its endpoint takes one and the caller gave none. */
export const withIdempotencyKey = (
  { idempotencyKey }: Route,
  request: HttpRequest.HttpClientRequest
): HttpRequest.HttpClientRequest =>
  idempotencyKey === undefined || (request.headers[idempotencyKey] ?? "").trim() !== ""
    ? request
    : HttpRequest.setHeader(request, idempotencyKey, randomUuid())
