import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type ReadBody, TooLarge } from "../internal/http/receivedBody.js"
import type { Exchange } from "./exchange.js"

/** The failure of a transport, as it was reported. */
export interface Failure {
  readonly cause: unknown
}

const alreadyRead = (): { readonly cause: Error } => ({ cause: new Error("the body was already read as a stream") })

/** Returns the bytes that were received, as one chunk that remains. */
const joined = (exchange: Exchange): Uint8Array => {
  const { chunks } = exchange
  const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
  exchange.chunks = [bytes]
  return bytes
}

/** Returns what was read, if nothing more is to come or the limit is exceeded. */
const outcome = <E>(
  exchange: Exchange,
  maxBytes: number,
  toError: (failure: Failure) => E
): Effect.Effect<ReadBody<E | TooLarge>> | undefined => {
  if (exchange.length > maxBytes) {
    exchange.abort()
    return Effect.succeed({ bytes: joined(exchange).subarray(0, maxBytes), failure: new TooLarge() })
  }
  const { ended, failure } = exchange
  return ended || failure !== undefined
    ? Effect.succeed({ bytes: joined(exchange), failure: failure === undefined ? undefined : toError(failure) })
    : undefined
}

/** Reads a body whole, at once if it is complete. The bytes remain, so that it can be read again. An interruption aborts it. */
export const readWhole = <E>(
  exchange: Exchange,
  maxBytes: number,
  toError: (failure: Failure) => E
): Effect.Effect<ReadBody<E | TooLarge>> => {
  if (exchange.streamed) return Effect.succeed({ bytes: new Uint8Array(), failure: toError(alreadyRead()) })
  exchange.keepAll()
  return (
    outcome(exchange, maxBytes, toError) ??
    // The interruption is awaited outside of `async`, so that none is missed in between.
    Effect.onInterrupt(
      Effect.async<ReadBody<E | TooLarge>>((resume) => {
        exchange.listen(() => {
          const read = outcome(exchange, maxBytes, toError)
          if (read !== undefined) resume(read)
          return read === undefined
        })
      }),
      () => Effect.sync(() => exchange.abort())
    )
  )
}

/** Waits until there is something to take, or nothing more is to come. */
const ready = (exchange: Exchange): boolean => exchange.length > 0 || exchange.ended || exchange.failure !== undefined

type Pulled = Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<Failure>>

const pull = (exchange: Exchange): Pulled => {
  if (exchange.length > 0) return Effect.succeed(Chunk.unsafeFromArray(exchange.take()))
  return Effect.fail(exchange.failure === undefined ? Option.none() : Option.some(exchange.failure))
}

/**
 * A body as a Stream, chunk by chunk as it arrives. The connection waits while the Stream is not read. A Stream that ends before the
 * body aborts it.
 */
export const streamBody = (exchange: Exchange): Stream.Stream<Uint8Array, Failure> =>
  Stream.suspend(() => {
    if (exchange.streamed) return Stream.fail(alreadyRead())
    if (exchange.keepsAll) {
      return Stream.fromEffect(
        Effect.flatMap(readWhole(exchange, Infinity, identity), ({ bytes, failure }) =>
          failure === undefined || failure instanceof TooLarge ? Effect.succeed(bytes) : Effect.fail(failure)
        )
      )
    }
    exchange.streamed = true
    const next: Pulled = Effect.suspend(() =>
      ready(exchange)
        ? pull(exchange)
        : Effect.async<Chunk.Chunk<Uint8Array>, Option.Option<Failure>>((resume) => {
            exchange.listen(() => {
              if (!ready(exchange)) return true
              resume(Effect.suspend(() => pull(exchange)))
              return false
            })
          })
    )
    return Stream.ensuring(
      Stream.repeatEffectChunkOption(next),
      Effect.sync(() => exchange.abort())
    )
  })

/** The chunks of a body, as they arrive. Ending the iteration early aborts the body. */
export async function* iterateBody(exchange: Exchange): AsyncGenerator<Uint8Array> {
  if (exchange.streamed) throw alreadyRead().cause
  exchange.streamed = true
  try {
    for (;;) {
      if (!ready(exchange)) {
        await new Promise<void>((resolve) => {
          exchange.listen(() => {
            if (!ready(exchange)) return true
            resolve()
            return false
          })
        })
      }
      if (exchange.length > 0) yield* exchange.take()
      else if (exchange.failure === undefined) return
      else throw exchange.failure.cause
    }
  } finally {
    exchange.abort()
  }
}
