import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, Ref, Schema, TestClock } from "effect"
import * as fc from "effect/FastCheck"
import { Authoriser, Body, Credentials, Endpoint, Operation, RetryPolicy, Verbs } from "effect-herald"
import { Calls, Faults, TestApi } from "effect-herald/testing"
import * as Scripted from "../../servers/scripted.js"
import { client } from "../../support/client.js"

class Vault extends Authoriser.Tag("test/Calls/Vault")<Vault>() {}

const Ok = Schema.Struct({ ok: Schema.Boolean })

const getSecret = Operation.make(Vault, () =>
  Endpoint.get("/secrets/{name}", { query: { pin: Schema.Redacted(Schema.String) }, success: Ok })
)

const login = Operation.make(Vault, () =>
  Endpoint.post("/login", {
    body: Body.form({ user: Schema.String, password: Schema.Redacted(Schema.String) }),
    success: Ok
  })
)

const { get, post } = Verbs.make(Vault)

const ok = TestApi.layer(
  TestApi.handle(getSecret, () => Effect.succeed({ ok: true })),
  TestApi.handle(login, () => Effect.succeed({ ok: true })),
  TestApi.verbs(Vault).post("/{+any}", () => Effect.succeed({ ok: true }))
)

const vault = Vault.layer({
  baseUrl: "https://vault.test",
  credentials: Credentials.basic({ username: "me", password: Redacted.make("my password") }),
  headers: { "x-api-key": "of the API" }
})

const calls = <A>(use: (calls: Calls.CallsService) => A) => Effect.map(Calls.Calls, use)

describe("requests", () => {
  it.effect("have no secret in base64 with other text, nor one that the ends of lines split", () =>
    Effect.gen(function* () {
      const secret = "a secret of some length"
      const message = Buffer.from(`to: ${secret}.`).toString("base64")
      yield* post("/things", {
        query: { secret: Redacted.make(secret) },
        json: { message, lines: `to: ${secret.slice(0, 9)}\n${secret.slice(9)}`, kept: "to: you" }
      })
      const [request] = yield* Effect.flatten(calls(({ requests }) => requests()))
      expect(request?.json).toEqual({ message: "<redacted>", lines: "<redacted>", kept: "to: you" })
    }).pipe(Effect.provide(ok), Effect.provide(vault))
  )

  it.effect("have `<redacted>` in place of credentials and of secrets of the input", () =>
    Effect.gen(function* () {
      const password = Redacted.make("p&ss wörd")
      yield* login({ body: { user: "me", password } })
      yield* getSecret({ name: "a", pin: Redacted.make("1234") })
      yield* post("/things/{id}", {
        path: { id: Redacted.make("the/id") },
        json: { keep: "kept", deep: [{ pin: Redacted.make("99") }], text: "the/id and more" },
        headers: { "X-Custom": Redacted.make("custom secret") }
      })
      const requests = yield* Effect.flatten(calls(({ requests }) => requests()))
      expect(requests).toMatchObject([
        {
          method: "POST",
          path: "/login",
          headers: {
            authorization: "Basic <redacted>",
            "x-api-key": "<redacted>",
            "content-type": "application/x-www-form-urlencoded"
          },
          form: { user: "me", password: "<redacted>" }
        },
        { url: "https://vault.test/secrets/a?pin=<redacted>", query: { pin: "<redacted>" } },
        {
          path: "/things/<redacted>",
          headers: { "x-custom": "<redacted>" },
          json: { keep: "kept", deep: [{ pin: "<redacted>" }], text: "<redacted> and more" }
        }
      ])
    }).pipe(Effect.provide(ok), Effect.provide(vault))
  )

  it.effect("have none of the secrets, in any spelling", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.fullUnicodeString({ minLength: 4 }).filter((text) => text.isWellFormed() && text.trim() === text),
          fc.fullUnicodeString().filter((text) => text.isWellFormed()),
          async (secret, other) => {
            const value = Redacted.make(secret)
            const recorded = await Effect.runPromise(
              Effect.gen(function* () {
                const options = { query: { a: value, b: other + secret }, path: { id: value } }
                yield* Effect.ignore(post("/x/{id}", { ...options, json: { value, [`k${secret}`]: other + secret } }))
                yield* Effect.ignore(post("/x/{id}", { ...options, form: { value, other: secret + other } }))
                yield* Effect.ignore(post("/x/{id}", { ...options, text: secret + other, headers: { "x-a": "b" } }))
                const all = yield* Effect.flatten(calls(({ requests }) => requests()))
                // The rest is the same, whatever the secret is.
                return all.map(({ body, form, json, query, url }) => ({ body, form, json, query, url }))
              }).pipe(Effect.provide(ok), Effect.provide(vault))
            )
            const text = JSON.stringify(recorded)
            for (const spelling of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
              // A secret can be a part of the mark, of a name, or of the base URL.
              if (!text.includes(spelling)) continue
              expect(isPartOfOthers(spelling), text).toBe(true)
            }
          }
        ),
        { numRuns: 60 }
      )
    )
  )

  const isPartOfOthers = (spelling: string) =>
    '[{"body":"{\\"value\\":\\"<redacted>\\","form":{"value":"<redacted>","other":"json":{"query":{"a":"b":"url":"https://vault.test/x/<redacted>?a=<redacted>&b=<redacted>"}]'.includes(
      spelling
    )

  it.scopedLive("are recorded on a real transport, with those of redirects", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([Scripted.redirect("/other"), Scripted.json({ ok: true })])
      yield* Effect.gen(function* () {
        expect(yield* get("/first", { success: Ok })).toEqual({ ok: true })
        expect(yield* Effect.flatten(calls(({ all }) => all))).toMatchObject([
          {
            operation: "GET /first",
            kind: "own",
            requests: [
              { path: "/first", status: 302 },
              { path: "/other", status: 200 }
            ],
            attempts: [],
            outcome: { _tag: "Succeeded" }
          }
        ])
      }).pipe(Effect.provide(Layer.merge(client, Calls.layer)), Effect.provide(Vault.layer({ baseUrl: url })))
    })
  )
})

