import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Polympics from "effect-herald/polympics"
import * as PolympicsTest from "effect-herald/polympics/testing"
import { forAll } from "../../support/kit.js"

const event = "account_team_update"
const registered = "https://first.example/"

const environment = Layer.provideMerge(
  Layer.orDie(Polympics.app({ username: "A1", password: Redacted.make("password of the app") })),
  PolympicsTest.layer({
    apps: [{ id: 1, password: "password of the app" }],
    callbacks: [{ id: 1, app: 1, url: registered, secret: "secret" }]
  })
)

/** Hosts with labels of several scripts. */
const host = fc
  .array(fc.string({ unit: fc.constantFrom(..."abcäößÜ日本例え-éñ"), minLength: 1, maxLength: 20 }), {
    minLength: 1,
    maxLength: 4
  })
  .map((labels) => `${labels.map((label) => `x${label}x`).join(".")}.com`)

describe("the registration of a callback", () => {
  it.effect("that the server can't carry out is never sent, so that the registered one stays", () =>
    forAll(
      fc.tuple(host, fc.integer({ min: 1940, max: 2090 }), fc.constantFrom(1, 2046, 2047, 2048)),
      ([host, length, secretLength]) =>
        Effect.gen(function* () {
          const result = yield* Effect.either(
            Polympics.createCallback({
              event,
              url: `https://${host}/`.padEnd(length, "x"),
              secret: Redacted.make("s".repeat(secretLength))
            })
          )
          const callbacks = yield* Polympics.getCallbacks()
          if (result._tag === "Right") expect(callbacks).toEqual({ [event]: result.right.url })
          else {
            expect(["EncodeError", "UnprocessableContent"]).toContain(result.left._tag)
            expect(callbacks).toEqual({ [event]: registered })
          }
        }).pipe(Effect.provide(environment))
    )
  )

  it.effect.each<readonly [string, string, number]>([
    ["a mark that Python does not remove", "\ufeff", 2048],
    ["white space that Python removes", " \t\u2003\u0085\x1c", 2047]
  ])("counts the characters that are stored: %s", ([, end, stored]) =>
    Effect.gen(function* () {
      const url = "https://first.example/".padEnd(2047, "x") + end
      const result = yield* Effect.either(Polympics.createCallback({ event, url, secret: Redacted.make("s") }))
      expect(result._tag).toBe(stored > 2047 ? "Left" : "Right")
      if (result._tag === "Left") expect(result.left._tag).toBe("EncodeError")
    }).pipe(Effect.provide(environment))
  )

  it.effect.each(["a", "b", "s", "x", "ab", "url", "val", "L: "])(
    "fails with the server's explanation, also if the secret is as short as %j",
    (secret) =>
      Effect.gen(function* () {
        const url = "https://example.com/a b"
        const error = yield* Effect.flip(Polympics.createCallback({ event, url, secret: Redacted.make(secret.trim()) }))
        expect(error._tag).toBe("UnprocessableContent")
        expect(error.message).toContain("body.url: URL invalid, extra characters found after valid URL: ' b'")
      }).pipe(Effect.provide(environment))
  )
})
