import { describe, expect, it } from "@effect/vitest"
import * as ConfigError from "effect/ConfigError"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { inspect } from "node:util"
import { Authoriser, Credentials, Verbs } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import { at, bearing, Caller, once, status, stub, thing } from "../../../support/kit.js"

/*
 * Credentials are sent over https only, or to loopback.
 */

const { delete: remove, get, post } = Verbs.make(Caller)

const secureUrls = [
  "https://api.test",
  "https://api.test:8443/v1",
  "https://127.0.0.1.evil.test",
  "http://localhost",
  "http://LOCALHOST:8080/v1",
  "http://127.0.0.1",
  "http://127.0.0.1:8000/",
  "http://127.1.2.3",
  "http://127.255.255.254",
  "http://127.1",
  "http://127.0.0.1.",
  "http://0x7f.1",
  "http://2130706433",
  "http://[::1]",
  "http://[::1]:8080/v1",
  "http://[0:0:0:0:0:0:0:1]"
]

/** Without the ones that this version of Node does not parse. */
const insecureUrls = [
  "http://api.test",
  "http://api.test:443",
  "http://localhost.evil.test",
  "http://127.0.0.1.evil.test",
  "http://evil-localhost",
  "http://evillocalhost",
  "http://localhost.",
  // Names below `localhost` may be resolved by DNS.
  "http://api.localhost",
  "http://a.b.localhost:1",
  "http://.localhost",
  "http://127.0.0.1.localhost",
  "http://loopback",
  "http://ip6-localhost",
  "http://localhost-evil.test",
  "http://xn--localhost-x1a",
  "http://.localhost.evil.test",
  "http://128.0.0.1",
  "http://126.255.255.255",
  "http://12.7.0.1",
  "http://1127.0.0.1.test",
  "http://10.0.0.1",
  "http://192.168.0.1",
  "http://172.17.0.1",
  "http://169.254.169.254",
  "http://0.0.0.0",
  "http://[::]",
  "http://[::2]",
  "http://[::ffff:128.0.0.1]",
  "http://[::ffff:127.0.0.1]",
  "http://[1::1]",
  "http://[fe80::1]",
  "http://host.docker.internal"
].filter((url) => URL.canParse(url))

const secret = "Kx7-hunter2-q9Z"
const app = { username: "A1", password: Redacted.make(secret) }
const user = { username: "S1", password: Redacted.make(secret) }
const credentials = Credentials.bearer(Redacted.make(secret))
const env = (baseUrl: string, username: string) =>
  Layer.setConfigProvider(
    ConfigProvider.fromMap(
      new Map([
        ["POLYMPICS_URL", baseUrl],
        ["POLYMPICS_USERNAME", username],
        ["POLYMPICS_PASSWORD", secret]
      ])
    )
  )

type Options = { readonly insecure?: boolean }
/** Every layer with credentials. */
const layers: ReadonlyArray<
  readonly [
    name: string,
    makeLayer: (baseUrl: string, options?: Options) => Layer.Layer<never, ConfigError.ConfigError>
  ]
> = [
  ["Authoriser.layer", (baseUrl, options) => Authoriser.layer(Caller, { baseUrl, credentials, ...options })],
  [
    "Authoriser.layer with a URL object",
    (baseUrl, options) => Authoriser.layer(Caller, { baseUrl: new URL(baseUrl), credentials, ...options })
  ],
  ["Polympics.app", (baseUrl, options) => Polympics.app(app, { baseUrl, ...options })],
  ["Polympics.user", (baseUrl, options) => Polympics.user(user, { baseUrl, ...options })],
  [
    "Polympics.appConfig",
    (baseUrl, options) => Layer.provide(Polympics.appConfig(undefined, options), env(baseUrl, "A1"))
  ],
  [
    "Polympics.userConfig",
    (baseUrl, options) => Layer.provide(Polympics.userConfig(undefined, options), env(baseUrl, "S1"))
  ]
]

const build = <A, E>(layer: Layer.Layer<A, E>) => Effect.either(Effect.scoped(Layer.build(layer)))

