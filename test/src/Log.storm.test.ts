import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SqliteLogStore } from "effect-herald/sqlite"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runStorm } from "../support/logStorm.js"

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-herald-storm-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

describe("the log shipper and a server that fails in all ways", () => {
  it.live.each([
    { name: "in batches", plan: { records: 3000, batch: 20 } },
    { name: "one by one", plan: { records: 300 } }
  ] as const)("keeps its promises $name", ({ plan }) =>
    Effect.gen(function* () {
      const { broken, row } = yield* runStorm(plan)
      expect(broken, JSON.stringify(row)).toEqual([])
      expect(row.doubled).toBeGreaterThan(0)
    })
  )

  it.scopedLive("keeps its promises with the queue on disk", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const store = SqliteLogStore.layer({ file: join(directory, "logs.db") })
      const { broken, row } = yield* runStorm({ records: 3000, batch: 20 }, store)
      expect(broken, JSON.stringify(row)).toEqual([])
    })
  )
})
