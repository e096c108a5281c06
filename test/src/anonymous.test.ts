import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Authoriser, Credentials, Endpoint, Operation, RetryPolicy } from "effect-herald"
import * as Scripted from "../servers/scripted.js"
import { client } from "../support/client.js"
import { Caller } from "../support/kit.js"

const secret = "token-0123456789"

/** An endpoint of the API, for callers of every kind. */
const status = (anonymous: boolean) => Operation.make(Caller, () => Endpoint.get("/status", { anonymous }))

describe("an anonymous endpoint", () => {
  it.live("is called without the API's credentials, other endpoints with them", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const server = yield* Scripted.make([Scripted.respond()])
        const layer = Layer.effect(
          Caller,
          Authoriser.make({ baseUrl: server.url, credentials: Credentials.bearer(Redacted.make(secret)) })
        )
        const call = status(true)
        yield* Effect.all([call(), call(), status(false)()]).pipe(Effect.provide(Layer.merge(layer, client)))
        expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
          undefined,
          undefined,
          `Bearer ${secret}`
        ])
      })
    )
  )

  it.live.each([true, false])("is called without credentials in the default headers, with a token: %s", (withToken) =>
    Effect.scoped(
      Effect.gen(function* () {
        const server = yield* Scripted.make([Scripted.respond()])
        const layer = Layer.effect(
          Caller,
          Authoriser.make({
            baseUrl: server.url,
            headers: { Authorization: `Basic ${secret}`, Cookie: `session=${secret}`, "X-Other": "a" },
            ...(withToken ? { credentials: Credentials.bearer(Redacted.make(secret)) } : {})
          })
        )
        yield* Effect.all([status(true)(), status(false)()]).pipe(Effect.provide(Layer.merge(layer, client)))
        const [anonymous, other] = server.requests.map(({ headers }) => headers)
        expect([anonymous?.authorization, anonymous?.cookie, anonymous?.["x-other"]]).toEqual([
          undefined,
          undefined,
          "a"
        ])
        expect([other?.authorization, other?.cookie]).toEqual([
          withToken ? `Bearer ${secret}` : `Basic ${secret}`,
          `session=${secret}`
        ])
      })
    )
  )

  it.live("asks for no credentials, and a 401 to it does not replace them", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const server = yield* Scripted.make([Scripted.respond({ status: 401 })])
        const asked: Array<string> = []
        const credentials: Credentials.Credentials = {
          identity: "someone",
          authorize: (request) => {
            asked.push("authorize")
            return Effect.succeed({ request, generation: 0 })
          },
          rejected: () => {
            asked.push("rejected")
            return Effect.succeed(true)
          }
        }
        const layer = Layer.effect(
          Caller,
          Authoriser.make({
            baseUrl: server.url,
            credentials: Effect.succeed(credentials),
            retryPolicy: RetryPolicy.none
          })
        )
        const error = yield* Effect.flip(Effect.provide(status(true)(), Layer.merge(layer, client)))
        expect(error._tag).toBe("Unauthorized")
        expect(server.requests).toHaveLength(1)
        expect(asked).toEqual([])
      })
    )
  )
})
