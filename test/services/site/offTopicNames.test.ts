import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as HttpCache from "effect-herald/cache"
import * as Site from "effect-herald/site"
import * as Scripted from "../../servers/scripted.js"
import { client } from "../../support/client.js"
import { at, exchange, failure, json, refused, sent, value } from "./support/exchange.js"

const names = "/bot/off-topic-channel-names"

describe("an off-topic name", () => {
  const accepts = (text: string) => Either.isRight(Schema.decodeUnknownEither(Site.OffTopicChannelName)(text))

  it.each([
    ["small letters and digits", "az09"],
    ["the first sans-serif capital, U+1D5A0", "\u{1d5a0}"],
    ["the last sans-serif capital, U+1D5B9", "\u{1d5b9}"],
    ["a hyphen", "-"],
    ["U+01C3", "ǃ"],
    ["U+FF1F", "？"],
    ["U+2019", "’"],
    ["an apostrophe", "'"],
    ["U+FF1C", "＜"],
    ["U+FF1E", "＞"],
    ["U+29F9", "⧹"],
    ["U+29F8", "⧸"],
    ["96 characters", "\u{1d5a0}".repeat(96)]
  ])("may have %s", (_, text) => expect(accepts(text)).toBe(true))

  it.each([
    ["nothing", ""],
    ["a capital", "A"],
    ["what precedes U+1D5A0", "\u{1d59f}"],
    ["what follows U+1D5B9", "\u{1d5ba}"],
    ["half of a pair of surrogates", "\ud835"],
    ["a space", "a b"],
    ["an underscore", "_"],
    ["a dot", "a.b"],
    ["an exclamation mark", "!"],
    ["a question mark", "?"],
    ["a line feed at the end", "a\n"],
    ["a comma, which is between two characters of the class", ","],
    ["97 characters", "\u{1d5a0}".repeat(97)]
  ])("can't have %s", (_, text) => expect(accepts(text)).toBe(false))
})

