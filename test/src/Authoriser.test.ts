import { describe, expect, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { inspect } from "node:util"
import { Authoriser, Credentials, OriginState, RetryPolicy, Verbs } from "effect-herald"
import { once, status, stub } from "../support/kit.js"

class Weather extends Authoriser.Tag("effect-herald/test/Weather")<Weather>() {}

const baseUrl = "https://api.test"
const { get } = Verbs.make(Weather)

/** The request that a call sends under this layer. */
const sentBy = <E>(layer: Layer.Layer<Weather, E>, call = get("/forecast")) =>
  Effect.gen(function* () {
    const client = stub([status(200)])
    yield* Effect.provide(call, Layer.mergeAll(layer, once, client.layer))
    return client.requests[0]!.request
  })

const build = <A, E>(layer: Layer.Layer<A, E>) => Effect.scoped(Layer.build(layer))

describe("Authoriser.make", () => {
  it.effect.each(["https://api.test", "http://127.0.0.1:8000/v1/", new URL("https://api.test/a%20b")])(
    "accepts the base URL %s",
    (url) =>
      Effect.gen(function* () {
        expect((yield* Authoriser.make({ baseUrl: url })).baseUrl.href).toBe(new URL(url).href)
      })
  )

  it.effect.each([
    ["", "must be an absolute URL, such as https://api.example"],
    ["api.test", "must be an absolute URL, such as https://api.example"],
    ["/v1", "must be an absolute URL, such as https://api.example"],
    ["https://hunter2 hunter2", "must be an absolute URL, such as https://api.example"],
    ["ftp://api.test", "must be an http or https URL"],
    ["javascript:hunter2", "must be an http or https URL"],
    ["https://user:hunter2@api.test", "must not hold credentials: give them as `credentials`"],
    ["https://hunter2@api.test", "must not hold credentials: give them as `credentials`"],
    ["https://api.test?key=hunter2", "must not have a query or a fragment"],
    ["https://api.test#hunter2", "must not have a query or a fragment"]
  ])("fails for the base URL %j with a ConfigError that gives the reason and not the URL", ([url = "", message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Authoriser.make({ baseUrl: url }))
      expect(error).toMatchObject({ _op: "InvalidData", path: ["baseUrl"], message })
      expect(String(error)).not.toContain("hunter2")
    })
  )

  it.effect.each([
    ["an empty name", { "": "a" }],
    ["a name with a space", { "x a": "a" }],
    ["a name with a line break", { "x-a\r\nx-evil": "a" }],
    ["a value with a line break", { "x-a": "hunter2\r\nx-evil: 1" }],
    ["a value beyond Latin-1", { "x-a": "hunter2日本" }],
    ["a value that is a number, as JavaScript permits", { "x-a": 1 as unknown as string }]
  ])("fails for default headers with %s, without the value", ([, headers]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Authoriser.make({ baseUrl, headers: headers as Record<string, string> }))
      expect(error).toMatchObject({ _op: "InvalidData", path: ["headers"] })
      expect(inspect(error, { depth: Infinity })).not.toContain("hunter2")
    })
  )

  it.effect.each([
    ["another scope", { scope: "user" }],
    ["a header without a name", { scope: { header: "" } }],
    ["a header that can't exist", { scope: { header: "x bucket" } }],
    ["a header that is no text", { scope: { header: 1 } }],
    ["no header", { scope: {} }],
    ["no scope", { scope: null }]
  ])("fails for rate limits with %s", ([, rateLimit]) =>
    Effect.gen(function* () {
      // Values that only JavaScript permits.
      const options = { baseUrl, rateLimit: rateLimit as Authoriser.Defaults["rateLimit"] }
      expect(yield* Effect.flip(Authoriser.make(options))).toMatchObject({ _op: "InvalidData", path: ["rateLimit"] })
    })
  )

  it.effect.each(["identity", "operation", { header: "x-ratelimit-bucket" }] as const)(
    "accepts rate limits of the scope %j",
    (scope) =>
      Effect.gen(function* () {
        const { defaults } = yield* Authoriser.make({ baseUrl, rateLimit: { scope, trustHeaders: true } })
        expect(defaults.rateLimit).toEqual({ scope, trustHeaders: true })
      })
  )

  it.effect("makes a service without credentials by default", () =>
    Effect.gen(function* () {
      const service = yield* Authoriser.make({ baseUrl, deadline: "5 seconds", retryPolicy: RetryPolicy.none })
      expect(service.credentials).toBe(Credentials.none)
      expect(service.defaults).toEqual({ deadline: "5 seconds", retryPolicy: RetryPolicy.none })
    })
  )

  it.effect("fails with the error of the credentials", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Authoriser.make({ baseUrl, credentials: Effect.fail("no key") }))
      expect(error).toBe("no key")
    })
  )

  it.effect("uses the state of the origin that is around it", () =>
    Effect.gen(function* () {
      const states = yield* OriginState.make()
      const { origin } = yield* Effect.provideService(
        Authoriser.make({ baseUrl: `${baseUrl}/v1` }),
        OriginState.OriginStates,
        states
      )
      expect(origin.budget).toBe(states.forOrigin(baseUrl).budget)
      expect(origin.pause).toBe(states.forOrigin(baseUrl).pause)
    })
  )
})

