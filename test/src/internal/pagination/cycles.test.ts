import * as fc from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { cycleDetector } from "../../../../src/internal/pagination/cycles.js"

/** The number of elements of a sequence that are looked at before a cycle is found. */
const lookedAt = (elementAt: (index: number) => number, tolerated: number, limit: number): number | undefined => {
  const repeated = cycleDetector<number>((one, other) => one === other, tolerated)
  for (let index = 0; index < limit; index += 1) if (repeated(elementAt(index))) return index
  return undefined
}

describe("a detector of cycles", () => {
  const arbitrary = fc.record({
    tail: fc.integer({ min: 0, max: 50 }),
    length: fc.integer({ min: 1, max: 50 }),
    tolerated: fc.integer({ min: 0, max: 2 })
  })

  it("finds every cycle, at a bounded distance from its beginning", () => {
    fc.assert(
      fc.property(arbitrary, ({ length, tail, tolerated }) => {
        const elementAt = (index: number) => (index < tail ? index : tail + ((index - tail) % length))
        const found = lookedAt(elementAt, tolerated, 10_000)
        // It is found no sooner than an element repeats.
        expect(found).toBeGreaterThanOrEqual(tail + length)
        expect(found).toBeLessThanOrEqual(4 * (tail + (tolerated + 1) * length) + 2)
      })
    )
  })

  it("finds nothing where nothing repeats", () => {
    expect(lookedAt((index) => index, 0, 10_000)).toBe(undefined)
  })
})
