import * as Either from "effect/Either"
import type * as Stream from "effect/Stream"
import * as Body from "../../Body.js"
import type { Reader } from "../endpoint/Codec.js"
import type { StreamError } from "./options.js"

/** Makes the body of a response whose values are a Stream. */
export const streamBody = <A>(contentType: string, reader: Reader): Body.Body<never, Stream.Stream<A, StreamError>> =>
  ({
    ...Body.stream({ contentType }),
    codec: { writer: { write: () => Either.left([{ path: [], message: "is for responses only" }]) }, reader }
    // The reader decodes to this type.
  }) as Body.Any as Body.Body<never, Stream.Stream<A, StreamError>>