describe("Authoriser.Tag", () => {
  it("makes a tag with the given key", () => {
    expect(Weather.key).toBe("effect-herald/test/Weather")
    expect(Context.get(Context.make(Weather, "service" as never), Weather)).toBe("service")
  })

  it.effect("makes tags that do not share a service", () =>
    Effect.gen(function* () {
      class Other extends Authoriser.Tag("effect-herald/test/Other")<Other>() {}
      const layers = Layer.merge(Weather.layer({ baseUrl }), Other.layer({ baseUrl: "https://other.test" }))
      const hosts = yield* Effect.provide(
        Effect.all([
          Effect.map(Weather, (service) => service.baseUrl.host),
          Effect.map(Other, (service) => service.baseUrl.host)
        ]),
        layers
      )
      expect(hosts).toEqual(["api.test", "other.test"])
    })
  )
})

describe("layer of a tag", () => {
  it.effect("provides the service with its credentials and defaults", () =>
    Effect.gen(function* () {
      const layer = Weather.layer({
        baseUrl: `${baseUrl}/v1`,
        credentials: Credentials.bearer(Redacted.make("secret")),
        headers: { "accept-language": "en" }
      })
      const { headers, url } = yield* sentBy(layer)
      expect(url).toBe("https://api.test/v1/forecast")
      expect(headers).toMatchObject({ authorization: "Bearer secret", "accept-language": "en" })
    })
  )

  it.effect("is Authoriser.layer for the tag, and needs no receiver", () =>
    Effect.gen(function* () {
      const { layer } = Weather
      expect((yield* sentBy(layer({ baseUrl }))).url).toBe("https://api.test/forecast")
      expect((yield* sentBy(Authoriser.layer(Weather, { baseUrl }))).url).toBe("https://api.test/forecast")
    })
  )

  it.effect("fails with the errors of Authoriser.make", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(build(Weather.layer({ baseUrl: "api.test" })))).toMatchObject({ path: ["baseUrl"] })
      const credentials = Credentials.bearer(Redacted.make("two words"))
      expect(yield* Effect.flip(build(Weather.layer({ baseUrl, credentials })))).toMatchObject({ path: ["token"] })
    })
  )

  it.effect("makes the credentials in the scope of the layer", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const credentials = Effect.as(
        Effect.acquireRelease(
          Effect.sync(() => events.push("acquired")),
          () => Effect.sync(() => events.push("released"))
        ),
        Credentials.none
      )
      const scope = yield* Scope.make()
      yield* Layer.buildWithScope(Weather.layer({ baseUrl, credentials }), scope)
      expect(events).toEqual(["acquired"])
      yield* Scope.close(scope, yield* Effect.exit(Effect.void))
      expect(events).toEqual(["acquired", "released"])
    })
  )
})

