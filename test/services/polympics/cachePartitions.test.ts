import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as HttpCache from "effect-herald/cache"
import * as Polympics from "effect-herald/polympics"
import * as Scripted from "../../servers/scripted.js"
import { client } from "../../support/client.js"
import { once } from "../../support/kit.js"

describe("a stored response of a Polympics user", () => {
  it.scopedLive("is not returned to the same user name with another password", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        Scripted.json({ signups_open: true }, { headers: { "cache-control": "max-age=1000" } })
      ])
      const checkWith = (password: string) =>
        Polympics.checkSignups().pipe(
          Effect.either,
          Effect.provide(Polympics.user({ username: "S1", password: Redacted.make(password) }, { baseUrl: server.url }))
        )
      yield* Effect.gen(function* () {
        yield* checkWith("correct horse")
        yield* checkWith("correct horse")
        expect(server.requests).toHaveLength(1)
        yield* checkWith("correct house")
        expect(server.requests).toHaveLength(2)
      }).pipe(Effect.provide(HttpCache.layerMemory()), Effect.provide(Layer.merge(client, once)))
    })
  )
})
