import type { HttpBody } from "@effect/platform/HttpBody"
import type { ResponseError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type { DecodeError, TimeoutError, TransportError } from "../../HeraldError.js"
import type { Issue } from "../../Issue.js"
import type { RawResponse } from "../../RawResponse.js"
import type * as Shape from "../descriptor/Shape.js"
import type { Content } from "../http/contentCoding.js"

/** The reason why a body does not match. */
export interface Mismatch {
  readonly reason: DecodeError["reason"]
  readonly issues: ReadonlyArray<Issue>
}

/** The JSON of a response, which is parsed at most once; undefined if the body is empty. */
export type Json = () => Either.Either<unknown, Mismatch>

/**
 * A decoded value. `issues` are its differences from a shape that a response need not match. They are a property of the Either, so that
 * they reach the end of a call through steps that know of values only.
 */
export type Decoded<E> = Either.Either<unknown, E> & { readonly issues?: ReadonlyArray<Shape.Mismatch> }

/** The parts of a call that decide how its response is read. */
export interface ReadingCall {
  readonly authoriser: { readonly defaults: { readonly strict?: boolean | undefined } }
  /** Absent for a response that was stored. */
  readonly context?: Context.Context<never> | undefined
}

/** Reads the body of a response. */
export interface Reader {
  /** The form in which the body is received: text or bytes, which are read whole, a Stream, or nothing if it is not used. */
  readonly receives: "text" | "bytes" | "stream" | "nothing"
  /** `context` is that of errors about the response, for readers that make errors later. This module can't name its type. */
  readonly read: (response: RawResponse, json: Json, call?: ReadingCall, context?: object) => Decoded<Mismatch>
  /** Opens a body that is received as a Stream. */
  readonly open?: ((content: ReturnType<Content["stream"]>, toError: ToError) => RawResponse["stream"]) | undefined
}

/** Makes the error of a Stream whose connection failed. */
export type ToError = (failure: ResponseError) => TransportError | TimeoutError

/** The use of a request body that is a Stream, in one attempt. */
export interface BodyUse {
  /** Part of it was read, so that it can't be sent again. */
  consumed: boolean
}

/**
 * Runs an attempt with a request whose body is prepared for this attempt. `fail` makes the failure of an attempt whose body failed
 * by a cause: its Stream, or a file that can't be read.
 */
export type WithBody = <A, E, R>(
  request: HttpClientRequest,
  use: BodyUse,
  attempt: (request: HttpClientRequest) => Effect.Effect<A, E, R>,
  fail: (cause: Cause.Cause<unknown>) => E
) => Effect.Effect<A, E, R>

/** Writes the body of a request. */
export interface Writer {
  /** Encodes a value; the paths of issues begin in the body. */
  readonly write: (value: unknown, contentType: string | undefined) => Either.Either<HttpBody, ReadonlyArray<Issue>>
  /** Runs an attempt with the body. Set for bodies that need preparation in each attempt: Streams and multipart forms. */
  readonly withBody?: WithBody | undefined
}

/**
 * Writes and reads the bodies of one kind. Each kind has a codec, so that a bundle contains only those that its program
 * uses.
 */
export interface Codec {
  readonly writer: Writer
  readonly reader: Reader
}
