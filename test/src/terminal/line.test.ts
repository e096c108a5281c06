import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as fc from "effect/FastCheck"
import type { Progress } from "effect-herald"
import { formatDuration, formatEnd, formatLine, labelColumnsOf } from "../../../src/terminal/line.js"
import { columnsOf, harmless } from "../../../src/terminal/text.js"

const progress = (parts: Partial<Progress.Progress> = {}): Progress.Progress => ({
  unit: "bytes",
  done: 1_300_000_000,
  total: 2_900_000_000,
  rate: 12_900_000,
  elapsed: Duration.seconds(100),
  remaining: Duration.seconds(124),
  ...parts
})

const line = (parts: Partial<Progress.Progress>, columns = 79, label = "photos.zip") =>
  formatLine(label, progress(parts), { columns, labelColumns: labelColumnsOf([label], columns) })

describe("the line of work that is going on", () => {
  it("has a bar, the amount, the rate and the time left", () => {
    expect(line({})).toBe("photos.zip  [########------------]   44%  1.2/2.7 GiB  12.3 MiB/s  2:04 left")
  })

  it("counts items with separators, and a percentage once", () => {
    expect(line({ unit: "items", done: 12_345, total: 1_000_000, rate: 1234 })).toBe(
      "photos.zip  [--------------------]    1%  12,345/1,000,000  1,234/s  2:04 left"
    )
    expect(line({ unit: "items", rate: 0.25, done: 3, total: 4 })).toContain("3/4  0.3/s")
    expect(line({ unit: "percent", done: 50, total: 100, rate: 1 })).toBe(
      "photos.zip  [###############---------------]   50%  2:04 left"
    )
    expect(line({ unit: "percent", done: 1, total: 4 })).toContain("25%  1/4")
  })

  it("has no bar without a total, and the time that has elapsed", () => {
    expect(line({ total: undefined, remaining: undefined })).toBe("photos.zip  1.2 GiB  12.3 MiB/s  1:40")
    expect(line({ unit: "items", done: 3, total: undefined, remaining: undefined, rate: 0 })).toBe(
      "photos.zip  3  1:40"
    )
  })

  it("is full at the end, also if more was done than the total, and if the total is 0", () => {
    expect(line({ done: 20, total: 10, remaining: Duration.zero })).toContain("100%  20/10 B")
    const nothing = line({ done: 0, total: 0, rate: 0, remaining: Duration.zero })
    expect(nothing).toBe("photos.zip  0/0 B  0:00 left")
  })

  it("is the label alone before the first report", () => {
    expect(formatLine("photos.zip", undefined, { columns: 79, labelColumns: 10 })).toBe("photos.zip")
  })

  it("has the bar, the rate and the time on wide terminals only", () => {
    expect(line({}, 119)).toContain(`[${"#".repeat(13)}${"-".repeat(17)}]`)
    expect(line({}, 70)).toBe("photos.zip  [####------]   44%  1.2/2.7 GiB  12.3 MiB/s  2:04 left")
    expect(line({}, 54)).toBe("photos.zip  44%  1.2/2.7 GiB  12.3 MiB/s  2:04 left")
    expect(line({}, 44)).toBe("photos.zip  44%  1.2/2.7 GiB  2:04 left")
    expect(line({}, 30)).toBe("photos.zip  44%  1.2/2.7 GiB")
    expect(line({}, 20)).toBe("photos.…  44%")
    expect(line({}, 8)).toBe("ph…  44%")
    expect(line({}, 3)).toBe("… …")
  })

  it("formats the units of bytes by powers of 1024", () => {
    const bytes = (done: number) => line({ done, total: undefined, rate: 0 }).split("  ")[1]
    expect([0, 1023, 1024, 1536, 1_048_575, 1_048_576, 2 ** 40, 2 ** 62, 2 ** 72].map(bytes)).toEqual([
      "0 B",
      "1,023 B",
      "1.0 KiB",
      "1.5 KiB",
      "1.0 MiB",
      "1.0 MiB",
      "1.0 TiB",
      "4.0 EiB",
      "4,096.0 EiB"
    ])
  })

  it("never has more columns than there are, nor the text of a number that is none", () => {
    const amount = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })
    const parts = fc.record({
      unit: fc.constantFrom("bytes" as const, "items" as const, "percent" as const),
      done: amount,
      total: fc.option(amount, { nil: undefined }),
      rate: amount,
      elapsed: amount.map((millis) => Duration.millis(millis)),
      remaining: fc.option(
        amount.map((millis) => Duration.millis(millis)),
        { nil: undefined }
      )
    })
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), parts, fc.integer({ min: 1, max: 200 }), (text, some, columns) => {
        const label = harmless(text)
        for (const shown of [line(some, columns, label), formatEnd(label, some, { columns, outcome: "failed" })]) {
          expect(columnsOf(shown)).toBeLessThanOrEqual(columns)
          expect(shown.slice(label.length)).not.toMatch(/NaN|Infinity|undefined/)
        }
      })
    )
  })
})

describe("the line that remains", () => {
  it("has the amount and the time", () => {
    const end = (outcome: "done" | "failed" | "interrupted", parts: Partial<Progress.Progress> = {}) =>
      formatEnd("photos.zip", progress(parts), { columns: 79, outcome })
    expect(end("done", { done: 2_900_000_000 })).toBe("photos.zip  2.7 GiB in 1:40")
    expect(end("failed")).toBe("photos.zip  1.2/2.7 GiB in 1:40, failed")
    expect(end("interrupted", { unit: "items", done: 3, total: 1000 })).toBe("photos.zip  3/1,000 in 1:40, interrupted")
    expect(end("failed", { unit: "percent", done: 40, total: 100 })).toBe("photos.zip  40% in 1:40, failed")
    expect(end("done", { unit: "percent", done: 40, total: undefined })).toBe("photos.zip  40% in 1:40")
  })

  it("tells how the work ended if it did not report", () => {
    expect(formatEnd("photos.zip", undefined, { columns: 79, outcome: "failed" })).toBe("photos.zip  failed")
  })
})

it("a duration is shown by the second, and long ones by the hour", () => {
  for (const [duration, text] of [
    ["0 millis", "0:00"],
    ["1 millis", "0:01"],
    ["59 seconds", "0:59"],
    ["3599 seconds", "59:59"],
    ["3600 seconds", "1:00:00"],
    ["86399 seconds", "23:59:59"],
    ["100 hours", "4d 04h"],
    [Duration.infinity, "more than 999d"]
  ] as const) {
    expect(formatDuration(Duration.decode(duration))).toBe(text)
  }
})
