import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Console } from "node:console"
import { Writable } from "node:stream"
import { format, inspect } from "node:util"
import { Credentials, Token, Tokens, TokenStore, Verbs } from "effect-herald"
import { Loopback } from "effect-herald/node"
import * as OAuth from "effect-herald/oauth"
import * as Polympics from "effect-herald/polympics"
import { Caller, once, status, stub } from "../support/kit.js"
import { shows } from "../support/secretSpellings.js"

/** Visible ASCII, which every kind of credentials accepts. */
const text = "Kx7-hunter2-q9Z"
const secret = Redacted.make(text)

/** The text that a console prints. */
const printedBy = (print: (console: Console) => void): string => {
  let printed = ""
  const stream = new Writable({
    write: (chunk, _, done) => {
      printed += String(chunk)
      done()
    }
  })
  print(new Console(stream))
  return printed
}

/** Every way in which programs and their loggers print a value. */
const printers: Readonly<Record<string, (value: unknown) => string | Promise<string>>> = {
  "console.log": (value) => printedBy((console) => console.log(value)),
  "console.dir": (value) => printedBy((console) => console.dir(value, { depth: Infinity, showHidden: true })),
  String: (value) => String(value),
  "a template": (value) => `${value as string}`,
  "JSON.stringify": (value) => JSON.stringify(value) ?? "",
  "JSON.stringify with its own spaces": (value) => JSON.stringify({ value: [value] }, null, 2),
  "util.format": (value) => format("%s %o %O %j", value, value, value, value),
  "util.inspect": (value) => inspect(value),
  "util.inspect of everything": (value) =>
    inspect(value, { depth: Infinity, showHidden: true, getters: true, maxArrayLength: null, maxStringLength: null }),
  "util.inspect without methods of the value": (value) =>
    inspect(value, { depth: Infinity, showHidden: true, customInspect: false, showProxy: true }),
  "Inspectable.format": (value) => Inspectable.toStringUnknown(value),
  "own properties": (value) =>
    typeof value === "object" && value !== null
      ? JSON.stringify(Object.getOwnPropertyNames(value).map((name) => String(Reflect.get(value, name))))
      : "",
  ...Object.fromEntries(
    (
      [
        ["logfmt", Logger.logfmtLogger],
        ["JSON", Logger.jsonLogger],
        ["text", Logger.stringLogger]
      ] as const
    ).map(([name, logger]) => [
      `Effect.log in ${name}`,
      (value: unknown) => {
        let printed = ""
        const collecting = Logger.map(logger, (line) => {
          printed += line
        })
        return Effect.runPromise(
          Effect.log(value, { value }).pipe(
            Effect.annotateLogs("value", value),
            Effect.provide(Logger.replace(Logger.defaultLogger, collecting)),
            Effect.map(() => printed)
          )
        )
      }
    ])
  ),
  "Cause.pretty": (value) => Cause.pretty(Cause.fail(value)) + Cause.pretty(Cause.die(value)),
  "an Exit": (value) => String(Exit.succeed(value)) + inspect(Exit.fail(value), { depth: Infinity })
}

const baseUrl = "https://api.test"
const server = { tokenEndpoint: "https://auth.test/token", authorizationEndpoint: "https://auth.test/authorize" }
const deviceServer = { ...server, deviceAuthorizationEndpoint: "https://auth.test/device" }
const client = { clientId: "us", clientSecret: secret }
const response: Token.TokenResponse = { accessToken: secret, refreshToken: secret, expiresIn: 3600 }
const parameters = { pin: secret }
const receiver = Loopback.receiver({ open: () => Effect.void })
const account = { username: "A1", password: secret }

/** All credentials that the library makes. */
const credentials: Readonly<
  Record<string, Effect.Effect<Credentials.Credentials, unknown, HttpClient.HttpClient | Scope.Scope>>
> = {
  bearer: Credentials.bearer(secret),
  "bearer with a name": Credentials.bearer(secret, { name: "us" }),
  token: Credentials.token(secret),
  "a key in a header": Credentials.apiKey({ header: "x-key", key: secret }),
  "a key in a query": Credentials.apiKey({ query: "key", key: secret }),
  basic: Credentials.basic({ username: "bob", password: secret }),
  "a function with a secret": Credentials.make("us", HttpClientRequest.setHeader("x-key", text)),
  "tokens of one's own": Tokens.make({
    name: "us",
    identity: "us",
    grant: Effect.sync(() => response),
    refresh: () => Effect.sync(() => response)
  }),
  "client credentials": OAuth.clientCredentials({ server, client, parameters }),
  "client credentials in the body": OAuth.clientCredentials({
    server,
    client: { ...client, authentication: "post" },
    parameters
  }),
  "an authorization code": OAuth.authorizationCode({ server, client, parameters, receiver }),
  "a device code": OAuth.deviceCode({ server: deviceServer, client, parameters, show: () => Effect.void }),
  "a refresh token": OAuth.refreshToken({ server, client, parameters, refreshToken: secret })
}

const { get, post } = Verbs.make(Caller)

