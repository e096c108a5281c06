import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { RetryPolicy, Snowflake } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import * as Scripted from "../../servers/scripted.js"
import { app, appHeader, basic } from "./support/callers.js"
import { newPassword } from "./support/resets.js"
import { account } from "./support/wire.js"
import { client } from "../../support/client.js"

const get = Polympics.getAccount(Snowflake.Snowflake.make("1"))
const credentials = { name: "app", permissions: 95, username: "A7", password: newPassword }
const eager = RetryPolicy.make({ schedule: Schedule.recurs(5), retries: () => true })
const found = Scripted.json(account("1"))

const resetEagerly = Effect.provideService(Polympics.resetAppToken(), RetryPolicy.Current, eager)

describe("over a socket, a reset", () => {
  const lost = [
    { title: "whose connection is reset after it was sent", behaviour: Scripted.reset },
    { title: "whose connection is closed after it was sent", behaviour: Scripted.hangUp },
    {
      title: "whose response is cut short",
      behaviour: Scripted.cutShort({ body: JSON.stringify(credentials).slice(0, -2) })
    },
    {
      title: "whose response is cut short by a connection reset",
      behaviour: Scripted.cutShort({ body: JSON.stringify(credentials).slice(0, -2), how: "reset", framing: "chunked" })
    }
  ]
  it.scopedLive.each(lost)("$title loses the credentials, and is not retried", ({ behaviour }) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([behaviour, found])
      yield* Effect.gen(function* () {
        expect(yield* Effect.flip(resetEagerly)).toMatchObject({ _tag: "CredentialsLost", reason: "ResponseLost" })
        expect((yield* get).id).toBe("1")
      }).pipe(Effect.provide(Layer.merge(app(server.url), client)))
      expect(server.requests.map(({ headers, target }) => [target, headers.authorization])).toEqual([
        ["/auth/reset_token", appHeader],
        ["/account/1", appHeader]
      ])
    })
  )

  it.scopedLive("that can't connect keeps the credentials, and is not retried", () =>
    Effect.gen(function* () {
      const url = yield* Scripted.closedPort
      const failed = yield* Effect.flip(Effect.provide(resetEagerly, Layer.merge(app(url), client)))
      expect(failed).toMatchObject({ _tag: "TransportError", reason: "ECONNREFUSED" })
      expect(failed.attempts).toMatchObject([{ class: "NotSent", verdict: "never retried" }])
    })
  )

  it.scopedLive("replaces the credentials", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.json(credentials), found])
      yield* Effect.provide(Effect.zipRight(Polympics.resetAppToken(), get), Layer.merge(app(server.url), client))
      expect(server.requests[1]?.headers.authorization).toBe(basic("A7", newPassword))
    })
  )
})
