import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Site from "effect-herald/site"
import { failure, json, refused, sent, value } from "./support/exchange.js"

const settings = "/bot/bot-settings"

describe("a setting of the bot", () => {
  it.effect("is returned with any JSON, its integers exact", () =>
    Effect.gen(function* () {
      const setting = { name: "news", data: { pep: ["1"], channel: 409107086526644235n } }
      expect(yield* value(Site.getBotSetting("news"), json(setting))).toEqual(setting)
      expect(yield* value(Site.getBotSetting("defcon"), json({ name: "defcon", data: null }))).toMatchObject({
        data: null
      })
      expect(yield* sent(Site.getBotSetting("defcon"))).toEqual([`GET ${settings}/defcon`])
      const missing = json({ detail: "No BotSetting matches the given query." }, 404)
      expect((yield* failure(Site.getBotSetting("news"), missing))._tag).toBe("NotFound")
    })
  )

  it.effect("is replaced and changed, with its own name only", () =>
    Effect.gen(function* () {
      expect(yield* sent(Site.replaceBotSetting("defcon", { days: 5, channel: 409107086526644235n }))).toEqual([
        `PUT ${settings}/defcon {"name":"defcon","data":{"days":5,"channel":409107086526644235}}`
      ])
      expect(yield* sent(Site.updateBotSetting("news", []))).toEqual([`PATCH ${settings}/news {"data":[]}`])
      expect(yield* sent(Site.updateBotSetting("news", false))).toEqual([`PATCH ${settings}/news {"data":false}`])
      const changed = { name: "news", data: [] }
      expect(yield* value(Site.replaceBotSetting("news", []), json(changed))).toEqual(changed)
      expect(yield* value(Site.updateBotSetting("news", []), json(changed))).toEqual(changed)
      const invalid = json({ data: ["No."] }, 400)
      expect((yield* failure(Site.updateBotSetting("news", []), invalid))._tag).toBe("BadRequest")
    })
  )

  it.effect("of another name, or null, is refused before sending", () =>
    Effect.gen(function* () {
      // Types forbid both.
      expect(yield* refused(Site.getBotSetting("other" as "news"))).toContain(
        'setting: should be "defcon", and is string'
      )
      const nothing = null as unknown as object
      expect(yield* refused(Site.updateBotSetting("news", nothing))).toEqual([
        "body.data: should be JSON, and not null"
      ])
      expect(yield* refused(Site.replaceBotSetting("news", nothing))).toEqual([
        "body.data: should be JSON, and not null"
      ])
    })
  )
})
