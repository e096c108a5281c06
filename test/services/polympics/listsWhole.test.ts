import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Polympics from "effect-herald/polympics"
import { nobody } from "./support/callers.js"
import { inProcess } from "./support/inProcess.js"
import { page, teams } from "./support/wire.js"

describe("a list", () => {
  it.effect.prop(
    "gives what is there, all of it, once and in order, whatever the sizes",
    {
      count: FastCheck.integer({ min: 0, max: 120 }),
      pageSize: FastCheck.integer({ min: 1, max: 50 }),
      firstPage: FastCheck.integer({ min: 0, max: 3 }),
      ahead: FastCheck.integer({ min: 0, max: 4 })
    },
    ({ ahead, count, firstPage, pageSize }) => {
      const items = teams(count)
      const http = inProcess(({ target }) => page(items, target))
      return Effect.gen(function* () {
        const list = yield* Stream.runCollect(Polympics.listTeams({ pageSize, firstPage, ahead }))
        const there = items.slice(firstPage * pageSize).map(({ id }) => id)
        expect(Chunk.toReadonlyArray(list).map(({ id }) => id)).toEqual(there)
        expect(http.sent.length).toBe(Math.max(1, Math.ceil(there.length / pageSize)))
      }).pipe(Effect.provide(Layer.merge(nobody("https://polympics.test"), http.layer)))
    },
    60_000
  )
})
