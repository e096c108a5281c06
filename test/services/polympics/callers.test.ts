import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Config from "effect/Config"
import { Snowflake } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import { basic } from "./support/callers.js"
import { inProcess, json } from "../../support/inProcess.js"
import { account } from "./support/wire.js"

const secret = "s3cret+Xyzzy"
const password = Redacted.make(secret)
const get = Polympics.getAccount(Snowflake.Snowflake.make("1"))

const server = () => {
  const http = inProcess(({ target }) =>
    target === "/auth/me"
      ? json({ name: "app", permissions: 0, username: "A1" })
      : target === "/auth/create_session"
        ? json({ username: "S5", password: "of the session", expires_at: 1617278400 }, 201)
        : json(account("1"))
  )
  return { ...http, credentials: () => http.sent.map(({ headers }) => headers["authorization"]) }
}

const configured = (variables: Record<string, string>) =>
  Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

const authorization = <E>(caller: Layer.Layer<Polympics.Authoriser, E>, variables: Record<string, string> = {}) => {
  const http = server()
  return get.pipe(
    Effect.provide(Layer.merge(caller, http.layer)),
    Effect.provide(configured(variables)),
    Effect.map(() => http.credentials())
  )
}

describe("credentials", () => {
  it.effect("are given as values", () =>
    Effect.gen(function* () {
      expect(yield* authorization(Polympics.anonymous())).toEqual([undefined])
      expect(yield* authorization(Polympics.app({ username: "A1", password }))).toEqual([basic("A1", secret)])
      expect(yield* authorization(Polympics.user({ username: "S1", password }))).toEqual([basic("S1", secret)])
    })
  )

  it.effect("can be in lower case, and are sent unchanged", () =>
    Effect.gen(function* () {
      expect(yield* authorization(Polympics.app({ username: "a1", password }))).toEqual([basic("a1", secret)])
      expect(yield* authorization(Polympics.user({ username: "s1", password }))).toEqual([basic("s1", secret)])
    })
  )

  it.effect("are sent in UTF-8", () =>
    Effect.gen(function* () {
      const unicode = Polympics.app({ username: "A1", password: Redacted.make("pä:ss😀") })
      expect(yield* authorization(unicode)).toEqual([basic("A1", "pä:ss😀")])
    })
  )

  it.effect("are read from the environment", () =>
    Effect.gen(function* () {
      const app = { POLYMPICS_USERNAME: "A3", POLYMPICS_PASSWORD: secret }
      const user = { POLYMPICS_USERNAME: "S3", POLYMPICS_PASSWORD: secret }
      expect(yield* authorization(Polympics.anonymousConfig(), {})).toEqual([undefined])
      expect(yield* authorization(Polympics.appConfig(), app)).toEqual([basic("A3", secret)])
      expect(yield* authorization(Polympics.userConfig(), user)).toEqual([basic("S3", secret)])
    })
  )

  it.effect("are read from a Config", () =>
    Effect.gen(function* () {
      const caller = Polympics.appConfig({
        username: Config.string("WHO"),
        password: Config.redacted("HOW"),
        baseUrl: Config.succeed("https://example.com")
      })
      expect(yield* authorization(caller, { WHO: "A4", HOW: secret })).toEqual([basic("A4", secret)])
    })
  )
})

