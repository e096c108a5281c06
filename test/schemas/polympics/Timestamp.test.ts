import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { Timestamp } from "../../../schemas/polympics/Timestamp.js"

const millis = (seconds: unknown) => DateTime.toEpochMillis(Schema.decodeUnknownSync(Timestamp)(seconds))

describe("a timestamp", () => {
  it("is seconds since the epoch, to the nearest millisecond", () => {
    expect(millis(1617278400)).toBe(1617278400000)
    expect(millis(1617278400.000001)).toBe(1617278400000)
    expect(millis(1617278400.0006)).toBe(1617278400001)
    expect(millis(1795301976.200685)).toBe(1795301976201)
    expect(millis(-1.5)).toBe(-1500)
    expect(millis(0)).toBe(0)
  })

  it("is refused outside the range of dates", () => {
    for (const seconds of [Number.NaN, Infinity, -Infinity, 8.64e12 + 1, "1617278400", null, undefined]) {
      expect(() => millis(seconds)).toThrow()
    }
  })

  const thirdMillennium = FastCheck.integer({ min: 0, max: 32_503_680_000_000 })
  it.prop("is written with its milliseconds, and read back", [thirdMillennium], ([millisecond]) => {
    const wire = Schema.encodeSync(Timestamp)(DateTime.unsafeMake(millisecond))
    expect(JSON.stringify(wire)).toBe(String(millisecond / 1000))
    expect(millis(wire)).toBe(millisecond)
  })
})
