import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { type Entry, makeBacklog } from "../../../../src/internal/log/backlog.js"
import type { LogStore } from "../../../../src/internal/log/LogStore.js"
import type { Draft } from "../../../../src/internal/log/makeRecord.js"
import { makeOutage } from "../../../../src/internal/log/outage.js"
import { sum } from "../../../support/log.js"

const draft = (message: string): Draft => ({
  time: 0,
  level: "Info",
  parts: [message],
  fiber: "#1",
  spans: {},
  annotations: {}
})

/** A store in an array, whose functions can be made to throw. */
const makeStore = (initial: ReadonlyArray<string>) => {
  let records = initial.map((text, position) => ({ position, text }))
  let next = initial.length
  const failing = new Set<keyof LogStore>()
  const guarded = <A>(name: keyof LogStore, use: () => A): A => {
    if (failing.has(name)) throw new Error(`${name} failed`)
    return use()
  }
  const store: LogStore = {
    append: (text) =>
      guarded("append", () => {
        records.push({ position: next, text })
        next += 1
        return next - 1
      }),
    read: (after, limit) => guarded("read", () => records.filter(({ position }) => position > after).slice(0, limit)),
    removeThrough: (last) =>
      guarded("removeThrough", () => {
        records = records.filter(({ position }) => position > last)
      }),
    remove: (gone) =>
      guarded("remove", () => {
        records = records.filter(({ position }) => position !== gone)
      }),
    size: () => guarded("size", () => records.length)
  }
  return { store, failing }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ _tag: fc.constant("log" as const), count: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      _tag: fc.constant("take" as const),
      count: fc.integer({ min: 1, max: 4 }),
      bytes: fc.option(fc.integer({ min: 1, max: 600 }), { nil: undefined })
    })
  },
  { weight: 4, arbitrary: fc.record({ _tag: fc.constant("settle" as const), failures: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant("flush" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ _tag: fc.constant("attach" as const), found: fc.array(fc.boolean(), { maxLength: 4 }) })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      _tag: fc.constant("break" as const),
      name: fc.constantFrom("append" as const, "read" as const, "remove" as const, "removeThrough" as const)
    })
  },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant("mend" as const) }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant("close" as const) }) }
)

describe("the queue of a shipper", () => {
  it("counts each record once, keeps order, and takes none twice, after any steps", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("drop-oldest" as const, "drop-newest" as const, "wait" as const),
        fc.integer({ min: 1, max: 5 }),
        fc.array(step, { maxLength: 60 }),
        (whenFull, capacity, steps) => {
          const backlog = makeBacklog({
            capacity,
            whenFull,
            now: () => 0,
            outage: makeOutage(
              () => 0,
              () => {}
            ),
            onRoom: () => {}
          })
          let logged = 0
          let expected = 0
          let found = 0
          let isClosed = false
          let broken: ReturnType<typeof makeStore> | undefined
          let inFlight: ReadonlyArray<Entry> = []
          const taken: Array<string> = []
          const flushes: Array<boolean> = []
          const take = (count: number, bytes?: number) => {
            inFlight = backlog.take(count, bytes)
            taken.push(...inFlight.map(({ record }) => record.message))
          }
          const settle = (failures: number) => {
            backlog.settle(inFlight, Math.min(failures, inFlight.length))
            inFlight = []
          }
          for (const one of steps) {
            switch (one._tag) {
              case "log":
                for (let index = 0; index < one.count; index += 1) {
                  if (!isClosed) expected += 1
                  logged += 1
                  backlog.offer(draft(`record ${logged}`), 200, () => logged % 2 === 0)
                }
                break
              case "take":
                if (inFlight.length === 0 && backlog.waiting() > 0) {
                  take(one.count, one.bytes)
                  expect(inFlight.length).toBeLessThanOrEqual(one.count)
                }
                break
              case "settle":
                settle(one.failures)
                break
              case "flush": {
                const index = flushes.push(false) - 1
                backlog.onFlushed(() => {
                  flushes[index] = true
                })
                break
              }
              case "attach":
                // A shipper attaches its store before anything is taken.
                if (broken === undefined && taken.length === 0) {
                  broken = makeStore(
                    one.found.map((isRecord, index) =>
                      isRecord ? JSON.stringify({ ...draft(""), message: `found ${index}` }) : "null"
                    )
                  )
                  found = one.found.length
                  expected += found
                  backlog.attach(broken.store)
                }
                break
              case "break":
                broken?.failing.add(one.name)
                break
              case "mend":
                broken?.failing.clear()
                break
              case "close":
                backlog.close()
                isClosed = true
            }
            const stats = backlog.stats()
            expect(sum(stats)).toBe(stats.accepted)
            expect(Object.values(stats).every((count) => count >= 0)).toBe(true)
            expect(backlog.waiting()).toBeGreaterThanOrEqual(0)
          }
          settle(0)
          broken?.failing.clear()
          for (let rounds = 0; backlog.waiting() > 0; rounds += 1) {
            expect(rounds).toBeLessThan(1_000)
            take(3)
            settle(0)
          }
          const stats = backlog.stats()
          expect(stats.queued).toBe(0)
          expect(sum(stats)).toBe(stats.accepted)
          expect(flushes.every((isDone) => isDone)).toBe(true)
          const reports = taken.filter((text) => text.includes("were dropped")).length
          // A report in a store that can't be read is lost, and counts as failed.
          expect(stats.accepted).toBeGreaterThanOrEqual(expected + reports)
          expect(stats.accepted).toBeLessThanOrEqual(expected + reports + stats.failed)
          const order = taken.flatMap((text) => (text.startsWith("record ") ? [Number(text.slice(7))] : []))
          expect(order).toEqual([...new Set(order)].toSorted((one, other) => one - other))
          // A record that was found is taken before those that were logged.
          const lastFound = taken.findLastIndex((text) => text.startsWith("found "))
          const firstLogged = taken.findIndex((text) => text.startsWith("record "))
          if (firstLogged >= 0) expect(lastFound).toBeLessThan(firstLogged)
        }
      ),
      { numRuns: 300 }
    )
  })
})
