import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Authoriser, Body, Credentials, Endpoint, Operation, Verbs } from "effect-herald"
import { Exchange, Recording } from "effect-herald/testing"
import { shows, spellings } from "../../support/secretSpellings.js"
import { forAll } from "../../support/kit.js"

class Vault extends Authoriser.Tag("test/Vault")<Vault>() {}

const put = Operation.make(Vault, () =>
  Endpoint.post("/vault/{key}", {
    query: { pin: Schema.optional(Schema.Redacted(Schema.String)) },
    headers: { "x-custom": Schema.optional(Schema.Redacted(Schema.String)) },
    body: Body.json(Schema.Struct({ note: Schema.Redacted(Schema.String), plain: Schema.String })),
    success: Body.text()
  })
)

/** A client that responds with what `make` returns. */
const responding = (make: () => Response) =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) => Effect.sync(() => HttpClientResponse.fromWeb(request, make())))
  )

/** Records the calls of a program. Returns the file, or the error of the recording. */
const fileOf = <A, E>(
  program: Effect.Effect<A, E, HttpClient.HttpClient>,
  client: Layer.Layer<HttpClient.HttpClient>,
  options: Recording.Options = {}
) => {
  let text = ""
  const save = (exchanges: ReadonlyArray<Exchange.Exchange>) =>
    Effect.sync(() => {
      text = Exchange.toText(exchanges)
    })
  return program.pipe(
    Effect.exit,
    Effect.provide(Recording.record(save, options).pipe(Layer.provide(client))),
    Effect.exit,
    Effect.map((exit) => ({ text, exit }))
  )
}

/** Words that the file, the requests and the placeholders of the tests have themselves. */
const ownWords =
  "effect-herald exchanges format version request method url headers body json text base64 response status content-type application/json text/plain redacted- https vault.example plain note accept authorization Bearer Basic x-custom before after value echo POST GET access_token refresh_token id_token client_secret password token_type expires_in set-cookie Path x-api-key x-session-token cookie sid grant_type refresh_token client_credentials client_id code code_verifier state charset=utf-8 unused"

/** Secrets as servers and users make them, with characters that are escaped. */
const secret = fc
  .oneof(
    fc.string({ unit: fc.constantFrom(..."abcXYZ0189+/=-_. &<>\"'\\%é漢😀"), minLength: 6, maxLength: 40 }),
    fc.base64String({ minLength: 8, maxLength: 60 }),
    fc.hexaString({ minLength: 8, maxLength: 64 }),
    fc.string({ unit: "grapheme", minLength: 6, maxLength: 20 })
  )
  .filter((text) => text.isWellFormed() && text.trim() === text && !ownWords.includes(text) && new Set(text).size > 3)

/** Secrets that can be in a header. */
const headerSecret = secret.filter((text) => /^[\x21-\x7e]+$/.test(text))

const spelling = fc.constantFrom(...Object.values(spellings))

const runs = { numRuns: 50 }

