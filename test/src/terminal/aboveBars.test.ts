import { describe, expect, it } from "@effect/vitest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { aboveBars } from "../../../src/terminal/aboveBars.js"

/** A console whose calls are recorded, between the calls that hide and show the bars. */
const recorded = Effect.gen(function* () {
  const calls: Array<string> = []
  const record = (name: string) => void calls.push(name)
  const original = yield* Effect.console
  const console: Console.Console = {
    ...original,
    log: (text) =>
      Effect.delay(
        Effect.sync(() => record(`log ${text}`)),
        1
      ),
    error: () => Effect.die("broken"),
    clear: Effect.sync(() => record("clear")),
    unsafe: {
      ...original.unsafe,
      log: (text) => record(`unsafe log ${text}`),
      warn: () => {
        throw new Error("broken")
      }
    }
  }
  const screen = {
    add: () => ({ end: () => {}, report: () => {} }),
    hide: () => record("hide"),
    show: () => record("show")
  }
  return { calls, console: aboveBars(console, screen) }
})

describe("a console above bars", () => {
  it.live("writes while the bars are hidden, also by Effects that take long", () =>
    Effect.gen(function* () {
      const { calls, console } = yield* recorded
      yield* Console.log("one").pipe(Effect.withConsole(console))
      yield* Console.clear.pipe(Effect.withConsole(console))
      yield* Effect.log("two").pipe(Effect.withConsole(console))
      console.unsafe.log("three")
      expect(calls.map((call) => call.replace(/timestamp.*message=/, ""))).toEqual(
        ["log one", "clear", "unsafe log two", "unsafe log three"].flatMap((call) => ["hide", call, "show"])
      )
    })
  )

  it.effect("shows the bars again after a defect", () =>
    Effect.gen(function* () {
      const { calls, console } = yield* recorded
      expect(yield* Effect.exit(console.error("one"))).toEqual(Exit.die("broken"))
      expect(() => console.unsafe.warn("two")).toThrow("broken")
      expect(calls).toEqual(["hide", "show", "hide", "show"])
    })
  )

  it.effect("is a console with all members of the original", () =>
    Effect.gen(function* () {
      const { console } = yield* recorded
      expect(console[Console.TypeId]).toBe(Console.TypeId)
      expect(Object.keys(console).toSorted()).toEqual(Object.keys(yield* Effect.console).toSorted())
    })
  )
})