describe("layerConfig of a tag", () => {
  const withConfig = (values: Readonly<Record<string, string>>) =>
    Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(values))))

  const layer = Weather.layerConfig({
    baseUrl: Config.string("WEATHER_URL"),
    credentials: Config.map(Config.redacted("WEATHER_KEY"), (key) => Credentials.bearer(key)),
    deadline: Config.withDefault(Config.duration("WEATHER_DEADLINE"), "30 seconds"),
    headers: { "accept-language": "en" }
  })

  it.effect("reads the options that are Configs, and takes the others as they are", () =>
    Effect.gen(function* () {
      const configured = Layer.provide(layer, withConfig({ WEATHER_URL: `${baseUrl}/v2`, WEATHER_KEY: "secret" }))
      const { headers, url } = yield* sentBy(configured)
      expect(url).toBe("https://api.test/v2/forecast")
      expect(headers).toMatchObject({ authorization: "Bearer secret", "accept-language": "en" })
      const { defaults } = yield* Effect.provide(Weather, configured)
      expect(defaults.deadline).toBe("30 seconds")
    })
  )

  it.effect("takes options without any Config", () =>
    Effect.gen(function* () {
      const { layerConfig } = Weather
      expect((yield* sentBy(layerConfig({ baseUrl }))).url).toBe("https://api.test/forecast")
      expect((yield* sentBy(Authoriser.layerConfig(Weather, { baseUrl }))).url).toBe("https://api.test/forecast")
    })
  )

  it.effect.each([
    ["WEATHER_URL", { WEATHER_KEY: "secret" }],
    ["WEATHER_KEY", { WEATHER_URL: baseUrl }]
  ] as const)("fails with a ConfigError that names the setting %s if it is missing", ([name, values]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(build(Layer.provide(layer, withConfig(values))))
      expect(ConfigError.isConfigError(error)).toBe(true)
      expect(error).toMatchObject({ _op: "MissingData", path: [name] })
      expect(String(error)).toContain(name)
    })
  )

  it.effect("fails with a ConfigError if a setting is invalid, without its value", () =>
    Effect.gen(function* () {
      const failure = (values: Readonly<Record<string, string>>) =>
        Effect.flip(build(Layer.provide(layer, withConfig(values))))
      const invalidUrl = yield* failure({ WEATHER_URL: "https://bob:hunter2@api.test", WEATHER_KEY: "secret" })
      expect(invalidUrl).toMatchObject({ _op: "InvalidData", path: ["baseUrl"] })
      const invalidKey = yield* failure({ WEATHER_URL: baseUrl, WEATHER_KEY: "hunter2 hunter2" })
      expect(invalidKey).toMatchObject({ _op: "InvalidData", path: ["token"] })
      for (const error of [invalidUrl, invalidKey]) expect(inspect(error, { depth: Infinity })).not.toContain("hunter2")
    })
  )

  it.effect("refuses credentials over http to another machine, unless `insecure` is set", () =>
    Effect.gen(function* () {
      const config = withConfig({ WEATHER_URL: "http://api.test", WEATHER_KEY: "secret", INSECURE: "true" })
      expect(yield* Effect.flip(build(Layer.provide(layer, config)))).toMatchObject({ path: ["baseUrl"] })
      const insecure = Weather.layerConfig({
        baseUrl: Config.string("WEATHER_URL"),
        credentials: Config.map(Config.redacted("WEATHER_KEY"), (key) => Credentials.bearer(key)),
        insecure: Config.boolean("INSECURE")
      })
      expect((yield* sentBy(Layer.provide(insecure, config))).url).toBe("http://api.test/forecast")
    })
  )
})
