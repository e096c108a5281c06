import { afterEach, beforeEach, describe, expect, it, vi } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as fc from "effect/FastCheck"
import type { Progress } from "effect-herald"
import { makeScreen } from "../../../src/terminal/screen.js"
import { makeVirtualTerminal } from "../../support/virtualTerminal.js"

const items = (done: number): Progress.Progress => ({
  unit: "items",
  done,
  total: 10,
  rate: 0,
  elapsed: Duration.seconds(1),
  remaining: undefined
})

/** Lets the time of a frame pass. */
const tick = () => vi.advanceTimersByTime(100)

describe("a screen", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "queueMicrotask", "Date"] }))
  afterEach(() => void vi.useRealTimers())

  it("shows work in the order in which it began, with bars below one another", () => {
    const terminal = makeVirtualTerminal(60)
    const screen = makeScreen(terminal)
    const first = screen.add("first")
    const second = screen.add("the second")
    expect(terminal.text()).toBe("first\nthe second")
    first.report(items(1))
    second.report(items(5))
    tick()
    expect(terminal.text()).toBe(
      "first       [###---------------------------]   10%  1/10\nthe second  [###############---------------]   50%  5/10"
    )
    first.end("done")
    expect(terminal.text()).toBe("first  1 in 0:01\nthe second  [###############---------------]   50%  5/10")
    second.end("failed")
    expect(terminal.text()).toBe("first  1 in 0:01\nthe second  5/10 in 0:01, failed")
    tick()
    expect(vi.getTimerCount()).toBe(0)
  })

  it("writes ten times a second at most, and each frame at once", () => {
    const terminal = makeVirtualTerminal()
    const screen = makeScreen(terminal)
    const bars = [screen.add("first"), screen.add("second")]
    terminal.writes.length = 0
    for (let millis = 0; millis < 1000; millis++) {
      for (const bar of bars) bar.report(items(millis / 100))
      vi.advanceTimersByTime(1)
    }
    expect(terminal.writes.length).toBeLessThanOrEqual(10)
    for (const bar of bars) bar.end("done")
  })

  it("leaves no mode of the terminal changed, at any time", () => {
    const terminal = makeVirtualTerminal()
    const screen = makeScreen(terminal)
    screen.add("first").report(items(1))
    tick()
    // CSI ? is the beginning of private modes, such as those of the cursor and of line wrapping.
    expect(terminal.writes.join("")).not.toContain("\u001b[?")
    screen.hide()
  })

  it("leaves the cursor behind the last bar, also when nothing has changed", () => {
    const terminal = makeVirtualTerminal()
    const screen = makeScreen(terminal)
    screen.add("first")
    const bar = screen.add("second")
    for (let frame = 0; frame < 3; frame++) {
      expect(terminal.column()).toBe(6)
      tick()
    }
    bar.end("done")
    screen.hide()
  })

  it("stays hidden until it was shown as often as it was hidden", () => {
    const terminal = makeVirtualTerminal()
    const screen = makeScreen(terminal)
    const bar = screen.add("first")
    screen.hide()
    screen.hide()
    expect(terminal.text()).toBe("")
    screen.show()
    bar.report(items(1))
    tick()
    screen.add("second").end("done")
    expect(terminal.text()).toBe("second  done")
    screen.show()
    expect(terminal.text()).toMatch(/^second {2}done\nfirst {2}\[/)
    bar.end("done")
  })

  it("follows the width of the terminal", () => {
    const terminal = { ...makeVirtualTerminal(120) }
    const screen = makeScreen(terminal)
    const bar = screen.add("first")
    bar.report(items(5))
    tick()
    expect(terminal.text()).toContain(`[${"#".repeat(15)}`)
    terminal.columns = 40
    tick()
    expect(terminal.text()).toBe("first  [#####-----]   50%  5/10")
    bar.end("done")
  })

  it("has lines of 79 columns on a terminal that tells its size as 0", () => {
    const terminal = makeVirtualTerminal(80)
    const screen = makeScreen({ write: terminal.write, columns: 0, rows: 0 })
    const bars = ["first", "second", "third"].map((label) => screen.add(label))
    expect(terminal.text()).toBe("first\nsecond\nthird")
    for (const bar of bars) {
      bar.report(items(5))
      bar.end("done")
    }
    expect(terminal.text()).toContain("second  5")
  })

  it("shows as many bars as the terminal has rows for, and tells how many others there are", () => {
    const terminal = makeVirtualTerminal(60, 5)
    const screen = makeScreen(terminal)
    const bars = Array.from({ length: 9 }, (_, index) => screen.add(`work ${index}`))
    expect(terminal.text()).toBe("work 0\nwork 1\nwork 2\nand 6 more")
    for (const bar of bars.slice(0, 6)) bar.end("done")
    expect(terminal.text().split("\n").slice(6)).toEqual(["work 6", "work 7", "work 8"])
    for (const bar of bars.slice(6)) bar.end("done")
  })

  it("has all lines that were written, in order, and below them the bars, whatever happens in which order", () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant("add"), label: fc.constantFrom("a", "long label", "日本語", "🎉".repeat(40)) }),
        fc.record({ kind: fc.constantFrom("end", "report"), index: fc.nat(), done: fc.nat(10) }),
        fc.record({ kind: fc.constant("write"), text: fc.constantFrom("one", "two\nlines", "w".repeat(100)) }),
        fc.record({ kind: fc.constant("tick") })
      )
    )
    fc.assert(
      fc.property(steps, (all) => {
        const terminal = makeVirtualTerminal(40, 100)
        const screen = makeScreen(terminal)
        const bars: Array<ReturnType<typeof screen.add>> = []
        const expected: Array<string> = []
        for (const step of all) {
          if ("label" in step) bars.push(screen.add(step.label))
          else if ("text" in step) {
            screen.hide()
            terminal.write(`${step.text}\n`)
            screen.show()
            expected.push(
              ...(step.text.length > 40 ? ["w".repeat(40), "w".repeat(40), "w".repeat(20)] : step.text.split("\n"))
            )
          } else if ("index" in step && bars.length > 0) {
            const bar = bars[step.index % bars.length]!
            bar.report(items(step.done))
            if (step.kind === "end") {
              bars.splice(step.index % bars.length, 1)
              bar.end("done")
              expected.push(`${step.done} in 0:01`)
            }
          } else tick()
        }
        const lines = terminal.text() === "" ? [] : terminal.text().split("\n")
        expect(lines).toHaveLength(expected.length + bars.length)
        for (const [index, text] of expected.entries()) expect(lines[index]).toContain(text)
        for (const bar of bars) bar.end("interrupted")
      }),
      { numRuns: 60 }
    )
  })
})
