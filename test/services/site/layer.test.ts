import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Site from "effect-herald/site"
import { inProcess } from "../../support/inProcess.js"
import { jsonText } from "./support.js"

const token = Redacted.make("0123456789abcdef")

const configured = (variables: Record<string, string>) =>
  Layer.provide(Site.layerConfig(), Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables)))))

/** Makes a call with a layer, and returns its result and the requests. */
const send = (layer: Layer.Layer<Site.Authoriser, unknown>, reply = jsonText("[]")) => {
  const http = inProcess(() => reply)
  return Effect.map(
    Effect.either(Site.getRoles()).pipe(Effect.provide(layer), Effect.provide(http.layer), Effect.orDie),
    (result) => ({ result, sent: http.sent })
  )
}

/** The target and the credentials of a request. */
const sentBy = (layer: Layer.Layer<Site.Authoriser, unknown>) => Effect.map(send(layer), ({ sent }) => sent[0])

describe("the layer of the site", () => {
  it.effect("sends its token, and asks for JSON", () =>
    Effect.map(sentBy(Site.layer({ token })), (sent) => {
      expect(sent?.target).toBe("/api/bot/roles")
      expect(sent?.headers).toMatchObject({ authorization: "Token 0123456789abcdef", accept: "application/json" })
    })
  )

  it.effect.each([
    "https://site.test",
    "https://site.test/",
    "https://site.test/pydis-api/",
    "https://site.test/a/b///"
  ])("appends paths to %s without a double slash", (baseUrl) =>
    Effect.map(sentBy(Site.layer({ token, baseUrl })), (sent) =>
      expect(sent?.target).toBe(`${new URL(baseUrl).pathname.replace(/\/+$/, "")}/bot/roles`)
    )
  )

  it.effect.each(["accept", "Accept"])("asks for JSON, also if the program sets %s", (name) =>
    Effect.map(sentBy(Site.layer({ token, headers: { [name]: "text/html", "x-app": "bot" } })), (sent) =>
      expect(sent?.headers).toMatchObject({ accept: "application/json", "x-app": "bot" })
    )
  )

  it.effect("does not replay a 401", () =>
    Effect.map(send(Site.layer({ token }), jsonText('{"detail":"Invalid token."}', 401)), ({ result, sent }) => {
      expect(sent).toHaveLength(1)
      expect(Either.flip(result)).toMatchObject({ right: { _tag: "Unauthorized", detail: "Invalid token." } })
    })
  )

  it.effect.each(["", " ", "two words", "tab\t", " leading", "line\n", "é"])("refuses the token %j", (text) =>
    Effect.map(Effect.flip(Layer.build(Site.layer({ token: Redacted.make(text) }))), (error) => {
      expect(error).toMatchObject({ _op: "InvalidData", path: ["token"] })
      if (text.trim() !== "") expect(error.toString()).not.toContain(text)
    }).pipe(Effect.scoped)
  )

  it.effect.each(["site.test", "ftp://site.test", "https://a:b@site.test", "https://site.test?x", "http://site.test"])(
    "refuses the base URL %s",
    (baseUrl) =>
      Effect.map(Effect.flip(Layer.build(Site.layer({ token, baseUrl }))), (error) =>
        expect(error).toMatchObject({ _op: "InvalidData", path: ["baseUrl"] })
      ).pipe(Effect.scoped)
  )

  it.effect("admits plain http within a cluster, if told so", () =>
    Effect.map(sentBy(Site.layer({ token, baseUrl: "http://site.web.svc/pydis-api", insecure: true })), (sent) =>
      expect(sent?.headers["authorization"]).toBe("Token 0123456789abcdef")
    )
  )
})

describe("the layer of the site, from configuration,", () => {
  it.effect("reads SITE_API_TOKEN and SITE_API_URL", () =>
    Effect.gen(function* () {
      const own = yield* sentBy(configured({ SITE_API_TOKEN: "key", SITE_API_URL: "https://site.test/other/" }))
      expect([own?.target, own?.headers["authorization"]]).toEqual(["/other/bot/roles", "Token key"])
      const standard = yield* sentBy(configured({ SITE_API_TOKEN: "key" }))
      expect(standard?.target).toBe("/api/bot/roles")
    })
  )

  it.effect.each([
    {},
    { SITE_API_TOKEN: "" },
    { SITE_API_TOKEN: "a b" },
    { SITE_API_TOKEN: "key", SITE_API_URL: "site" }
  ])("fails for %j", (variables) =>
    Effect.map(Effect.either(Layer.build(configured(variables as Record<string, string>))), (result) =>
      expect(Either.isLeft(result)).toBe(true)
    ).pipe(Effect.scoped)
  )
})

describe("the layer without a token", () => {
  it.effect("sends none, and asks for JSON", () =>
    Effect.map(sentBy(Site.anonymous({ baseUrl: "http://site.test" })), (sent) => {
      expect(sent?.headers["authorization"]).toBeUndefined()
      expect(sent?.headers["accept"]).toBe("application/json")
    })
  )
})
