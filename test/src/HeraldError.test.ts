import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { inspect } from "node:util"
import * as Herald from "effect-herald"
import { Credentials, detailsOf, Endpoint, isHeraldError, isTransient, Operation, RetryPolicy } from "effect-herald"
import { at, broken, Caller, elapsing, Ok, once, status, type Step, stub } from "../support/kit.js"

const baseUrl = new URL("https://api.test")

class NoSuchCity extends Schema.TaggedError<NoSuchCity>()("NoSuchCity", { city: Schema.String }) {}
class OwnTimeout extends Schema.TaggedError<OwnTimeout>()("TimeoutError", { minutes: Schema.Number }) {}
class Busy extends Schema.TaggedError<Busy>()("Busy", { detail: Schema.String }) {}
const Problem = Schema.Struct({ _tag: Schema.tag("Problem"), code: Schema.Int })
const Locked = Schema.transform(Schema.Struct({ until: Schema.String }), Schema.Any, {
  decode: ({ until }): unknown => Object.freeze({ _tag: "Locked", until }),
  encode: (locked: { readonly until: string }) => locked
}) as Schema.Schema<{ readonly _tag: "Locked"; readonly until: string }, { readonly until: string }>

const getForecast = Operation.make(Caller, () =>
  Endpoint.get("/forecast/{city}", {
    name: "getForecast",
    success: Ok,
    errors: { 404: NoSuchCity, 410: OwnTimeout, 409: NoSuchCity, 422: Problem, 423: Locked, 503: Busy }
  })
)

/** The error of a call whose requests take these steps. */
const failure = (steps: ReadonlyArray<() => Step>, policy: RetryPolicy.RetryPolicy = RetryPolicy.none) =>
  Effect.flip(getForecast({ city: "Nowhere" })).pipe(
    Effect.provideService(RetryPolicy.Current, policy),
    Effect.provide(Layer.merge(at(baseUrl), stub(steps).layer)),
    elapsing
  )

const json = (code: number, body: unknown, headers: Record<string, string> = {}) =>
  status(code, { "content-type": "application/json", ...headers }, JSON.stringify(body))

const details = {
  message: "it failed",
  operation: "op",
  method: "GET",
  url: "https://api.test/",
  attempts: []
} as const

/** One error of each class of the built-in family. */
const family: ReadonlyArray<readonly [tag: string, error: Herald.HeraldError]> = (
  [
    new Herald.EncodeError({ ...details, issues: [] }),
    new Herald.NotSent(details),
    new Herald.TransportError({ ...details, reason: "ECONNRESET" }),
    new Herald.TimeoutError({ ...details, reason: "deadline" }),
    new Herald.DecodeError({ ...details, reason: "Json", issues: [] }),
    new Herald.BadRequest({ ...details, status: 400, issues: [] }),
    new Herald.Unauthorized({ ...details, status: 401, issues: [] }),
    new Herald.Forbidden({ ...details, status: 403, issues: [] }),
    new Herald.NotFound({ ...details, status: 404, issues: [] }),
    new Herald.Conflict({ ...details, status: 409, issues: [] }),
    new Herald.PreconditionFailed({ ...details, status: 412, issues: [] }),
    new Herald.PreconditionRequired({ ...details, status: 428, issues: [] }),
    new Herald.UnprocessableContent({ ...details, status: 422, issues: [] }),
    new Herald.RateLimited({ ...details, status: 429, issues: [] }),
    new Herald.ClientError({ ...details, status: 418, issues: [] }),
    new Herald.ServerError({ ...details, status: 501, issues: [] }),
    new Herald.AuthoriserError({ ...details, reason: "Refused" }),
    new Herald.PaginationError({ ...details, page: 1, reason: "SamePage" })
  ] as const
).map((error) => [error._tag, error])

describe("isHeraldError", () => {
  it.each(family)("is true for %s", (_, error) => {
    expect(isHeraldError(error)).toBe(true)
  })

  it.effect("is true for the errors of calls, and false for declared ones", () =>
    Effect.gen(function* () {
      expect(isHeraldError(yield* failure([status(403)]))).toBe(true)
      expect(isHeraldError(yield* failure([json(404, { city: "Nowhere" })]))).toBe(false)
    })
  )

  it.each([
    ["undefined", undefined],
    ["null", null],
    ["a text", "NotFound"],
    ["an Error", new Error("NotFound")],
    ["another tagged error", new NoSuchCity({ city: "a" })],
    ["an error of the same tag without attempts", { _tag: "NotFound", message: "no" }],
    ["an error whose attempts are no list", { _tag: "NotFound", attempts: 3 }],
    ["a tag that is no text", { _tag: 404, attempts: [] }],
    ["a tag that every object has as a property", { _tag: "constructor", attempts: [] }]
  ])("is false for %s", (_, value) => {
    expect(isHeraldError(value)).toBe(false)
  })
})

