import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Site from "effect-herald/site"
import * as Scripted from "../../servers/scripted.js"
import { failure, json, refused, sent, value } from "./support/exchange.js"

const links = "/bot/documentation-links"
const wire = { package: "python", base_url: "https://docs.test/", inventory_url: "https://docs.test/objects.inv" }
const link = { package: "python", baseUrl: "https://docs.test/", inventoryUrl: "https://docs.test/objects.inv" }

describe("a documentation link", () => {
  it.effect("is returned by its package or by itself", () =>
    Effect.gen(function* () {
      expect(yield* value(Site.getDocumentationLink("python"), json(wire))).toEqual(link)
      expect(yield* value(Site.getDocumentationLinks(), json([wire]))).toEqual([link])
      expect(yield* sent(Site.getDocumentationLinks())).toEqual([`GET ${links}`])
      expect(yield* sent(Site.getDocumentationLink("python"))).toEqual([`GET ${links}/python`])
      expect(yield* sent(Site.getDocumentationLink(link))).toEqual([`GET ${links}/python`])
      const missing = json({ detail: "No DocumentationLink matches the given query." }, 404)
      expect((yield* failure(Site.getDocumentationLink("x"), missing))._tag).toBe("NotFound")
    })
  )

  it.effect("is deleted", () =>
    Effect.gen(function* () {
      expect(yield* sent(Site.deleteDocumentationLink(link))).toEqual([`DELETE ${links}/python`])
      expect(yield* value(Site.deleteDocumentationLink("a"), Scripted.respond({ status: 204 }))).toBe(undefined)
    })
  )

  it.effect("of a package with a dot, which the API can't find, is refused before sending", () =>
    Effect.gen(function* () {
      expect(yield* refused(Site.getDocumentationLink("discord.py"))).toEqual([
        "package: must not have a dot: the API can't find it"
      ])
      expect(yield* refused(Site.deleteDocumentationLink("discord.py"))).toHaveLength(1)
    })
  )

  it.effect("is created", () =>
    Effect.gen(function* () {
      expect(yield* sent(Site.createDocumentationLink(link))).toEqual([
        `POST ${links} {"package":"python","inventory_url":"https://docs.test/objects.inv","base_url":"https://docs.test/"}`
      ])
      expect(yield* sent(Site.createDocumentationLink({ package: "a_1", inventoryUrl: "https://x" }))).toEqual([
        `POST ${links} {"package":"a_1","inventory_url":"https://x"}`
      ])
      expect(yield* value(Site.createDocumentationLink(link), json(wire, 201))).toEqual(link)
      const exists = json({ package: ["documentation link with this package already exists."] }, 400)
      expect(yield* failure(Site.createDocumentationLink(link), exists)).toMatchObject({
        _tag: "AlreadyExists",
        issues: [{ path: ["package"], message: "documentation link with this package already exists." }]
      })
      const both = json({ package: ["documentation link with this package already exists."], base_url: ["No."] }, 400)
      expect(yield* failure(Site.createDocumentationLink(link), both)).toMatchObject({
        _tag: "BadRequest",
        issues: [{ path: ["package"] }, { path: ["base_url"] }]
      })
    })
  )

  it.effect("that the server refuses is refused before sending", () =>
    Effect.gen(function* () {
      const create = (more: Partial<Site.NewDocumentationLink>) =>
        refused(Site.createDocumentationLink({ ...link, ...more }))
      const wrong = ["body.package: must be 1 to 50 of the characters a-z, 0-9 and _"]
      for (const name of ["", "Python", "discord.py", "a-b", "é", "a\n", "x".repeat(51)]) {
        expect(yield* create({ package: name })).toEqual(wrong)
      }
      expect(yield* create({ package: "x".repeat(50) })).toEqual([expect.stringMatching(/^sent/)])
      expect(yield* create({ baseUrl: "https://docs.test" })).toEqual([
        "body.baseUrl: must be a URL that ends with a slash, or empty"
      ])
      expect(yield* create({ baseUrl: "" })).toEqual([expect.stringMatching(/"base_url":""}$/)])
      expect(yield* create({ baseUrl: `${"x".repeat(200)}/` })).toHaveLength(1)
      expect(yield* create({ baseUrl: "docs.test/" })).toHaveLength(1)
      const noUrl = ["body.inventoryUrl: must be a URL, such as https://discord.com/channels/1/2/3"]
      for (const text of ["docs.test/objects.inv", "no url", "javascript:x"]) {
        expect(yield* create({ inventoryUrl: text })).toEqual(noUrl)
      }
      expect(yield* create({ inventoryUrl: `https://${"x".repeat(193)}` })).toHaveLength(1)
      expect(yield* create({ inventoryUrl: " " })).toHaveLength(1)
    })
  )
})