describe("a call", () => {
  it.effect("runs, and then fails or is interrupted", () =>
    Effect.gen(function* () {
      const outcome = Effect.map(Effect.flatten(calls(({ of }) => of(login))), (all) =>
        all.map(({ outcome }) => outcome)
      )
      const body = { user: "me", password: Redacted.make("secret") }
      const fiber = yield* Effect.fork(login({ body }))
      yield* TestClock.adjust("1 second")
      expect(yield* outcome).toEqual([{ _tag: "Running" }])
      yield* Fiber.interrupt(fiber)
      expect(yield* outcome).toEqual([{ _tag: "Interrupted" }])
      yield* Effect.flip(login({ body }))
      expect(yield* outcome).toMatchObject([
        { _tag: "Interrupted" },
        { _tag: "Failed", error: { _tag: "ServerError", status: 500 } }
      ])
      yield* Effect.flatten(calls(({ clear }) => clear))
      expect(yield* outcome).toEqual([])
    }).pipe(
      Effect.provideService(RetryPolicy.Current, RetryPolicy.none),
      Effect.provide(Faults.layer(Faults.sequence([Faults.hanging, Faults.status(500)])).pipe(Layer.provideMerge(ok))),
      Effect.provide(vault)
    )
  )

  it.effect("that a cache shares or refreshes is a call of its own", () =>
    Effect.gen(function* () {
      const count = yield* Ref.make(0)
      const layer = TestApi.layer(
        TestApi.verbs(Vault).get("/slow", () =>
          Effect.delay(
            Effect.map(
              Ref.updateAndGet(count, (one) => one + 1),
              (value) => ({ value })
            ),
            "1 second"
          )
        )
      )
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.fork(Effect.all([get("/slow"), get("/slow")], { concurrency: 2 }))
        yield* TestClock.adjust("2 seconds")
        yield* Fiber.join(fiber)
        const all = yield* Effect.flatten(calls(({ all }) => all))
        expect(all.map(({ kind, requests }) => [kind, requests.length])).toEqual([
          ["own", 1],
          ["own", 1]
        ])
      }).pipe(Effect.provide(layer), Effect.provide(vault))
    })
  )
})