describe("isTransient", () => {
  const transient = ["NotSent", "TransportError", "TimeoutError", "RateLimited"]

  it.each(family)("judges %s by its tag, or else by its status", (tag, error) => {
    expect(isTransient(error)).toBe(transient.includes(tag))
  })

  it.effect("judges the errors of calls", () =>
    Effect.gen(function* () {
      for (const steps of [[broken("ECONNRESET")], [broken("UND_ERR_HEADERS_TIMEOUT")], [status(429)]]) {
        expect(isTransient(yield* failure(steps))).toBe(true)
      }
      for (const code of [408, 425, 500, 502, 503, 504, 507, 509, 520, 524, 527, 529, 530, 599]) {
        expect([code, isTransient(yield* failure([status(code)]))]).toEqual([code, true])
      }
      for (const code of [200, 302, 399, 400, 401, 403, 404, 409, 413, 418, 422, 499, 501, 505, 506, 508, 510, 511]) {
        expect([code, isTransient(yield* failure([status(code, {}, "no")]))]).toEqual([code, false])
      }
    })
  )

  it.effect("judges declared errors by their status", () =>
    Effect.gen(function* () {
      const busy = yield* failure([json(503, { detail: "later" })])
      expect(busy).toBeInstanceOf(Busy)
      expect(isTransient(busy)).toBe(true)
      expect(isTransient(yield* failure([json(404, { city: "a" })]))).toBe(false)
      expect(isTransient(yield* failure([json(422, { code: 1 })]))).toBe(false)
    })
  )

  it.effect("judges a declared error by its status, even if its tag is one of the built-in family", () =>
    Effect.gen(function* () {
      const error = yield* failure([json(410, { minutes: 3 })])
      expect(error).toBeInstanceOf(OwnTimeout)
      expect([isHeraldError(error), isTransient(error), detailsOf(error)?.status]).toEqual([false, false, 410])
    })
  )

  it("is false for anything else", () => {
    for (const value of [
      undefined,
      null,
      "TimeoutError",
      new Error("no"),
      { _tag: "TransportError" },
      { status: 503 }
    ]) {
      expect(isTransient(value)).toBe(false)
    }
    expect(isTransient(new NoSuchCity({ city: "a" }))).toBe(false)
  })
})

describe("detailsOf", () => {
  it.each(family)("is %s itself", (_, error) => {
    expect(detailsOf(error)).toBe(error)
  })

  it.effect("has the details of the call of a declared error, with all its attempts", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.make({ schedule: Schedule.recurs(3), retries: () => true })
      const error = yield* failure(
        [broken("ECONNREFUSED"), status(503), json(404, { city: "Nowhere" }, { "x-request-id": "r1" })],
        policy
      )
      expect(error).toBeInstanceOf(NoSuchCity)
      expect(detailsOf(error)).toMatchObject({
        message: "getForecast: NoSuchCity (404) (GET https://api.test/forecast/{city}, 3 attempts)",
        operation: "getForecast",
        method: "GET",
        url: "https://api.test/forecast/{city}",
        status: 404,
        requestId: "r1",
        body: '{"city":"Nowhere"}',
        attempts: [
          { number: 1, reason: "ECONNREFUSED", class: "NotSent", verdict: "retried" },
          { number: 2, reason: "503", class: "Ambiguous", verdict: "retried" },
          { number: 3, reason: "404", class: "Final", verdict: "final" }
        ]
      })
    })
  )

  it.effect("is of each call its own", () =>
    Effect.gen(function* () {
      const first = yield* failure([json(404, { city: "a" })])
      const second = yield* failure([json(409, { city: "a" })])
      expect([detailsOf(first)?.status, detailsOf(second)?.status]).toEqual([404, 409])
    })
  )

  it.effect("changes neither the fields nor the JSON of a declared error", () =>
    Effect.gen(function* () {
      const error = yield* failure([json(422, { code: 3 })])
      expect(error).toEqual({ _tag: "Problem", code: 3 })
      expect(JSON.stringify(error)).toBe('{"_tag":"Problem","code":3}')
      expect(detailsOf({ ...error })).toBeUndefined()
    })
  )

  it.effect.each([
    ["frozen", (error: object) => Object.freeze(error)],
    ["sealed", (error: object) => Object.seal(error)],
    ["not extensible", (error: object) => Object.preventExtensions(error)]
  ] as const)("has the details of each call of a declared error that is shared and %s", ([, protect]) =>
    Effect.gen(function* () {
      class Shared extends Schema.TaggedError<Shared>()("Shared", { until: Schema.String }) {
        get text() {
          return `until ${this.until}`
        }
      }
      const shared = new Shared({ until: "noon" })
      protect(shared)
      const schema = Schema.transform(Schema.Struct({ until: Schema.String }), Schema.typeSchema(Shared), {
        decode: () => shared,
        encode: ({ until }) => ({ until })
      })
      const call = Operation.make(Caller, () => Endpoint.get("/", { errors: { 423: schema, 503: schema } }))()
      const errorOf = (code: number) =>
        Effect.flip(call).pipe(
          Effect.provide(Layer.mergeAll(at(baseUrl), once, stub([json(code, { until: "noon" })]).layer))
        )
      const [locked, busy] = [yield* errorOf(423), yield* errorOf(503)]
      expect([detailsOf(locked)?.status, detailsOf(busy)?.status]).toEqual([423, 503])
      expect([isTransient(locked), isTransient(busy)]).toEqual([false, true])
      expect(detailsOf(shared)).toBeUndefined()
      if (locked._tag !== "Shared") throw new Error("not the declared error")
      expect(locked).toBeInstanceOf(Shared)
      expect(locked).toBeInstanceOf(Error)
      expect([locked._tag, locked.until, locked.text]).toEqual(["Shared", "noon", "until noon"])
      // It can be yielded.
      const yielded = Effect.gen(function* () {
        return yield* locked
      })
      expect(yield* Effect.flip(yielded)).toBe(locked)
    })
  )

  it.effect("has the details of a frozen record", () =>
    Effect.gen(function* () {
      const error = yield* failure([json(423, { until: "noon" }, { "x-request-id": "r1" })])
      expect(error).toEqual({ _tag: "Locked", until: "noon" })
      expect(JSON.stringify(error)).toBe('{"_tag":"Locked","until":"noon"}')
      expect(detailsOf(error)).toMatchObject({ status: 423, headers: { "x-request-id": "r1" } })
    })
  )

  it("is undefined for any other value", () => {
    for (const value of [undefined, null, "text", new Error("no"), new NoSuchCity({ city: "a" }), { attempts: [] }]) {
      expect(detailsOf(value)).toBeUndefined()
    }
  })
})