describe("a value of the library", () => {
  const transport = stub([status(200)]).layer

  /** Checks that a value shows the secret in no way. */
  const expectClean = (name: string, value: unknown) =>
    Effect.promise(async () => {
      for (const [how, print] of Object.entries(printers)) {
        const printed = await print(value)
        expect([name, how, shows(printed, text)]).toEqual([name, how, false])
      }
    })

  it.effect.each(Object.entries(credentials))("shows no secret, whatever prints it: %s", ([name, effect]) =>
    Effect.scoped(
      Effect.gen(function* () {
        yield* expectClean(`${name}, not made yet`, effect)
        const made = yield* effect
        yield* expectClean(name, made)
        for (const [member, value] of Object.entries(made)) yield* expectClean(`${name}.${member}`, value)
        const layer = Caller.layer({ baseUrl, credentials: Effect.succeed(made) })
        const pending = Caller.layer({ baseUrl, credentials: Effect.orDie(effect) })
        yield* expectClean(`the layer of ${name}`, layer)
        yield* expectClean(`the layer of ${name}, not made yet`, pending)
        yield* expectClean(`the service of ${name}`, yield* Effect.provide(Caller, layer))
        yield* expectClean(`the context of ${name}`, yield* Layer.build(layer))
        const request = HttpClientRequest.get(baseUrl)
        yield* expectClean(`authorize of ${name}`, made.authorize(request))
        if (!("revoke" in made)) yield* expectClean(`a request with ${name}`, yield* made.authorize(request))
        yield* expectClean(`rejected of ${name}`, made.rejected(1))
      })
    ).pipe(Effect.provide(transport))
  )

  it.effect("shows no secret, whatever prints it: the token of credentials", () =>
    Effect.gen(function* () {
      const tokens = yield* Tokens.make({ name: "us", identity: "us", grant: Effect.sync(() => response) })
      const token = yield* tokens.token()
      const others: Readonly<Record<string, unknown>> = {
        token,
        "token()": tokens.token(),
        "token({ forceNew })": tokens.token({ forceNew: true }),
        forget: tokens.forget,
        forgotten: yield* tokens.forget,
        fromTokenResponse: Token.fromTokenResponse(response, undefined, 0),
        "fromTokenResponse, run": yield* Token.fromTokenResponse(response, token, 0),
        parse: Token.parse(Token.stringify(token)),
        "parse, run": yield* Token.parse(Token.stringify(token)),
        "a store": yield* TokenStore.makeMemory
      }
      for (const [name, value] of Object.entries(others)) yield* expectClean(name, value)
      const store = yield* TokenStore.makeMemory
      yield* expectClean("save", store.save("us", Token.stringify(token)))
      yield* store.save("us", Token.stringify(token))
      yield* expectClean("load", store.load("us"))
      yield* expectClean("a store with a token", store)
    }).pipe(Effect.scoped, Effect.provide(transport))
  )

  it.effect("shows no secret, whatever prints it: operations with Redacted input, and their failures", () =>
    Effect.gen(function* () {
      const failing = stub([status(401, { "www-authenticate": `Bearer error="${text}"` }, JSON.stringify({ text }))])
      const calls: Readonly<Record<string, Effect.Effect<unknown, unknown, Caller | HttpClient.HttpClient>>> = {
        headers: get("/a", { headers: { "x-key": secret } }),
        form: post("/a", { form: { password: secret } }),
        query: get("/a", { query: { key: secret } }),
        "a path": get("/a/{key}", { path: { key: secret } } as never)
      }
      for (const [name, call] of Object.entries(calls)) {
        yield* expectClean(name, call)
        const exit = yield* Effect.exit(call).pipe(
          Effect.provide(Layer.mergeAll(Caller.layer({ baseUrl, credentials: Credentials.bearer(secret) }), once)),
          Effect.provide(failing.layer)
        )
        expect(Exit.isFailure(exit)).toBe(true)
        yield* expectClean(`${name}, failed`, exit)
        if (Exit.isFailure(exit)) yield* expectClean(`the error of ${name}`, Cause.squash(exit.cause))
      }
    })
  )

  it.effect("shows no secret, whatever prints it: settings that are read from the environment", () =>
    Effect.gen(function* () {
      const provider = ConfigProvider.fromMap(
        new Map([
          ["KEY", text],
          ["POLYMPICS_URL", baseUrl],
          ["POLYMPICS_USERNAME", "A1"],
          ["POLYMPICS_PASSWORD", text]
        ])
      )
      const layers: Readonly<Record<string, Layer.Layer<any, unknown>>> = {
        "a layer of a Config": Caller.layerConfig({
          baseUrl,
          credentials: Config.map(Config.redacted("KEY"), (key) => Credentials.bearer(key))
        }),
        "Polympics.app": Polympics.app(account, { baseUrl }),
        "Polympics.user": Polympics.user({ ...account, username: "S1" }, { baseUrl }),
        "Polympics.appConfig": Polympics.appConfig()
      }
      for (const [name, layer] of Object.entries(layers)) {
        yield* expectClean(name, layer)
        const context = yield* Layer.build(layer).pipe(Effect.scoped, Effect.withConfigProvider(provider))
        yield* expectClean(`the context of ${name}`, context)
      }
    })
  )
})
