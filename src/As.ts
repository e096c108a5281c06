import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { Answer } from "./Answer.js"
import type { TimeoutError, TransportError } from "./HeraldError.js"
import type { Result } from "./road/raw.js"

/** As what a verb gives an answer. */
export interface As<out A> extends Result {
  /** There is none: it says of what type the result is. */
  readonly Type?: A
}

const same = <A>(value: A) => Either.right(value)

/** JSON, as it is; `undefined` if the body is empty. Integers beyond 2^53 are a `bigint`. */
export const json: As<unknown> = {
  reads: "text",
  accept: "application/json",
  answers: [{ body: "Json?", decode: same }]
}

/** The body as text, in UTF-8. */
export const text: As<string> = { reads: "text", accept: "*/*", answers: [{ body: "Text", decode: same }] }

/** The body as bytes. */
export const bytes: As<Uint8Array> = { reads: "bytes", accept: "*/*", answers: [{ body: "Bytes", decode: same }] }

/** Nothing: the body is read, and dropped. */
export const none: As<void> = {
  reads: "text",
  accept: "*/*",
  answers: [{ body: "Text", decode: () => Either.right(undefined) }]
}

/**
 * The body as a Stream of bytes, as it comes, however long it is. The call, with its deadlines, ends with the head of the answer; what
 * breaks later is a `TransportError` of the Stream's, and nothing is repeated. It is never cached. The connection is taken until the
 * Stream has been run, to its end or not.
 *
 * @example
 * ```ts
 * import { Context, Stream } from "effect"
 * import { As, type Authoriser, Verbs } from "effect-herald"
 *
 * class Files extends Context.Tag("example/Files")<Files, Authoriser.Authoriser>() {}
 *
 * const lines = Stream.unwrap(Verbs.make(Files).get("/export.csv", { as: As.stream })).pipe(
 *   Stream.decodeText(),
 *   Stream.splitLines
 * )
 * ```
 */
export const stream: As<Stream.Stream<Uint8Array, TransportError | TimeoutError>> = {
  reads: "stream",
  accept: "*/*",
  answers: [{ body: "Bytes", decode: same }],
  present: (answer) => answer.stream
}

/**
 * JSON, decoded by a schema. What does not fit is a `DecodeError`, without the values.
 *
 * @example
 * ```ts
 * import { Context, Schema } from "effect"
 * import { As, type Authoriser, Verbs } from "effect-herald"
 *
 * class Weather extends Context.Tag("example/Weather")<Weather, Authoriser.Authoriser>() {}
 *
 * const forecast = Verbs.make(Weather).get("/forecast/{city}", {
 *   path: { city: "Oslo" },
 *   as: As.schema(Schema.Struct({ celsius: Schema.Number }))
 * })
 * ```
 */
export const schema = <A, I>(schema: Schema.Schema<A, I>): As<A> => ({
  reads: "text",
  accept: "application/json",
  answers: [{ body: "Json?", decode: ParseResult.decodeUnknownEither(schema) }]
})

/** An answer with its status and headers. */
export interface Response<out A> extends Pick<Answer, "status" | "headers"> {
  readonly body: A
}

/** The answer with its status and headers, and its body as something else. */
export const response = <A>({ accept, answers, present, reads }: As<A>): As<Response<A>> => ({
  accept,
  answers,
  reads,
  present: (answer, decoded): Response<A> => ({
    status: answer.status,
    headers: answer.headers,
    // What `as` gives is of its type.
    body: (present === undefined ? decoded : present(answer, decoded)) as A
  })
})
