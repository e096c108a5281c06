import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { Operation, RetryPolicy } from "effect-herald"
import * as Scripted from "../../servers/scripted.js"
import { at, Caller, clients, once, thing } from "../kit.js"

const text = '{"ok":true}'
const soon = Layer.succeed(
  RetryPolicy.Current,
  RetryPolicy.make({ schedule: Schedule.recurs(3), repeats: ({ status }) => status === undefined })
)

describe.each(clients)("connections, by %s", (_, client) => {
  const connections = ({ requests }: Scripted.Scripted) => new Set(requests.map(({ connection }) => connection)).size

  it.scopedLive.each([
    ["with a length", Scripted.answer({ body: text })],
    ["in pieces", Scripted.chunked(['{"ok":', "true}"])],
    ["refusals", Scripted.answer({ status: 404, body: "no" })],
    ["refusals without a body", Scripted.answer({ status: 404, headers: { "content-length": "0" } })]
  ] as const)("few do for many answers, one after another: %s", ([, behaviour]) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([behaviour])
      yield* Effect.replicateEffect(Effect.either(thing()), 20).pipe(
        Effect.provide(Layer.mergeAll(at(server.url), once, client))
      )
      expect(server.requests).toHaveLength(20)
      // The next request may begin before the client has seen that the last one's connection is free.
      expect(connections(server)).toBeLessThan(4)
    })
  )

  // The server closes the connection while the client still believes in it, or learns of it in the midst of writing.
  it.scopedLive("a GET survives a server that drops the connection after an answer without a word", () =>
    Effect.gen(function* () {
      const failing = Scripted.thenDrop(Scripted.answer({ status: 500, body: "oops" }))
      const { requests, url } = yield* Scripted.make((_, index) =>
        index % 2 === 0 ? failing : Scripted.answer({ body: text })
      )
      const calls = Effect.gen(function* () {
        const refused = yield* Effect.flip(thing())
        return [refused._tag, yield* thing()]
      })
      for (let round = 0; round < 10; round += 1) {
        const before = requests.length
        expect(yield* Effect.provide(calls, Layer.mergeAll(at(url), soon, client))).toEqual([
          "ServerError",
          { ok: true }
        ])
        expect(requests.length - before).toBe(2)
      }
    })
  )

  it.scopedLive("a POST on such a connection arrives once, or its failure is told", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make((_, index) =>
        index === 0 ? Scripted.thenDrop(Scripted.answer({ status: 500 })) : Scripted.answer({ body: text })
      )
      yield* Effect.gen(function* () {
        yield* Effect.flip(thing("POST"))
        const second = yield* Effect.either(thing("POST"))
        if (second._tag === "Left") expect(second.left._tag).toBe("TransportError")
        expect(requests.length).toBe(second._tag === "Left" ? 1 : 2)
      }).pipe(Effect.provide(Layer.mergeAll(at(url), soon, client)))
    })
  )

  it.scopedLive("a request that a dying connection took is repeated if that is safe, and not if it is not", () =>
    Effect.gen(function* () {
      const script: Scripted.Script = (_, index) =>
        [Scripted.answer({ body: text }), Scripted.reset][index] ?? Scripted.answer({ body: text })
      const twice = (call: ReturnType<typeof thing>) =>
        Effect.gen(function* () {
          const { requests, url } = yield* Scripted.make(script)
          const results = yield* Effect.forEach([1, 2], () => Effect.either(call)).pipe(
            Effect.provide(Layer.mergeAll(at(url), soon, client))
          )
          return [requests.length, results[1]?._tag] as const
        })
      expect(yield* twice(thing())).toEqual([3, "Right"])
      expect(yield* twice(thing("POST"))).toEqual([2, "Left"])
      expect(yield* twice(thing("POST", { idempotent: true }))).toEqual([3, "Right"])
    })
  )

  it.scopedLive("two hundred calls at once each have their own answer", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make(({ target }) => Scripted.answer({ body: JSON.stringify(target) }))
      const echo = Operation.make(
        Caller,
        () =>
          HttpApiEndpoint.get("echo", "/:n")
            .setPath(Schema.Struct({ n: Schema.String }))
            .addSuccess(Schema.String),
        (n: number) => ({ path: { n: `${n}` } })
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