describe("a declared error", () => {
  const secret = "Kx7-hunter2-q9Z"
  const replacement = "<redacted: it repeats a secret of this call>"

  class Refused extends Schema.TaggedError<Refused>()("Refused", {
    detail: Schema.String,
    fields: Schema.Record({ key: Schema.String, value: Schema.Unknown })
  }) {}

  const signIn = Operation.make(Caller, () =>
    Endpoint.post("/sign-in", {
      headers: { "x-code": Schema.optional(Schema.Redacted(Schema.String)) },
      body: Schema.Struct({ password: Schema.Redacted(Schema.String) }),
      errors: { 403: Refused }
    })
  )

  const texts = (error: unknown) =>
    [error, detailsOf(error)].map(
      (value) => inspect(value, { depth: Infinity, showHidden: true }) + JSON.stringify(value)
    )

  it.effect("has no secret of the input or of the credentials that the server repeats", () =>
    Effect.gen(function* () {
      const password = Redacted.make(secret)
      const bearer = yield* Credentials.bearer(password)
      const other = { password: Redacted.make("other") }
      const cases = [
        [signIn({ body: { password } }), undefined],
        [signIn({ headers: { "x-code": password }, body: other }), undefined],
        [signIn({ body: other }), bearer]
      ] as const
      for (const [call, credentials] of cases) {
        const body = {
          detail: `it is not ${secret}`,
          fields: { password: [secret], [secret]: 1, code: 2, hint: "try again" }
        }
        const error = yield* Effect.flip(call).pipe(
          Effect.provide(Layer.mergeAll(at(baseUrl, { credentials }), once, stub([json(403, body)]).layer))
        )
        expect(error).toBeInstanceOf(Refused)
        expect(error).toMatchObject({
          detail: replacement,
          fields: { password: [replacement], [replacement]: 1, code: 2, hint: "try again" }
        })
        for (const text of texts(error)) expect(text).not.toContain(secret)
      }
    })
  )

  it.effect("that does not match is explained in the message of the other error, without a secret", () =>
    Effect.gen(function* () {
      const call = signIn({ body: { password: Redacted.make(secret) } })
      const messageOf = (step: () => Step) =>
        Effect.map(
          Effect.flip(Effect.provide(call, Layer.mergeAll(at(baseUrl), once, stub([step]).layer))),
          ({ message }) => message
        )
      expect(yield* messageOf(json(403, { detail: "no" }))).toContain(
        "forbidden, without credentials (403): no; the body does not match a declared error: fields: is missing"
      )
      const withSecret = yield* messageOf(status(403, { "content-type": `text/${secret}` }, "no JSON"))
      expect(withSecret).toContain(`the body does not match a declared error: ${replacement}`)
      expect(withSecret).not.toContain(secret)
    })
  )

  it.effect("keeps what the server sends where no secret is in it", () =>
    Effect.gen(function* () {
      const body = { detail: "wrong password", fields: { password: "is wrong" } }
      const error = yield* Effect.flip(signIn({ body: { password: Redacted.make(secret) } })).pipe(
        Effect.provide(Layer.mergeAll(at(baseUrl), once, stub([json(403, body)]).layer))
      )
      expect(error).toMatchObject(body)
    })
  )
})
