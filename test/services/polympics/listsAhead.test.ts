import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Polympics from "effect-herald/polympics"
import { nobody } from "./support/callers.js"
import { inProcess, settle } from "./support/inProcess.js"
import { page, teams } from "./support/wire.js"

/** A server of ten pages of two, each of which comes when it is let go. */
const held = Effect.gen(function* () {
  const gates = yield* Effect.forEach(Array.from({ length: 10 }), () => Deferred.make<void>())
  const numberOf = (target: string) => Number(new URL(target, "http://localhost").searchParams.get("page"))
  const http = inProcess(({ target }) => {
    const gate = gates[numberOf(target)]
    const answer = Effect.sync(() => page(teams(20), target))
    return gate === undefined ? answer : Effect.zipRight(Deferred.await(gate), answer)
  })
  return {
    layer: Layer.merge(nobody("https://polympics.test"), http.layer),
    inFlight: http.inFlight,
    asked: () => http.sent.map(({ target }) => numberOf(target)),
    interrupted: () => http.interrupted.map(numberOf).sort((a, b) => a - b),
    /** Lets these pages come, in this order, and waits until nothing moves any more. */
    let: (...pages: ReadonlyArray<number>) =>
      Effect.forEach(pages, (number) =>
        Effect.zipRight(
          Effect.flatMap(Effect.fromNullable(gates[number]), (gate) => Deferred.succeed(gate, undefined)),
          settle
        )
      )
  }
})

describe("pages ahead of the reader", () => {
  it.scoped.each([0, 1, 2, 5])("are %s, and never more", (ahead) =>
    Effect.gen(function* () {
      const server = yield* held
      const pull = yield* Effect.provide(Stream.toPull(Polympics.listTeams.pages({ pageSize: 2, ahead })), server.layer)
      const next = pull.pipe(
        Effect.map((pages) => Chunk.toReadonlyArray(pages).map(({ page }) => page)),
        Effect.provide(server.layer),
        Effect.fork
      )

      const first = yield* next
      yield* settle
      expect(server.asked()).toEqual([0])
      yield* server.let(0)
      expect(yield* Fiber.join(first)).toEqual([0])
      const soFar = Array.from({ length: 1 + ahead }, (_, index) => index)
      expect(server.asked()).toEqual(soFar)
      expect(server.inFlight()).toBe(ahead)

      const second = yield* next
      yield* settle
      yield* server.let(1)
      expect(yield* Fiber.join(second)).toEqual([1])
      expect(server.asked()).toEqual([...soFar, 1 + ahead])
      expect(server.inFlight()).toBe(ahead)
    })
  )

  it.scoped("come side by side, and are read in order", () =>
    Effect.gen(function* () {
      const server = yield* held
      const seen: Array<number> = []
      const reader = yield* Polympics.listTeams({ pageSize: 2, ahead: 3 }).pipe(
        Stream.runForEach(({ id }) => Effect.sync(() => seen.push(id))),
        Effect.provide(server.layer),
        Effect.fork
      )
      yield* settle
      yield* server.let(0)
      expect(server.inFlight()).toBe(3)
      yield* server.let(3, 2)
      expect(seen).toEqual([1, 2])
      expect(server.inFlight()).toBe(1)
      yield* server.let(1)
      expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
      yield* server.let(9, 8, 7, 6, 5, 4)
      yield* Fiber.join(reader)
      expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
      expect(server.asked()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    })
  )

  it.scoped("are none after the last", () =>
    Effect.gen(function* () {
      const server = yield* held
      yield* server.let(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
      yield* Effect.provide(Stream.runDrain(Polympics.listTeams({ pageSize: 2, ahead: 100 })), server.layer)
      expect(server.asked()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    })
  )

  it.scoped("are given up when the reader is interrupted", () =>
    Effect.gen(function* () {
      const server = yield* held
      const reader = yield* Effect.fork(
        Effect.provide(Stream.runDrain(Polympics.listTeams({ pageSize: 2, ahead: 3 })), server.layer)
      )
      yield* settle
      yield* server.let(0)
      yield* Fiber.interrupt(reader)
      yield* settle
      expect(server.interrupted()).toEqual([1, 2, 3])
      expect(server.inFlight()).toBe(0)
      expect(server.asked()).toEqual([0, 1, 2, 3])
    })
  )

  it.scoped("are given up when the reader has enough", () =>
    Effect.gen(function* () {
      const server = yield* held
      yield* server.let(0)
      yield* Effect.provide(
        Stream.runDrain(Stream.take(Polympics.listTeams({ pageSize: 2, ahead: 2 }), 1)),
        server.layer
      )
      yield* settle
      expect(server.inFlight()).toBe(0)
      expect(server.asked()).toEqual([0, 1, 2])
    })
  )
})

describe("a list without pages ahead", () => {
  it.scoped("gives up the page that it waits for when its reader is interrupted", () =>
    Effect.gen(function* () {
      const server = yield* held
      const reader = yield* Effect.fork(
        Effect.provide(Stream.runDrain(Polympics.listTeams({ pageSize: 2 })), server.layer)
      )
      yield* settle
      yield* server.let(0)
      yield* Fiber.interrupt(reader)
      expect(server.interrupted()).toEqual([1])
      expect(server.asked()).toEqual([0, 1])
    })
  )
})