describe("off-topic names", () => {
  it.effect("are requested, all or by whether they are active", () =>
    Effect.gen(function* () {
      expect(yield* sent(Site.getOffTopicNames())).toEqual([`GET ${names}`])
      expect(yield* sent(Site.getOffTopicNames({ active: true }))).toEqual([`GET ${names}?active=true`])
      expect(yield* sent(Site.getOffTopicNames({ active: false }))).toEqual([`GET ${names}?active=false`])
      expect(yield* value(Site.getOffTopicNames(), json(["a-b", "ǃ"]))).toEqual(["a-b", "ǃ"])
    })
  )

  it.effect("are created by the query, encoded as UTF-8, without a body", () =>
    Effect.gen(function* () {
      const { outcome, requests } = yield* exchange(Site.createOffTopicName("what’s-up？'＜𝖠⧸"), [
        json({ name: "what’s-up？'＜𝖠⧸" }, 201)
      ])
      expect(outcome).toEqual(Either.right("what’s-up？'＜𝖠⧸"))
      const [request] = requests
      expect([request!.method, request!.body]).toEqual(["POST", ""])
      expect(request!.target).toBe(`${names}?name=what%E2%80%99s-up%EF%BC%9F%27%EF%BC%9C%F0%9D%96%A0%E2%A7%B8`)
    })
  )

  it.effect("that can't be one are refused before sending", () =>
    Effect.gen(function* () {
      expect(yield* refused(Site.createOffTopicName("What?"))).toEqual([
        "name: must be 1 to 96 of the characters a-z, 0-9, 𝖠-𝖹 (U+1D5A0 to U+1D5B9) and -ǃ？’'＜＞⧹⧸"
      ])
    })
  )

  it.effect("that exist already are an error of their own, other refusals are not", () =>
    Effect.gen(function* () {
      const create = Site.createOffTopicName("a")
      const exists = yield* failure(
        create,
        json({ name: ["off topic channel name with this name already exists."] }, 400)
      )
      expect(exists).toMatchObject({ _tag: "AlreadyExists", issues: [{ path: ["name"] }] })
      const invalid = yield* failure(create, json({ name: ["Enter a valid value."] }, 400))
      expect(invalid).toMatchObject({
        _tag: "BadRequest",
        issues: [{ path: ["name"], message: "Enter a valid value." }]
      })
      expect(String(invalid)).not.toContain("does not match a declared error")
    })
  )

  it.effect("are addressed by their text, encoded", () =>
    Effect.gen(function* () {
      const path = `${names}/what%E2%80%99s%20%EF%BC%9F%25`
      const stored = { name: "what’s ？%", used: true, active: false }
      expect(yield* sent(Site.getOffTopicName("what’s ？%"))).toEqual([`GET ${path}`])
      expect(yield* sent(Site.getOffTopicName(stored))).toEqual([`GET ${path}`])
      expect(yield* sent(Site.deleteOffTopicName(stored))).toEqual([`DELETE ${path}`])
      expect(yield* sent(Site.updateOffTopicName(stored, { used: false }))).toEqual([`PATCH ${path} {"used":false}`])
      expect(yield* sent(Site.replaceOffTopicName("a’s", { active: true }))).toEqual([
        `PUT ${names}/a%E2%80%99s {"name":"a’s","active":true}`
      ])
      expect(yield* value(Site.getOffTopicName("a"), json({ ...stored, more: 1 }))).toEqual(stored)
      expect(yield* value(Site.deleteOffTopicName("a"), Scripted.respond({ status: 204 }))).toBe(undefined)
    })
  )

  it.effect("are not renamed by a form with another name", () =>
    Effect.gen(function* () {
      const changes = { used: true, name: "other" }
      expect(yield* sent(Site.updateOffTopicName("a", changes))).toEqual([`PATCH ${names}/a {"used":true}`])
      expect(yield* sent(Site.replaceOffTopicName("a", changes))).toEqual([`PUT ${names}/a {"name":"a","used":true}`])
    })
  )

  it.effect("with a dot or a slash are refused before sending, since the API can't find them", () =>
    Effect.gen(function* () {
      expect(yield* refused(Site.getOffTopicName("a.b"))).toEqual(["name: must not have a dot: the API can't find it"])
      expect(yield* refused(Site.deleteOffTopicName("a/b"))).toEqual([
        "name: must not be empty, and must not have a slash"
      ])
      expect(yield* refused(Site.updateOffTopicName("", {}))).toEqual([
        "name: must not be empty, and must not have a slash"
      ])
    })
  )

  it.effect("that do not exist are not found, and neither is a wrong base URL, which is another error", () =>
    Effect.gen(function* () {
      const missing = yield* failure(Site.getOffTopicName("a"), json({ detail: "Not found." }, 404))
      expect(missing._tag).toBe("NotFound")
      const page = Scripted.respond({
        status: 404,
        headers: { "content-type": "text/html" },
        body: "<h1>Not Found</h1>"
      })
      expect((yield* failure(Site.getOffTopicName("a"), page))._tag).toBe("ClientError")
      expect((yield* failure(Site.getOffTopicNames(), page))._tag).toBe("ClientError")
    })
  )
})

describe("random off-topic names", () => {
  it.effect("are requested by their number, which is at least one", () =>
    Effect.gen(function* () {
      expect(yield* sent(Site.takeRandomOffTopicNames(3))).toEqual([`GET ${names}?random_items=3`])
      for (const count of [0, -1, 1.5, Number.NaN]) {
        expect(yield* refused(Site.takeRandomOffTopicNames(count))).toHaveLength(1)
      }
    })
  )

  it.live("are neither cached nor shared, and not requested again after a response was lost", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const cacheable = Scripted.json(["a"], { headers: { "cache-control": "max-age=3600" } })
        const server = yield* Scripted.make([cacheable, cacheable, Scripted.hangUp, cacheable])
        const cache = HttpCache.layerMemory({ share: true, lifetime: () => "1 hour" })
        const layer = at(server.url).pipe(Layer.provide(cache), Layer.provideMerge(client))
        const take = Site.takeRandomOffTopicNames(1)
        yield* Effect.gen(function* () {
          yield* Effect.all([take, take], { concurrency: 2 })
          expect(server.requests).toHaveLength(2)
          expect((yield* Effect.flip(take))._tag).toBe("TransportError")
          expect(server.requests).toHaveLength(3)
        }).pipe(Effect.provide(layer))
      })
    )
  )
})