describe("missing or invalid configuration", () => {
  const at = (baseUrl: string) => ({ username: "A1", password, baseUrl })
  const appAt = (baseUrl: string) => Polympics.app({ username: "A1", password }, { baseUrl })
  const cases: ReadonlyArray<{
    readonly title: string
    readonly layer: Layer.Layer<Polympics.Authoriser, unknown>
    readonly words: ReadonlyArray<string>
    readonly variables?: Record<string, string>
  }> = [
    { title: "a relative base URL", layer: appAt(`/${secret}`), words: ["baseUrl", "absolute"] },
    { title: "no base URL at all", layer: appAt(""), words: ["baseUrl", "absolute"] },
    { title: "another scheme", layer: appAt(`ftp://example.com/${secret}`), words: ["http or https"] },
    {
      title: "a user in a base URL",
      layer: appAt(`https://${secret}@example.com`),
      words: ["must not hold credentials"]
    },
    {
      title: "a password in a base URL",
      layer: appAt(`https://:${secret}@example.com`),
      words: ["must not hold credentials"]
    },
    {
      title: "a query in a base URL",
      layer: appAt(`https://example.com?token=${secret}`),
      words: ["must not have a query"]
    },
    { title: "an empty query in a base URL", layer: appAt("https://example.com/?"), words: ["must not have a query"] },
    {
      title: "an empty fragment in a base URL",
      layer: appAt("https://example.com/#"),
      words: ["must not have a query or a fragment"]
    },
    {
      title: "a fragment in a base URL",
      layer: appAt(`https://example.com#${secret}`),
      words: ["must not have a query or a fragment"]
    },
    {
      title: "the base URL of an anonymous caller",
      layer: Polympics.anonymous({ baseUrl: new URL(`ftp://example.com/${secret}`) }),
      words: ["http or https"]
    },
    ...["S1", "1", "A", "A1x", "A-1", "A1:x", "", "A1\n", secret].map((username) => ({
      title: `${JSON.stringify(username)} for an app`,
      layer: Polympics.app({ username, password }),
      words: ["username", "A and a number"]
    })),
    ...["A1", "S", "S1.5", secret].map((username) => ({
      title: `${JSON.stringify(username)} for a user`,
      layer: Polympics.user({ username, password }),
      words: ["username", "S and a number"]
    })),
    {
      title: "a user name that is not configured",
      layer: Polympics.appConfig(),
      variables: { POLYMPICS_PASSWORD: secret },
      words: ["POLYMPICS_USERNAME"]
    },
    {
      title: "a password that is not configured",
      layer: Polympics.userConfig(),
      variables: { POLYMPICS_USERNAME: "S1" },
      words: ["POLYMPICS_PASSWORD"]
    },
    {
      title: "an app's configuration for a user",
      layer: Polympics.userConfig(),
      variables: { POLYMPICS_USERNAME: "A1", POLYMPICS_PASSWORD: secret },
      words: ["username", "S and a number"]
    },
    {
      title: "a configured base URL",
      layer: Polympics.anonymousConfig(),
      variables: { POLYMPICS_URL: secret },
      words: ["baseUrl", "absolute"]
    },
    {
      title: "a base URL from a Config",
      layer: Polympics.appConfig(Config.succeed(at(`https://${secret}@example.com`))),
      words: ["must not hold credentials"]
    }
  ]
  it.effect.each(cases)("fails the layer, and shows no secret: $title", ({ layer, variables = {}, words }) => {
    const http = server()
    return Effect.gen(function* () {
      const cause = yield* get.pipe(
        Effect.provide(Layer.merge(layer, http.layer)),
        Effect.provide(configured(variables)),
        Effect.sandbox,
        Effect.flip
      )
      const error = Cause.squash(cause)
      const shown = [String(error), JSON.stringify(error), inspect(error, { depth: 9 }), Cause.pretty(cause)].join()
      for (const word of words) expect(shown).toContain(word)
      expect(inspect(error)).toMatch(/InvalidData|MissingData/)
      expect(shown).not.toContain(secret)
      expect(http.sent).toEqual([])
    })
  })
})

describe("a program", () => {
  it.effect("can have two tenants at once", () =>
    Effect.gen(function* () {
      const http = server()
      const tenant = (username: string) =>
        Effect.forEach(["1", "2"], (id) => Polympics.getAccount(Snowflake.Snowflake.make(id))).pipe(
          Effect.provide(Polympics.app({ username, password: Redacted.make(`of ${username}`) })),
          Effect.fork
        )
      const fibers = yield* Effect.forEach(["A1", "A2"], tenant).pipe(Effect.provide(http.layer))
      yield* Effect.forEach(fibers, (fiber) => fiber.await)
      const one = basic("A1", "of A1")
      const other = basic("A2", "of A2")
      expect(http.credentials().sort()).toEqual([one, one, other, other].sort())
    })
  )

  it.effect("can act as a user within an app, whose operations use the app's credentials", () =>
    Effect.gen(function* () {
      const http = server()
      const asApp = basic("A1", secret)
      const asUser = basic("S5", "of the session")
      yield* Effect.gen(function* () {
        const session = yield* Polympics.createSession(Snowflake.Snowflake.make("1"))
        yield* Effect.gen(function* () {
          yield* get
          yield* Polympics.updateAccount(Snowflake.Snowflake.make("1"), { name: "Bob" })
          yield* Polympics.getApp()
          yield* Polympics.createSession(Snowflake.Snowflake.make("2"))
        }).pipe(Effect.provide(Polympics.user(session)))
        yield* get
      }).pipe(Effect.provide(Layer.merge(Polympics.app({ username: "A1", password }), http.layer)))
      expect(http.sent.map(({ headers, target }) => [target, headers["authorization"]])).toEqual([
        ["/auth/create_session", asApp],
        ["/account/1", asUser],
        ["/account/1", asUser],
        ["/auth/me", asApp],
        ["/auth/create_session", asApp],
        ["/account/1", asApp]
      ])
    })
  )
})
