import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Polympics from "effect-herald/polympics"
import { anonymous } from "./support/callers.js"
import { inProcess, settle } from "../../support/inProcess.js"
import { page, teams } from "./support/wire.js"

/** A server with ten pages of two items, of which each is sent when it is released. */
const heldServer = Effect.gen(function* () {
  const gates = yield* Effect.forEach(Array.from({ length: 10 }), () => Deferred.make<void>())
  const numberOf = (target: string) => Number(new URL(target, "http://localhost").searchParams.get("page"))
  const http = inProcess(({ target }) => {
    const gate = gates[numberOf(target)]
    const response = Effect.sync(() => page(teams(20), target))
    return gate === undefined ? response : Effect.zipRight(Deferred.await(gate), response)
  })
  return {
    layer: Layer.merge(anonymous("https://polympics.test"), http.layer),
    inFlight: http.inFlight,
    requested: () => http.sent.map(({ target }) => numberOf(target)),
    interrupted: () => http.interrupted.map(numberOf).sort((a, b) => a - b),
    /** Sends these pages, in this order, and runs other fibers after each. */
    release: (...pages: ReadonlyArray<number>) =>
      Effect.forEach(pages, (number) =>
        Effect.zipRight(
          Effect.flatMap(Effect.fromNullable(gates[number]), (gate) => Deferred.succeed(gate, undefined)),
          settle
        )
      )
  }
})

describe("pages ahead of the reader", () => {
  it.scoped.each([0, 1, 2, 5])("are requested: %s, and never more", (ahead) =>
    Effect.gen(function* () {
      const server = yield* heldServer
      const pull = yield* Effect.provide(
        Stream.toPull(Polympics.listTeams.with({ ahead }).pages({ pageSize: 2 })),
        server.layer
      )
      const next = pull.pipe(
        Effect.map((pages) => Chunk.toReadonlyArray(pages).map(({ position }) => position)),
        Effect.provide(server.layer),
        Effect.fork
      )

      const first = yield* next
      yield* settle
      expect(server.requested()).toEqual([0])
      yield* server.release(0)
      expect(yield* Fiber.join(first)).toEqual([0])
      const expected = Array.from({ length: 1 + ahead }, (_, index) => index)
      expect(server.requested()).toEqual(expected)
      expect(server.inFlight()).toBe(ahead)

      const second = yield* next
      yield* settle
      yield* server.release(1)
      expect(yield* Fiber.join(second)).toEqual([1])
      expect(server.requested()).toEqual([...expected, 1 + ahead])
      expect(server.inFlight()).toBe(ahead)
    })
  )

  it.scoped("are requested concurrently, and read in order", () =>
    Effect.gen(function* () {
      const server = yield* heldServer
      const seen: Array<number> = []
      const reader = yield* Polympics.listTeams
        .with({ ahead: 3 })({ pageSize: 2 })
        .pipe(
          Stream.runForEach(({ id }) => Effect.sync(() => seen.push(id))),
          Effect.provide(server.layer),
          Effect.fork
        )
      yield* settle
      yield* server.release(0)
      expect(server.inFlight()).toBe(3)
      yield* server.release(3, 2)
      expect(seen).toEqual([1, 2])
      expect(server.inFlight()).toBe(1)
      yield* server.release(1)
      expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
      yield* server.release(9, 8, 7, 6, 5, 4)
      yield* Fiber.join(reader)
      expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
      expect(server.requested()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    })
  )

  it.scoped("are not requested after the last one", () =>
    Effect.gen(function* () {
      const server = yield* heldServer
      yield* server.release(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
      yield* Effect.provide(Stream.runDrain(Polympics.listTeams.with({ ahead: 100 })({ pageSize: 2 })), server.layer)
      expect(server.requested()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    })
  )

  it.scoped("are interrupted with the reader", () =>
    Effect.gen(function* () {
      const server = yield* heldServer
      const reader = yield* Effect.fork(
        Effect.provide(Stream.runDrain(Polympics.listTeams.with({ ahead: 3 })({ pageSize: 2 })), server.layer)
      )
      yield* settle
      yield* server.release(0)
      yield* Fiber.interrupt(reader)
      yield* settle
      expect(server.interrupted()).toEqual([1, 2, 3])
      expect(server.inFlight()).toBe(0)
      expect(server.requested()).toEqual([0, 1, 2, 3])
    })
  )

  it.scoped("are interrupted once the reader stops", () =>
    Effect.gen(function* () {
      const server = yield* heldServer
      yield* server.release(0)
      yield* Effect.provide(
        Stream.runDrain(Stream.take(Polympics.listTeams.with({ ahead: 2 })({ pageSize: 2 }), 1)),
        server.layer
      )
      yield* settle
      expect(server.inFlight()).toBe(0)
      expect(server.requested()).toEqual([0, 1, 2])
    })
  )
})

describe("a list without pages ahead", () => {
  it.scoped("interrupts the request of a page with its reader", () =>
    Effect.gen(function* () {
      const server = yield* heldServer
      const reader = yield* Effect.fork(
        Effect.provide(Stream.runDrain(Polympics.listTeams({ pageSize: 2 })), server.layer)
      )
      yield* settle
      yield* server.release(0)
      yield* Fiber.interrupt(reader)
      expect(server.interrupted()).toEqual([1])
      expect(server.requested()).toEqual([0, 1])
    })
  )
})
