import * as HttpRequest from "@effect/platform/HttpClientRequest"
import { toHex } from "../hex.js"
import type { CompiledEndpoint } from "../endpoint/CompiledEndpoint.js"

/** Makes a random UUID (RFC 9562, 5.4). `crypto.randomUUID` is missing on pages that were loaded over plain http. */
const randomUuid = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}

/** Adds an idempotency key to a request, if its endpoint takes one and the caller has not set one. */
export const withIdempotencyKey = (
  { idempotencyKey }: CompiledEndpoint,
  request: HttpRequest.HttpClientRequest
): HttpRequest.HttpClientRequest =>
  idempotencyKey === undefined || (request.headers[idempotencyKey] ?? "").trim() !== ""
    ? request
    : HttpRequest.setHeader(request, idempotencyKey, randomUuid())
