import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as Stream from "effect/Stream"
import type { Failure, Response } from "../../testing/Exchange.js"
import { bytesOfBody } from "./content.js"
import { MemoryResponse } from "./memoryResponse.js"

/** The error of a transport with this code. */
export const toCause = ({ code, syscall }: Failure): unknown =>
  Object.assign(new Error(code), code === "unknown" ? {} : { code }, syscall === undefined ? {} : { syscall })

/** Makes the response to a request from a recorded one. */
export const responseOf = (request: HttpClientRequest, { body, cut, headers, status }: Response): MemoryResponse => {
  const bytes = bytesOfBody(body)
  const hasLength = cut === undefined && request.method !== "HEAD" && status >= 200 && status !== 204 && status !== 304
  const content = bytes.length === 0 ? Stream.empty : Stream.make(bytes)
  const end = cut === undefined ? Stream.empty : cut.code === "interrupted" ? Stream.never : Stream.fail(toCause(cut))
  return new MemoryResponse(request, {
    status,
    headers: hasLength ? { ...headers, "content-length": String(bytes.length) } : headers,
    body: Stream.concat(content, end)
  })
}
