import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Site from "effect-herald/site"
import * as Scripted from "../../servers/scripted.js"
import { client } from "../../support/client.js"
import { at, exchange, failure, json, refused, sent, value } from "./support/exchange.js"

const lists = "/bot/mailing-lists"
const pep = { id: 1, name: "pep", seenItems: ["a", "b"] }
const wire = json({ id: 1, name: "pep", seen_items: ["a", "b"] })
const known = Scripted.json({ non_field_errors: ["Seen item already known."] }, { status: 400 })
const noContent = Scripted.respond({ status: 204 })

describe("a mailing list", () => {
  it.effect("is returned by its name or by itself", () =>
    Effect.gen(function* () {
      expect(yield* value(Site.getMailingList("pep"), wire)).toEqual(pep)
      expect(yield* value(Site.getMailingLists(), json([{ id: 1, name: "a.b", seen_items: [] }]))).toEqual([
        { id: 1, name: "a.b", seenItems: [] }
      ])
      expect(yield* sent(Site.getMailingLists())).toEqual([`GET ${lists}`])
      expect(yield* sent(Site.getMailingList(pep))).toEqual([`GET ${lists}/pep`])
      expect(yield* sent(Site.getMailingList("ü ？"))).toEqual([`GET ${lists}/%C3%BC%20%EF%BC%9F`])
      expect((yield* failure(Site.getMailingList("x"), json({ detail: "Not found." }, 404)))._tag).toBe("NotFound")
    })
  )

  it.effect("is created by its name alone", () =>
    Effect.gen(function* () {
      expect(yield* sent(Site.createMailingList("pep"))).toEqual([`POST ${lists} {"name":"pep"}`])
      expect(yield* value(Site.createMailingList("pep"), json({ id: 1, name: "pep", seen_items: [] }, 201))).toEqual({
        id: 1,
        name: "pep",
        seenItems: []
      })
      const exists = json({ name: ["mailing list with this name already exists."] }, 400)
      expect(yield* failure(Site.createMailingList("pep"), exists)).toMatchObject({
        _tag: "AlreadyExists",
        issues: [{ path: ["name"] }]
      })
    })
  )

  it.effect("that the API can't address is refused before sending", () =>
    Effect.gen(function* () {
      const dot = "must not have a dot: the API can't find it"
      expect(yield* refused(Site.getMailingList("a.b"))).toEqual([`list: ${dot}`])
      expect(yield* refused(Site.addSeenItem("a.b", "x"))).toEqual([`list: ${dot}`])
      expect(yield* refused(Site.createMailingList("a.b"))).toEqual([`body.name: ${dot}`])
      expect(yield* refused(Site.createMailingList("a/b"))).toHaveLength(1)
      expect(yield* refused(Site.createMailingList(" "))).toHaveLength(1)
      expect(yield* refused(Site.createMailingList("x".repeat(51)))).toHaveLength(1)
    })
  )
})

describe("a seen item", () => {
  it.effect("is added as a JSON string, of at most 100 characters", () =>
    Effect.gen(function* () {
      expect(yield* sent(Site.addSeenItem(pep, `https://a.test/?q="1"`))).toEqual([
        `POST ${lists}/pep/seen-items "https://a.test/?q=\\"1\\""`
      ])
      const longest = "𝖠".repeat(100)
      expect(yield* sent(Site.addSeenItem("pep", longest))).toEqual([`POST ${lists}/pep/seen-items "${longest}"`])
      expect(yield* refused(Site.addSeenItem("pep", `${longest}x`))).toEqual([
        "body: must have at most 100 characters: the server can't store more"
      ])
      expect(yield* refused(Site.addSeenItem("pep", "a\0"))).toEqual([
        "body: must not contain NUL: the server can't store it"
      ])
      expect(yield* value(Site.addSeenItem("pep", "x"), noContent)).toBe(undefined)
    })
  )

  it.effect("that is known is an error of its own, any other refusal is not", () =>
    Effect.gen(function* () {
      const add = Site.addSeenItem("pep", "x")
      const { outcome } = yield* exchange(add, [known])
      expect(outcome).toMatchObject({ left: { _tag: "AlreadyKnown", detail: "Seen item already known." } })
      const other = yield* failure(add, json({ non_field_errors: ["No."] }, 400))
      expect(other._tag).toBe("BadRequest")
      expect((yield* failure(add, json({ detail: "Not found." }, 404)))._tag).toBe("NotFound")
      expect(yield* failure(Effect.asVoid(add), known)).toBeInstanceOf(Site.AlreadyKnown)
      expect(Schema.is(Site.AlreadyKnown)(yield* failure(add, known))).toBe(true)
    })
  )

  it.live("is sent again after a lost response", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const server = yield* Scripted.make([Scripted.hangUp, known])
        const layer = Layer.merge(at(server.url), client)
        const error = yield* Effect.flip(Effect.provide(Site.addSeenItem("pep", "x"), layer))
        expect(error._tag).toBe("AlreadyKnown")
        expect(server.requests).toHaveLength(2)
      })
    )
  )
})
