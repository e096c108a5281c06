import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SqliteLogStore } from "effect-herald/sqlite"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { recordedConsole } from "../support/log.js"
import { runStorm } from "../support/logStorm.js"

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-herald-storm-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Keeps the lines about outages from the console. */
const quietly = Effect.provide(recordedConsole().layer)

describe("the log shipper and a server that fails in all ways", () => {
  it.live.each([
    { name: "in batches", plan: { records: 3000, batch: 20 } },
    { name: "one by one", plan: { records: 300 } },
    { name: "with a full queue", plan: { records: 1000, batch: 5, capacity: 20, whenFull: "wait" } },
    ...(["drop-oldest", "drop-newest"] as const).map((whenFull) => ({
      name: `with a full queue: ${whenFull}`,
      plan: { records: 4500, batch: 5, capacity: 20, burst: 180, whenFull }
    }))
  ] as const)("keeps its promises $name", ({ plan }) =>
    Effect.gen(function* () {
      const { broken, row } = yield* quietly(runStorm(plan))
      expect(broken, JSON.stringify(row)).toEqual([])
      expect(row.doubled).toBeGreaterThan(0)
    })
  )

  it.scopedLive.each([
    { records: 3000 },
    { records: 5000, capacity: 60, burst: 150, whenFull: "drop-oldest" },
    { records: 5000, capacity: 60, burst: 150, whenFull: "drop-newest" }
  ] as const)("keeps its promises with the queue on disk: %o", (plan) =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const store = SqliteLogStore.layer({ file: join(directory, "logs.db") })
      const { broken, row } = yield* quietly(runStorm({ ...plan, batch: 20 }, store))
      expect(broken, JSON.stringify(row)).toEqual([])
    })
  )
})
