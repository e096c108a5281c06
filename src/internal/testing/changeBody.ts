import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Either from "effect/Either"
import type * as Stream from "effect/Stream"
import { contentOf } from "../http/contentCoding.js"
import { setCookiesOf } from "../http/transportResponse.js"
import { MemoryResponse } from "./memoryResponse.js"

/** Returns a response with a changed body. Content codings are undone, since no change of a coded body would leave it readable. */
export const changeBody = (
  response: HttpClientResponse,
  change: (body: Stream.Stream<Uint8Array, unknown>) => Stream.Stream<Uint8Array, unknown>
): HttpClientResponse => {
  const { headers, request, status } = response
  const content = contentOf(response)
  const isDecoded = headers["content-encoding"] !== undefined && Either.isRight(content)
  const kept = Object.entries(headers).filter(
    ([name]) => name !== "set-cookie" && !(isDecoded && ["content-encoding", "content-length"].includes(name))
  )
  const cookies = setCookiesOf(response)
  return new MemoryResponse(request, {
    status,
    headers: { ...Object.fromEntries(kept), ...(cookies.length === 0 ? {} : { "set-cookie": cookies }) },
    body: change(Either.isRight(content) ? content.right.stream() : response.stream)
  })
}
