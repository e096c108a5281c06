import * as Effect from "effect/Effect"

/**
 * Passes values from one fiber to another, which is at most one value behind. With a `Queue`, values that were passed on remain in old
 * memory until the next full collection, which is most of the cost of large pieces.
 */
export interface Handoff<A> {
  /** Passes a value on. Waits while the value before it was not taken. */
  readonly offer: (value: A) => Effect.Effect<void>
  /** Takes the next value. Waits for it. */
  readonly take: Effect.Effect<A>
  /** Interrupts the fibers that wait, now and later. */
  readonly close: Effect.Effect<void>
}

/** Makes a handoff, for one fiber that offers and one that takes. */
export const makeHandoff = <A>(): Handoff<A> => {
  let held: { readonly value: A } | undefined
  let taker: ((value: Effect.Effect<A>) => void) | undefined
  let giver: { readonly accept: () => void; readonly interrupt: () => void } | undefined
  let closed = false
  return {
    offer: (value) =>
      Effect.async((resume) => {
        if (closed) return resume(Effect.interrupt)
        if (taker !== undefined) {
          const waiting = taker
          taker = undefined
          waiting(Effect.succeed(value))
          return resume(Effect.void)
        }
        if (held === undefined) {
          held = { value }
          return resume(Effect.void)
        }
        giver = {
          accept: () => {
            held = { value }
            resume(Effect.void)
          },
          interrupt: () => resume(Effect.interrupt)
        }
        return Effect.sync(() => {
          giver = undefined
        })
      }),
    take: Effect.async((resume) => {
      if (closed) return resume(Effect.interrupt)
      if (held === undefined) {
        taker = resume
        return Effect.sync(() => {
          taker = undefined
        })
      }
      const { value } = held
      held = undefined
      const waiting = giver
      giver = undefined
      waiting?.accept()
      return resume(Effect.succeed(value))
    }),
    close: Effect.sync(() => {
      closed = true
      held = undefined
      taker?.(Effect.interrupt)
      giver?.interrupt()
      taker = undefined
      giver = undefined
    })
  }
}
