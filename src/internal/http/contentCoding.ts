import type { Headers } from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { undecodedCoding } from "./fetchDispatcher.js"
import { bytesOf, isFetch, isOwn } from "./transportResponse.js"

/** A content coding that is understood (RFC 9110, 8.4.1; RFC 7932; RFC 8878). */
export type Coding = "gzip" | "deflate" | "br" | "zstd"

/** A response has a content coding that is not understood. */
export class UnknownCoding extends Data.TaggedError("UnknownCoding")<{ readonly coding: string }> {}

const known: ReadonlyArray<Coding> = ["gzip", "deflate", "br", "zstd"]

/** The content codings that the transport has left to undo, in the order in which they were applied, in lower case. */
const codingsOf = (response: HttpClientResponse, headers: Headers): ReadonlyArray<string> => {
  const undecoded = headers[undecodedCoding]
  const coding = undecoded ?? headers["content-encoding"]
  return coding === undefined || (undecoded === undefined && isFetch(response)) ? [] : namesIn(coding)
}

/** The names in a `Content-Encoding`, in lower case. */
const namesIn = (header: string): ReadonlyArray<string> =>
  header
    .toLowerCase()
    .split(",")
    // x-gzip is an alias (RFC 9110, 8.4.1.3).
    .map((coding) => coding.trim().replace(/^x-/, ""))
    .filter((coding) => coding !== "" && coding !== "identity")

/** Returns the first name that is not understood, or the codings. */
const recognize = (names: ReadonlyArray<string>): Either.Either<ReadonlyArray<Coding>, string> => {
  const codings: Array<Coding> = []
  for (const name of names) {
    const coding = known.find((one) => one === name)
    if (coding === undefined) return Either.left(name)
    codings.push(coding)
  }
  return Either.right(codings)
}

/** Parses a `Content-Encoding`. Returns undefined if there is nothing to undo, or a coding that is not understood. */
export const parseCodings = (header: string): ReadonlyArray<Coding> | undefined => {
  const codings = Either.getOrUndefined(recognize(namesIn(header)))
  return codings?.length === 0 ? undefined : codings
}

/** The content of a response, with its content codings undone. */
export interface Content {
  /** Makes a Stream of the content. Transports make theirs anew each time. */
  readonly stream: () => Stream.Stream<Uint8Array, HttpClientError.ResponseError>
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
  if (names.length === 0) return Either.right({ stream: () => response.stream, length: lengthOf(headers) })
  return Either.mapBoth(recognize(names), {
    onLeft: (coding) => new UnknownCoding({ coding }),
    onRight: (codings) => {
      if (isOwn(response)) return { stream: () => response.stream, length: undefined }
      const bytes = bytesOf(response)
      return {
        stream: () => (bytes === undefined ? Stream.empty : decodedStream(response, bytes, codings)),
        length: undefined
      }
    }
  })
}

/** A Stream of the bytes of a response, with its content codings undone. */
export const decodedStream = (
  response: HttpClientResponse,
  bytes: AsyncIterable<Uint8Array>,
  codings: ReadonlyArray<Coding>
): Stream.Stream<Uint8Array, HttpClientError.ResponseError> => {
  const fail = (cause: unknown) =>
    new HttpClientError.ResponseError({ request: response.request, response, reason: "Decode", cause })
  return Stream.unwrap(
    Effect.map(
      Effect.tryPromise({ try: () => import("./decompress.js"), catch: fail }),
      ({ decompress, SourceFailure }) =>
        Stream.fromReadableStream(
          () => decompress(bytes, codings),
          (failure) => fail(failure instanceof SourceFailure ? failure.cause : { code: corrupt })
        )
    )
  )
}
