import * as HttpBody from "@effect/platform/HttpBody"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as Body from "../../Body.js"
import * as Issue from "../../Issue.js"
import type { Reader, Writer } from "../endpoint/Codec.js"
import { plainJson } from "../endpoint/plainJson.js"
import { encodeBySchema, mismatch } from "../endpoint/values.js"
import * as Json from "../http/json.js"
import type { AnySchema, StreamError } from "./options.js"

/** Encodes a value of a Stream as text. */
export type EncodeRecord = (value: unknown) => Either.Either<string, ReadonlyArray<Issue.Issue>>

/** Makes an encoder of JSON texts, which are one line each. `frame` makes a record of a text. */
export const jsonEncoder = (schema: AnySchema, frame = (text: string) => text): EncodeRecord => {
  const encode = encodeBySchema(schema)
  return (value) =>
    Either.flatMap(Either.flatMap(encode(value), plainJson), (plain) =>
      plain === undefined ? Either.left(mismatch("a JSON value", plain)) : Either.right(frame(Json.stringify(plain)))
    )
}

/** Writes a Stream of values, as servers of tests do. A value that can't be encoded is a defect of the Stream. */
const write =
  (makeEncoder: () => EncodeRecord): Writer["write"] =>
  (values, contentType) => {
    if (!Predicate.hasProperty(values, Stream.StreamTypeId)) return Either.left(mismatch("a Stream", values))
    const encode = makeEncoder()
    // A Stream of any values, which are checked one by one.
    const texts = Stream.mapEffect(values as unknown as Stream.Stream<unknown, unknown>, (value) =>
      Either.match(encode(value), {
        onLeft: (issues) =>
          Effect.die(new TypeError(`a value of the Stream can't be encoded: ${issues.map(Issue.format).join("; ")}`)),
        onRight: Effect.succeed
      })
    )
    return Either.right(HttpBody.stream(Stream.encodeText(texts), contentType))
  }

/**
 * Makes the body of a response whose values are a Stream.
 *
 * - `makeEncoder`: makes the encoder of the values, which only servers of tests need
 */
export const streamBody = <A>(
  contentType: string,
  reader: Reader,
  makeEncoder: () => EncodeRecord
): Body.Body<never, Stream.Stream<A, StreamError>> =>
  ({
    ...Body.stream({ contentType }),
    codec: { writer: { write: write(makeEncoder) }, reader }
    // The reader decodes to this type.
  }) as Body.Any as Body.Body<never, Stream.Stream<A, StreamError>>
