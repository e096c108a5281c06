import type { Headers } from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { undecodedCoding } from "./fetchDispatcher.js"
import { bytesOf, isFetch } from "./transportResponse.js"

/** A content coding that is understood (RFC 9110, 8.4.1; RFC 7932; RFC 8878). */
export type Coding = "gzip" | "deflate" | "br" | "zstd"

/** A response has a content coding that is not understood. */
export class UnknownCoding extends Data.TaggedError("UnknownCoding")<{ readonly coding: string }> {}

const known: ReadonlyArray<Coding> = ["gzip", "deflate", "br", "zstd"]

/** The content codings that the transport has left to undo, in the order in which they were applied, in lower case. */
const codingsOf = (response: HttpClientResponse, headers: Headers): ReadonlyArray<string> => {
  const undecoded = headers[undecodedCoding]
  const coding = undecoded ?? headers["content-encoding"]
  if (coding === undefined || (undecoded === undefined && isFetch(response))) return []
  return (
    coding
      .toLowerCase()
      .split(",")
      // x-gzip is an alias (RFC 9110, 8.4.1.3).
      .map((coding) => coding.trim().replace(/^x-/, ""))
      .filter((coding) => coding !== "" && coding !== "identity")
  )
}

/** The content of a response, with its content codings undone. */
export interface Content {
  readonly stream: Stream.Stream<Uint8Array, HttpClientError.ResponseError>
  /** The length of the content, in bytes, if it is known. That of content with a coding is not. */
  readonly length: number | undefined
}

const lengthOf = (headers: Headers): number | undefined =>
  headers["content-encoding"] === undefined && headers["content-length"] !== undefined
    ? Number(headers["content-length"])
    : undefined

/** The code of content that is corrupt or cut short, in place of a transport's code. */
export const corrupt = "corrupt content"

/**
 * Returns the content of a response, with its content codings undone: `gzip`, `deflate`, `br` and `zstd`, also several. Content
 * that is corrupt or cut short fails as a broken connection does.
 *
 * - `headers`: the headers of the response. The platform makes them anew each time that they are read
 */
export const contentOf = (
  response: HttpClientResponse,
  headers: Headers = response.headers
): Either.Either<Content, UnknownCoding> => {
  const names = codingsOf(response, headers)
  if (names.length === 0) return Either.right({ stream: response.stream, length: lengthOf(headers) })
  const codings: Array<Coding> = []
  for (const name of names) {
    const coding = known.find((one) => one === name)
    if (coding === undefined) return Either.left(new UnknownCoding({ coding: name }))
    codings.push(coding)
  }
  const bytes = bytesOf(response)
  if (bytes === undefined) return Either.right({ stream: Stream.empty, length: undefined })
  const fail = (cause: unknown) =>
    new HttpClientError.ResponseError({ request: response.request, response, reason: "Decode", cause })
  const stream = Stream.unwrap(
    Effect.map(
      Effect.tryPromise({ try: () => import("./decompress.js"), catch: fail }),
      ({ decompress, SourceFailure }) =>
        Stream.fromReadableStream(
          () => decompress(bytes, codings),
          (failure) => fail(failure instanceof SourceFailure ? failure.cause : { code: corrupt })
        )
    )
  )
  return Either.right({ stream, length: undefined })
}
