import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { Body } from "effect-herald"
import * as Site from "effect-herald/site"
import { exchange, html, jsonText, neighbours, noContent } from "./support.js"

const { verbs } = Site

describe("a path of the verbs", () => {
  it.effect.each([
    ["/bot/users", "/api/bot/users"],
    ["bot/users", "/api/bot/users"],
    ["bot/users/", "/api/bot/users"],
    ["/bot/users//", "/api/bot/users"],
    ["bot/users/?page=2", "/api/bot/users?page=2"],
    ["bot/users?name=a/", "/api/bot/users?name=a/"]
  ] as const)("%s is sent as %s", ([path, target]) =>
    Effect.map(exchange(verbs.get(path), jsonText("{}")), ({ first }) => expect(first?.target).toBe(target))
  )

  it.effect("encodes its parameters, which can change neither the path nor the query", () =>
    Effect.map(
      exchange(
        verbs.get("bot/off-topic-channel-names/{name}", { path: { name: "a/../b?c=d#e%2f" }, query: { x: "1&y=2" } }),
        jsonText("{}")
      ),
      ({ first }) =>
        expect(first?.target).toBe("/api/bot/off-topic-channel-names/a%2F..%2Fb%3Fc%3Dd%23e%252f?x=1%26y%3D2")
    )
  )
})

describe("the verbs", () => {
  const bodies = ["post", "put", "patch", "delete"] as const

  it.effect.each(neighbours)("carry %s exactly, both ways", (id) =>
    Effect.forEach(bodies, (verb) =>
      Effect.map(exchange(verbs[verb]("bot/things", { json: [BigInt(id)] }), jsonText(`{"id":${id}}`)), (sent) => {
        expect(sent.first).toMatchObject({ method: verb.toUpperCase(), body: `[${id}]` })
        expect(sent.result).toEqual(Either.right({ id: BigInt(id) }))
      })
    )
  )

  it.effect("return undefined for a 204, each of them", () =>
    Effect.forEach([verbs.get("a"), ...bodies.map((verb) => verbs[verb]("a"))], (call) =>
      Effect.map(exchange(call, noContent), ({ result }) => expect(result).toEqual(Either.right(undefined)))
    )
  )

  it.effect("fail with the status, the JSON and the text of a response", () =>
    Effect.map(
      exchange(verbs.post("bot/users", { json: {} }), jsonText('{"id":["This field is required."]}', 400)),
      ({ result }) =>
        expect(Either.flip(result)).toMatchObject({
          right: {
            _tag: "BadRequest",
            status: 400,
            data: { id: ["This field is required."] },
            body: '{"id":["This field is required."]}',
            issues: [{ path: ["id"], message: "This field is required." }]
          }
        })
    )
  )

  it.effect.each([
    ["NotFound", jsonText('{"detail":"No User matches the given query."}', 404)],
    ["ClientError", html(404)],
    ["ServerError", html(500)]
  ] as const)("fail with %s", ([tag, reply]) =>
    Effect.gen(function* () {
      for (const call of [
        verbs.get("bot/users/7"),
        verbs.get.withResponse("bot/users/7"),
        verbs.patch("bot/users/7", { json: {} }),
        verbs.options("bot/users/7")
      ]) {
        const { result } = yield* exchange(call as Effect.Effect<unknown, unknown, any>, reply)
        expect(Either.flip(result)).toMatchObject({ right: { _tag: tag } })
      }
    })
  )

  it.effect("keep the options of the caller", () => {
    class Gone extends Schema.TaggedError<Gone>()("Gone", { detail: Schema.String }) {}
    return Effect.gen(function* () {
      const missing = yield* exchange(verbs.get("a", { errors: { 404: Gone } }), jsonText('{"detail":"x"}', 404))
      expect(Either.flip(missing.result)).toMatchObject({ right: { _tag: "Gone" } })
      const text = yield* exchange(verbs.get("a", { success: Body.text() }), jsonText("1"))
      expect(text.result).toEqual(Either.right("1"))
      const wrong = yield* exchange(verbs.get("a", 7 as never), jsonText("1"))
      expect(Either.flip(wrong.result)).toMatchObject({ right: { _tag: "EncodeError" } })
    })
  })
})
