import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Polympics from "effect-herald/polympics"
import { anonymous } from "./support/callers.js"
import { inProcess } from "../../support/inProcess.js"
import { page, teams } from "./support/wire.js"

describe("a list", () => {
  it.effect.prop(
    "has all items, once and in order, for any sizes",
    {
      count: FastCheck.integer({ min: 0, max: 120 }),
      pageSize: FastCheck.integer({ min: 1, max: 50 }),
      from: FastCheck.integer({ min: 0, max: 3 }),
      ahead: FastCheck.integer({ min: 0, max: 4 })
    },
    ({ ahead, count, from, pageSize }) => {
      const items = teams(count)
      const http = inProcess(({ target }) => page(items, target))
      return Effect.gen(function* () {
        const list = yield* Stream.runCollect(Polympics.listTeams.with({ from, ahead })({ pageSize }))
        const expected = items.slice(from * pageSize).map(({ id }) => id)
        expect(Chunk.toReadonlyArray(list).map(({ id }) => id)).toEqual(expected)
        expect(http.sent.length).toBe(Math.max(1, Math.ceil(expected.length / pageSize)))
      }).pipe(Effect.provide(Layer.merge(anonymous("https://polympics.test"), http.layer)))
    },
    60_000
  )
})
