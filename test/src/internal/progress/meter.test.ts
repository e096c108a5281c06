import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as fc from "effect/FastCheck"
import { makeMeter } from "../../../../src/internal/progress/meter.js"

const bytes = { unit: "bytes", total: 1000, now: 0 } as const

describe("the rate of a meter", () => {
  it("is 0 until time has passed, and then exact for steady work", () => {
    const { read } = makeMeter(bytes)
    expect(read(0, 0)).toMatchObject({ rate: 0, remaining: undefined, elapsed: Duration.zero })
    expect(read(100, 0)).toMatchObject({ rate: 0 })
    for (const second of [1, 2, 3, 9]) expect(read(second * 100, second * 1000).rate).toBeCloseTo(100, 9)
    expect(Duration.toMillis(read(900, 9000).remaining!)).toBeCloseTo(1000, 6)
  })

  it("counts work that was done within the first millisecond", () => {
    const { read } = makeMeter(bytes)
    read(100, 0)
    expect(read(200, 1000).rate).toBeCloseTo(200, 9)
  })

  it("follows a change within seconds", () => {
    const { read } = makeMeter({ ...bytes, total: undefined })
    read(1000, 10_000)
    for (let tick = 1; tick <= 100; tick++) read(1000 + tick * 100, 10_000 + tick * 100)
    expect(read(11_000, 20_000).rate).toBeGreaterThan(850)
    expect(read(11_000, 60_000).rate).toBeLessThan(1)
  })

  it("leaves out what was done before the work was resumed", () => {
    const { read } = makeMeter({ ...bytes, done: 500 })
    const { rate, remaining } = read(600, 1000)
    expect(rate).toBeCloseTo(100, 9)
    expect(Duration.toMillis(remaining!)).toBeCloseTo(4000, 6)
  })

  it("goes on when the clock went back, and so does the time that has elapsed", () => {
    const { read } = makeMeter(bytes)
    read(100, 1000)
    expect(read(150, -3_600_000)).toMatchObject({ rate: 100, elapsed: Duration.seconds(1) })
    const { elapsed, rate } = read(250, -3_599_000)
    expect(rate).toBeCloseTo(100, 9)
    expect(elapsed).toEqual(Duration.seconds(2))
  })

  it("leaves out work that was undone", () => {
    const { read } = makeMeter(bytes)
    read(500, 1000)
    expect(read(0, 2000).rate).toBeCloseTo(500, 9)
    expect(read(500, 3000).rate).toBeCloseTo(500, 9)
  })
})

describe("the time left", () => {
  it("is none when all is done, also if that was nothing or more than the total", () => {
    expect(makeMeter({ ...bytes, total: 0 }).read(0, 0).remaining).toEqual(Duration.zero)
    expect(makeMeter(bytes).read(1000, 0).remaining).toEqual(Duration.zero)
    expect(makeMeter(bytes).read(2000, 1000)).toMatchObject({ done: 2000, total: 1000, remaining: Duration.zero })
  })

  it("is not known without a total that is a number of at least 0", () => {
    for (const total of [undefined, Number.NaN, -1, Number.POSITIVE_INFINITY]) {
      expect(makeMeter({ ...bytes, total }).read(1, 1000)).toMatchObject({ total: undefined, remaining: undefined })
    }
  })

  it("uses a total that became known later", () => {
    const { read } = makeMeter({ ...bytes, total: undefined })
    expect(Duration.toMillis(read(100, 1000, 300).remaining!)).toBeCloseTo(2000, 6)
  })
})

it("a meter's rate, elapsed time and time left are never negative or NaN, whatever the work and the clock do", () => {
  const amount = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })
  const total = fc.oneof(amount, fc.constant(undefined), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1))
  const readings = fc.array(fc.tuple(amount, fc.integer({ min: -(2 ** 42), max: 2 ** 42 }), total))
  fc.assert(
    fc.property(amount, total, readings, (initially, initialTotal, all) => {
      const { read } = makeMeter({ unit: "items", total: initialTotal, now: 0, done: initially })
      let before = 0
      for (const [done, now, later] of all) {
        const { elapsed, rate, remaining, ...progress } = read(done, now, later)
        expect(progress.done).toBe(done)
        expect(rate).toBeGreaterThanOrEqual(0)
        expect(rate).toBeLessThan(Number.POSITIVE_INFINITY)
        expect(Duration.toMillis(elapsed)).toBeGreaterThanOrEqual(before)
        before = Duration.toMillis(elapsed)
        if (remaining !== undefined) expect(Duration.toMillis(remaining)).toBeGreaterThanOrEqual(0)
      }
    })
  )
})
