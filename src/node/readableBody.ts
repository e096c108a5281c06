import * as Cause from "effect/Cause"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { Readable } from "node:stream"

/** A Stream that undici reads. */
export interface ReadableBody {
  readonly readable: Readable
  /** Waits until the Stream has ended, with its finalizers, if it was started. */
  readonly ended: Effect.Effect<void>
}

const toError = (failure: unknown): Error =>
  failure instanceof Error ? failure : new Error("the Stream of the body failed", { cause: failure })

/**
 * Converts a Stream to a `Readable`, which starts it when it is first read, and waits while it is not read. The Stream is interrupted
 * if the `Readable` is destroyed. If the Stream fails, the `Readable` does, which aborts the request.
 *
 * - `onFailure`: runs with the failure of the Stream
 */
export const toReadable = (
  stream: Stream.Stream<Uint8Array, unknown>,
  runtime: Runtime.Runtime<never>,
  onFailure: (failure: unknown) => void
): ReadableBody => {
  let fiber: Fiber.RuntimeFiber<void, unknown> | undefined
  let wanted = false
  let wake: (() => void) | undefined

  const write = (chunk: Chunk.Chunk<Uint8Array>): Effect.Effect<void> =>
    Effect.async((resume) => {
      wanted = false
      let more = true
      for (const piece of chunk) more = readable.push(piece)
      if (more || wanted) return resume(Effect.void)
      wake = () => resume(Effect.void)
    })

  const start = () => {
    const pump = Runtime.runFork(runtime)(Effect.interruptible(Stream.runForEachChunk(stream, write)))
    pump.addObserver((exit) => {
      if (readable.destroyed) return
      if (exit._tag === "Success") return void readable.push(null)
      const failure = Cause.squash(exit.cause)
      onFailure(failure)
      readable.destroy(toError(failure))
    })
    return pump
  }

  const readable = new Readable({
    read: () => {
      wanted = true
      fiber ??= start()
      const waiting = wake
      wake = undefined
      waiting?.()
    },
    destroy: (cause, callback) => {
      fiber?.unsafeInterruptAsFork(FiberId.none)
      callback(cause)
    }
  })
  // undici removes its listener before it destroys the body of a request that fails.
  readable.on("error", () => {})

  return {
    readable,
    ended: Effect.suspend(() => (fiber === undefined ? Effect.void : Effect.asVoid(Fiber.await(fiber))))
  }
}