describe.each(layers)("%s with credentials", (_, makeLayer) => {
  it.effect("builds for https and for loopback", () =>
    Effect.gen(function* () {
      for (const baseUrl of secureUrls) {
        expect([baseUrl, Either.isRight(yield* build(makeLayer(baseUrl)))]).toEqual([baseUrl, true])
      }
    })
  )

  it.effect("fails for http to another machine, even if its name looks like loopback", () =>
    Effect.gen(function* () {
      for (const baseUrl of insecureUrls) {
        const result = yield* build(makeLayer(baseUrl))
        expect([baseUrl, Either.isLeft(result)]).toEqual([baseUrl, true])
        const error = Either.getOrThrow(Either.flip(result))
        expect(error).toMatchObject({ _op: "InvalidData", path: ["baseUrl"] })
        expect(String(error)).toContain("insecure")
        expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(secret)
      }
    })
  )

  it.effect("builds for any URL if `insecure` is true, and only then", () =>
    Effect.gen(function* () {
      for (const baseUrl of insecureUrls) {
        expect(Either.isRight(yield* build(makeLayer(baseUrl, { insecure: true })))).toBe(true)
        expect(Either.isRight(yield* build(makeLayer(baseUrl, { insecure: false })))).toBe(false)
        // A value that JavaScript may pass.
        expect(Either.isRight(yield* build(makeLayer(baseUrl, { insecure: "false" } as unknown as Options)))).toBe(
          false
        )
      }
    })
  )
})

describe("Authoriser.layer without credentials", () => {
  it.effect("allows http to any machine", () =>
    Effect.gen(function* () {
      for (const baseUrl of insecureUrls) {
        const client = stub([status(200)])
        const layers = Layer.mergeAll(Authoriser.layer(Caller, { baseUrl }), once, client.layer)
        expect(yield* Effect.provide(get("/"), layers)).toEqual({ ok: true })
        expect(Either.isRight(yield* build(Polympics.anonymous({ baseUrl })))).toBe(true)
      }
    })
  )

  it.effect("sends other headers of a call over http", () =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      yield* get("/", { headers: { "user-agent": "us", "x-a": "b" } }).pipe(
        Effect.provide(Layer.mergeAll(at(new URL("http://api.test")), once, client.layer))
      )
      expect(client.requests).toHaveLength(1)
    })
  )
})

describe("Authoriser.layer", () => {
  it.effect("sends credentials over https, to loopback, and anywhere if `insecure` is true", () =>
    Effect.gen(function* () {
      for (const [baseUrl, options] of [
        ...secureUrls.map((baseUrl) => [baseUrl, {}] as const),
        ...insecureUrls.map((baseUrl) => [baseUrl, { insecure: true }] as const)
      ]) {
        const client = stub([status(200)])
        const caller = Authoriser.layer(Caller, { baseUrl, credentials, ...options })
        yield* Effect.provide(get("/"), Layer.mergeAll(caller, once, client.layer))
        expect(client.requests[0]?.request.headers["authorization"]).toBe(`Bearer ${secret}`)
      }
    })
  )
})

