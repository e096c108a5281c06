import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, FastCheck as fc, Fiber } from "effect"
import { makeHandoff } from "../../../src/internal/handoff.js"
import { forAll } from "../../support/kit.js"

describe("a handoff", () => {
  it.effect("passes all values on, in order, whichever of the fibers is slower", () =>
    forAll(fc.array(fc.tuple(fc.integer({ max: 3, min: 0 }), fc.integer({ max: 3, min: 0 }))), (waits) =>
      Effect.gen(function* () {
        const handoff = makeHandoff<number>()
        const yields = (count: number) => Effect.forEach(Array.from({ length: count }), () => Effect.yieldNow())
        let offered = 0
        let taken = 0
        const offers = yield* Effect.fork(
          Effect.forEach(waits, ([wait], index) =>
            Effect.zipRight(
              Effect.zipRight(yields(wait), handoff.offer(index)),
              Effect.sync(() => {
                offered += 1
              })
            )
          )
        )
        const values = yield* Effect.forEach(waits, ([, wait]) =>
          Effect.zipRight(
            yields(wait),
            Effect.tap(handoff.take, () => {
              taken += 1
              // One value is held, and one may have been passed on just now.
              expect(offered - taken).toBeLessThanOrEqual(2)
            })
          )
        )
        yield* Fiber.join(offers)
        expect(values).toEqual(waits.map((_, index) => index))
      })
    )
  )

  it.effect("loses no value if a fiber that waits is interrupted", () =>
    Effect.gen(function* () {
      const handoff = makeHandoff<number>()
      yield* Effect.flatMap(Effect.fork(handoff.take), (fiber) =>
        Effect.zipRight(Effect.yieldNow(), Fiber.interrupt(fiber))
      )
      yield* handoff.offer(1)
      yield* Effect.flatMap(Effect.fork(handoff.offer(2)), (fiber) =>
        Effect.zipRight(Effect.yieldNow(), Fiber.interrupt(fiber))
      )
      expect(yield* handoff.take).toBe(1)
      yield* handoff.offer(3)
      expect(yield* handoff.take).toBe(3)
    })
  )

  it.effect("interrupts the fibers that wait when it is closed, and those that come later", () =>
    Effect.gen(function* () {
      const taking = makeHandoff<number>()
      const taker = yield* Effect.fork(taking.take)
      yield* Effect.yieldNow()
      yield* taking.close
      expect(Exit.isInterrupted(yield* Fiber.await(taker))).toBe(true)
      expect(Exit.isInterrupted(yield* Effect.exit(taking.take))).toBe(true)
      expect(Exit.isInterrupted(yield* Effect.exit(taking.offer(1)))).toBe(true)

      const offering = makeHandoff<number>()
      yield* offering.offer(1)
      const giver = yield* Effect.fork(offering.offer(2))
      yield* Effect.yieldNow()
      yield* offering.close
      expect(Exit.isInterrupted(yield* Fiber.await(giver))).toBe(true)
    })
  )
})
