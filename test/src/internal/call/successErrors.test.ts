import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Authoriser, detailsOf, Endpoint, Operation } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { at, Caller, once, status, stub } from "../../../support/kit.js"

class NotReady extends Schema.TaggedError<NotReady>()("NotReady", { job: Schema.String }) {}

const Report = Schema.Struct({ rows: Schema.Int })
const baseUrl = new URL("https://api.test")

const getReport = Operation.make(Caller, () =>
  Endpoint.get("/report", { success: { 200: Report }, errors: { 202: NotReady, "2XX": Endpoint.errorAs("Conflict") } })
)

const notReady = status(202, { "retry-after": "60" }, `{"job":"7"}`)

describe("a 2xx that is declared as an error", () => {
  it.effect("is that error, and ends the call", () =>
    Effect.gen(function* () {
      const { layer, requests } = stub([notReady])
      const error = yield* Effect.flip(getReport()).pipe(Effect.provide(Layer.merge(at(baseUrl), layer)))
      expect(error).toBeInstanceOf(NotReady)
      expect(error).toMatchObject({ job: "7" })
      expect(detailsOf(error)).toMatchObject({
        status: 202,
        attempts: [{ number: 1, class: "Final", verdict: "final" }]
      })
      expect(requests).toHaveLength(1)
    })
  )

  it.effect("leaves the other statuses as they are: by their number, their class, and the success", () =>
    Effect.gen(function* () {
      const outcomeOf = (...[code, body]: [number, string]) =>
        Effect.either(getReport()).pipe(
          Effect.provide(Layer.mergeAll(at(baseUrl), once, stub([status(code, {}, body)]).layer))
        )
      expect(yield* outcomeOf(200, `{"rows":1}`)).toMatchObject({ right: { rows: 1 } })
      expect(yield* outcomeOf(203, `{"rows":1}`)).toMatchObject({ left: { _tag: "Conflict", status: 203 } })
      expect(yield* outcomeOf(204, "")).toMatchObject({ left: { _tag: "Conflict", status: 204 } })
      expect(yield* outcomeOf(404, "")).toMatchObject({ left: { _tag: "NotFound" } })
    })
  )

  it.effect("with another body does not match the endpoint", () =>
    Effect.gen(function* () {
      const layer = Layer.mergeAll(at(baseUrl), once, stub([status(202, {}, `{"id":1}`)]).layer)
      expect(yield* Effect.flip(Effect.provide(getReport(), layer))).toMatchObject({
        _tag: "DecodeError",
        reason: "Shape",
        status: 202,
        issues: [{ path: ["job"], message: "is missing" }]
      })
    })
  )

  it.live("is not stored, whatever its headers and the lifetime of the program say", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const headers = { "cache-control": "max-age=3600" }
        const server = yield* Scripted.make([
          Scripted.json({ job: "7" }, { status: 202, headers }),
          Scripted.json({}, { status: 203, headers }),
          Scripted.json({ rows: 2 }, { headers })
        ])
        const layer = Layer.effect(Caller, Authoriser.make({ baseUrl: server.url })).pipe(
          Layer.provide(HttpCache.layerMemory({ lifetime: () => "1 hour" })),
          Layer.provideMerge(client)
        )
        yield* Effect.gen(function* () {
          expect((yield* Effect.flip(getReport()))._tag).toBe("NotReady")
          expect((yield* Effect.flip(getReport()))._tag).toBe("Conflict")
          expect(yield* getReport()).toEqual({ rows: 2 })
          expect(yield* getReport()).toEqual({ rows: 2 })
          expect(server.requests).toHaveLength(3)
        }).pipe(Effect.provide(layer))
      })
    )
  )
})

describe("a declared error for any body", () => {
  it.effect("is not said to differ from the others of its status", () =>
    Effect.gen(function* () {
      const messageOf = (endpoint: () => Endpoint.Endpoint<{}, void, NotReady>) =>
        Effect.flip(Operation.make(Caller, endpoint)()).pipe(
          Effect.provide(Layer.mergeAll(at(baseUrl), once, stub([status(400, {}, `{"a":["No."]}`)]).layer)),
          Effect.map(String)
        )
      const hint = "the body does not match a declared error"
      expect(yield* messageOf(() => Endpoint.get("/", { errors: { 400: NotReady } }))).toContain(hint)
      const withOther = () => Endpoint.get("/", { errors: { 400: [NotReady, Endpoint.errorAs("BadRequest")] } })
      expect(yield* messageOf(withOther)).not.toContain(hint)
    })
  )
})