describe("an Authoriser service that was not made by Authoriser.make", () => {
  const byHeader = bearing({ authorization: `Bearer ${secret}` })
  const byCustomHeader = bearing({ "x-api-key": secret })
  const byQuery = Credentials.apiKey({ query: "key", key: Redacted.make(secret) })

  it.effect("sends no credentials over http to another machine", () =>
    Effect.gen(function* () {
      for (const credentials of [byHeader, byCustomHeader, yield* byQuery]) {
        for (const baseUrl of insecureUrls) {
          const client = stub([status(200)])
          const layers = Layer.mergeAll(at(new URL(baseUrl), { credentials }), client.layer)
          for (const call of [
            get("/"),
            post("/", { json: {} }),
            remove("/"),
            thing("GET"),
            thing("PUT", { idempotent: true })
          ]) {
            const error = yield* Effect.flip(Effect.provide(call, layers))
            expect(error).toMatchObject({
              _tag: "AuthoriserError",
              reason: "Insecure",
              attempts: [{ class: "Final", verdict: "final", reason: "Insecure" }]
            })
            expect(error.message).toContain("https")
            expect(inspect(error, { depth: Infinity, showHidden: true }) + JSON.stringify(error)).not.toContain(secret)
          }
          expect(client.requests).toEqual([])
        }
      }
    })
  )

  it.effect("sends credentials over https, to loopback, and anywhere if `insecure` is true", () =>
    Effect.gen(function* () {
      for (const [baseUrl, defaults] of [
        ...secureUrls.map((baseUrl) => [baseUrl, {}] as const),
        ...insecureUrls.map((baseUrl) => [baseUrl, { insecure: true }] as const)
      ]) {
        const client = stub([status(200)])
        yield* Effect.provide(
          get("/"),
          Layer.mergeAll(at(new URL(baseUrl), { credentials: byHeader, defaults }), once, client.layer)
        )
        expect(client.requests[0]?.request.headers["authorization"]).toBe(`Bearer ${secret}`)
      }
    })
  )

  it.effect("allows http to any machine if its credentials add nothing", () =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      yield* Effect.provide(get("/"), Layer.mergeAll(at(new URL("http://api.test")), once, client.layer))
      expect(client.requests).toHaveLength(1)
    })
  )
})

describe("credentials in the headers of a call", () => {
  const all = [
    { authorization: `Bearer ${secret}` },
    { Authorization: Redacted.make(`Bearer ${secret}`) },
    { Cookie: `session=${secret}` },
    { "proxy-authorization": `Basic ${secret}` }
  ]

  it.effect("are not sent over http to another machine", () =>
    Effect.gen(function* () {
      for (const headers of all) {
        const client = stub([status(200)])
        const caller = Authoriser.layer(Caller, { baseUrl: "http://api.test" })
        const error = yield* get("/", { headers }).pipe(Effect.flip, Effect.provide(Layer.merge(caller, client.layer)))
        expect(error).toMatchObject({ _tag: "AuthoriserError", reason: "Insecure" })
        expect(inspect(error, { depth: Infinity, showHidden: true }) + JSON.stringify(error)).not.toContain(secret)
        expect(client.requests).toEqual([])
      }
    })
  )

  it.effect("are sent over https, to loopback, and anywhere if `insecure` is true", () =>
    Effect.gen(function* () {
      for (const headers of all) {
        for (const options of [
          { baseUrl: "https://api.test" },
          { baseUrl: "http://127.0.0.1:1" },
          { baseUrl: "http://api.test", insecure: true }
        ]) {
          const client = stub([status(200)])
          yield* get("/", { headers }).pipe(
            Effect.provide(Layer.mergeAll(Authoriser.layer(Caller, options), once, client.layer))
          )
          expect(JSON.stringify(client.requests[0]?.request.headers)).toContain(
            Object.keys(headers)[0]?.toLowerCase() ?? "none"
          )
        }
      }
    })
  )
})

describe("base URLs", () => {
  it.effect.each([
    "",
    "api.test",
    "/v1",
    "ftp://api.test",
    "javascript:alert(1)",
    "https://",
    "https://bob:hunter2@api.test",
    "https://hunter2@api.test",
    "https://api.test?key=hunter2",
    "https://api.test/#hunter2",
    "http://bob:hunter2@localhost"
  ])("%j is rejected by every layer, with an error that does not contain it", (baseUrl) =>
    Effect.gen(function* () {
      const all = [
        Authoriser.layer(Caller, { baseUrl }),
        Authoriser.layer(Caller, { baseUrl, insecure: true }),
        Polympics.anonymous({ baseUrl }),
        ...layers
          .filter(([name]) => !name.endsWith("URL object"))
          .map(([, makeLayer]) => makeLayer(baseUrl, { insecure: true }))
      ]
      for (const layer of all) {
        const error = yield* Effect.flip(
          Effect.scoped(Layer.build(layer as Layer.Layer<never, ConfigError.ConfigError>))
        )
        expect(ConfigError.isConfigError(error)).toBe(true)
        expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain("hunter2")
      }
    })
  )
})
