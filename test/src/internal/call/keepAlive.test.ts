import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { Endpoint, Operation, RetryPolicy } from "effect-herald"
import * as Scripted from "../../../servers/scripted.js"
import { clients } from "../../../support/clients.js"
import { at, Caller, once, thing } from "../../../support/kit.js"

const text = '{"ok":true}'
const retrying = Layer.succeed(
  RetryPolicy.Current,
  RetryPolicy.make({ schedule: Schedule.recurs(3), retries: ({ status }) => status === undefined })
)

describe.each(clients)("connections, with %s", (_, client) => {
  const connections = ({ requests }: Scripted.Scripted) => new Set(requests.map(({ connection }) => connection)).size

  it.scopedLive.each([
    ["with a length", Scripted.respond({ body: text })],
    ["chunked", Scripted.chunked(['{"ok":', "true}"])],
    ["errors", Scripted.respond({ status: 404, body: "no" })],
    ["errors without a body", Scripted.respond({ status: 404, headers: { "content-length": "0" } })]
  ] as const)("are reused by calls that follow one another: %s", ([, behaviour]) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([behaviour])
      yield* Effect.replicateEffect(Effect.either(thing()), 20).pipe(
        Effect.provide(Layer.mergeAll(at(server.url), once, client))
      )
      expect(server.requests).toHaveLength(20)
      // The next request may begin before the client notices that the last connection is free.
      expect(connections(server)).toBeLessThan(4)
    })
  )

  // The client may notice that the connection is closed only while it writes the next request.
  it.scopedLive("that the server drops after a response do not fail the next GET", () =>
    Effect.gen(function* () {
      const failing = Scripted.thenDrop(Scripted.respond({ status: 500, body: "oops" }))
      const { requests, url } = yield* Scripted.make((_, index) =>
        index % 2 === 0 ? failing : Scripted.respond({ body: text })
      )
      const calls = Effect.gen(function* () {
        const failed = yield* Effect.flip(thing())
        return [failed._tag, yield* thing()]
      })
      for (let round = 0; round < 10; round += 1) {
        const before = requests.length
        expect(yield* Effect.provide(calls, Layer.mergeAll(at(url), retrying, client))).toEqual([
          "ServerError",
          { ok: true }
        ])
        expect(requests.length - before).toBe(2)
      }
    })
  )

  it.scopedLive("that the server drops after a response make the next POST succeed once or fail, never repeat", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make((_, index) =>
        index === 0 ? Scripted.thenDrop(Scripted.respond({ status: 500 })) : Scripted.respond({ body: text })
      )
      yield* Effect.gen(function* () {
        yield* Effect.flip(thing("POST"))
        const second = yield* Effect.either(thing("POST"))
        if (second._tag === "Left") expect(second.left._tag).toBe("TransportError")
        expect(requests.length).toBe(second._tag === "Left" ? 1 : 2)
      }).pipe(Effect.provide(Layer.mergeAll(at(url), retrying, client)))
    })
  )

  it.scopedLive("that break within a request have it retried if it is idempotent, and only then", () =>
    Effect.gen(function* () {
      const script: Scripted.Script = (_, index) =>
        [Scripted.respond({ body: text }), Scripted.reset][index] ?? Scripted.respond({ body: text })
      const twice = (call: ReturnType<typeof thing>) =>
        Effect.gen(function* () {
          const { requests, url } = yield* Scripted.make(script)
          const results = yield* Effect.forEach([1, 2], () => Effect.either(call)).pipe(
            Effect.provide(Layer.mergeAll(at(url), retrying, client))
          )
          return [requests.length, results[1]?._tag] as const
        })
      expect(yield* twice(thing())).toEqual([3, "Right"])
      expect(yield* twice(thing("POST"))).toEqual([2, "Left"])
      expect(yield* twice(thing("POST", { idempotent: true }))).toEqual([3, "Right"])
    })
  )

  it.scopedLive("of 200 concurrent calls return each call its own response", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make(({ target }) => Scripted.respond({ body: JSON.stringify(target) }))
      const echo = Operation.make(
        Caller,
        () => Endpoint.get("/{n}", { success: Schema.String }),
        (n: number) => ({ n })
      )
      const numbers = Array.from({ length: 200 }, (_, n) => n)
      const results = yield* Effect.forEach(numbers, echo, { concurrency: "unbounded" }).pipe(
        Effect.provide(Layer.mergeAll(at(url), once, client))
      )
      expect(results).toEqual(numbers.map((n) => `/${n}`))
      expect(requests).toHaveLength(200)
    })
  )
})