describe("a recording has no spelling of", () => {
  it.effect("Redacted inputs in path, query, header and body, which the server repeats", () =>
    forAll(
      fc.record({
        key: secret,
        pin: secret,
        header: headerSecret,
        note: secret,
        spell: spelling,
        type: fc.constantFrom("text/plain", "text/html", "application/json")
      }),
      ({ header, key, note, pin, spell, type }) =>
        Effect.gen(function* () {
          const secrets = [key, pin, header, note]
          const lines = secrets.map((one) => `before ${spell(one)} after`)
          const body =
            type === "application/json" ? JSON.stringify({ echo: lines, [`in a name: ${note}`]: 1 }) : lines.join("\n")
          const { exit, text } = yield* fileOf(
            put({
              key: Redacted.make(key),
              pin: Redacted.make(pin),
              headers: { "x-custom": Redacted.make(header) },
              body: { note: Redacted.make(note), plain: `plain ${key}` }
            }).pipe(Effect.provide(Vault.layer({ baseUrl: "https://vault.example" }))),
            responding(() => new Response(body, { headers: { "content-type": type } }))
          )
          expect(exit._tag).toBe("Success")
          expect(text).toContain("vault.example")
          for (const one of secrets) expect(shows(text, one), JSON.stringify([one, text])).toBe(false)
        }),
      runs
    )
  )

  it.effect("credentials of any authoriser", () =>
    forAll(
      fc.record({
        one: headerSecret,
        other: headerSecret,
        spell: spelling,
        kind: fc.constantFrom("bearer", "basic", "header", "query", "cookie")
      }),
      ({ kind, one: generated, other, spell }) =>
        Effect.gen(function* () {
          // A cookie can't have the others (RFC 6265, 4.1.1).
          const one = kind === "cookie" ? generated.replace(/[^!#-+\--:<-[\]-~]/g, "_") : generated
          const user = other.replaceAll(":", "")
          const credentials = {
            bearer: Credentials.bearer(Redacted.make(one)),
            basic: Credentials.basic({ username: user, password: Redacted.make(one) }),
            header: Credentials.apiKey({ key: Redacted.make(one), header: "x-thing" }),
            query: Credentials.apiKey({ key: Redacted.make(one), query: "thing" }),
            cookie: Credentials.apiKey({ key: Redacted.make(one), cookie: "thing" })
          }[kind]
          const vault = Vault.layer({ baseUrl: "https://vault.example", credentials })
          const { text } = yield* fileOf(
            Verbs.make(Vault).get("/vault").pipe(Effect.provide(vault)),
            responding(() =>
              Response.json({
                echo: `before%${spell(one)}after`,
                url: `https://vault.example/?x=${encodeURIComponent(one)}`
              })
            )
          )
          expect(text).toContain("echo")
          expect(shows(text, one), JSON.stringify([one, text])).toBe(false)
        }),
      runs
    )
  )

  it.effect("secrets of a token response and of cookies, in later and earlier exchanges", () =>
    forAll(
      fc.record({
        access: headerSecret,
        refresh: secret,
        id: secret,
        client: secret,
        cookie: fc.hexaString({ minLength: 8 }),
        spell: spelling
      }),
      ({ access, client, cookie, id, refresh, spell }) =>
        Effect.gen(function* () {
          let count = 0
          const secrets = [access, refresh, id, client, cookie]
          const verbs = Verbs.make(Vault)
          const program = Effect.gen(function* () {
            yield* verbs.get("/before")
            yield* verbs.post("/token", {
              form: { grant_type: "refresh_token", client_id: "unused", client_secret: client, refresh_token: refresh }
            })
            yield* verbs.get("/after", { headers: { cookie: `sid=${cookie}` } })
          })
          const { text } = yield* fileOf(
            Effect.provide(program, Vault.layer({ baseUrl: "https://vault.example" })),
            responding(() =>
              (count += 1) === 2
                ? Response.json(
                    {
                      access_token: access,
                      refresh_token: refresh,
                      id_token: id,
                      token_type: "Bearer",
                      expires_in: 3600
                    },
                    { headers: { "set-cookie": `sid=${cookie}; Path=/`, "x-session-token": access } }
                  )
                : Response.json({ echo: secrets.map((one) => spell(one)) })
            )
          )
          expect(text).toContain('"grant_type=refresh_token&client_id=unused')
          for (const one of secrets) expect(shows(text, one), JSON.stringify([one, text])).toBe(false)
        }),
      runs
    )
  )
})

describe("a secret that the ends of lines split", () => {
  const key = "key-of-the-caller-0123456789"
  const wrap = (text: string, end: string) => text.replace(/.{20}/g, `$&${end}`)
  const inBase64 = (text: string) => Buffer.from(text).toString("base64")
  const texts: Readonly<Record<string, string>> = {
    plain: wrap(`the key: ${key}`, "\n"),
    "quoted-printable": wrap(`the key: ${key}`, "=\r\n"),
    "base64 of a message": wrap(inBase64(`the key: ${key}.`), "\r\n  ")
  }

  it.effect.each(
    Object.entries(texts).flatMap(
      ([name, text]) =>
        [
          [name, "text/plain", text],
          [name, "application/json", JSON.stringify({ text })]
        ] as const
    )
  )("is not in the recording: %s, %s", ([, type, body]) =>
    Effect.gen(function* () {
      const { exit, text } = yield* fileOf(
        Verbs.make(Vault)
          .get("/mail")
          .pipe(
            Effect.provide(
              Vault.layer({ baseUrl: "https://vault.example", credentials: Credentials.bearer(Redacted.make(key)) })
            )
          ),
        responding(() => new Response(body, { headers: { "content-type": type } }))
      )
      expect(exit._tag).toBe("Success")
      const [exchange] = yield* Exchange.parse(text)
      const received = JSON.stringify(exchange)
      expect(received).toContain("redacted-1")
      expect(received).not.toContain(wrap(inBase64("the key"), "").slice(0, 8))
      expect(received).not.toContain("0123456789")
    })
  )
})

describe("a secret within a body that is not text", () => {
  it.effect("is refused, and nothing is saved", () =>
    Effect.gen(function* () {
      const bytes = new Uint8Array([0, 255, ...new TextEncoder().encode("key-of-the-caller"), 0])
      const { exit, text } = yield* fileOf(
        Verbs.make(Vault)
          .get("/image/key-of-the-caller", { success: Body.bytes() })
          .pipe(
            Effect.provide(
              Vault.layer({
                baseUrl: "https://vault.example",
                credentials: Credentials.bearer(Redacted.make("key-of-the-caller"))
              })
            )
          ),
        responding(() => new Response(bytes, { headers: { "content-type": "image/png" } }))
      )
      expect(text).toBe("")
      expect(String(exit)).toContain(
        "the response of exchange 0 (GET https://vault.example/image/redacted-1) has a secret of the call in a body that is not text (image/png)"
      )
    })
  )
})
