import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { OriginState, Tokens } from "effect-herald"
import { FileTokenStore } from "effect-herald/node"
import * as RateLimit from "effect-herald/rate-limit"
import { Caller, status, stub } from "../support/kit.js"

const baseUrl = "https://api.test"
const grant = Effect.succeed({ accessToken: Redacted.make("token") })

/** Values that are no durations. JavaScript permits them. */
const notDurations = [Number.NaN, -1, -1n, "-1 minute", [-1, 0], [0, -1], "a while", "", {}, null, [], true]
const notNumbers = [Number.NaN, -1, -0.5, "many", "5", {}, null]

/** Layers with one option each. */
const durations: Readonly<Record<string, (value: never) => Layer.Layer<never, unknown>>> = {
  deadline: (deadline) => Caller.layer({ baseUrl, deadline }) as Layer.Layer<never, unknown>,
  attemptDeadline: (attemptDeadline) => Caller.layer({ baseUrl, attemptDeadline }) as Layer.Layer<never, unknown>,
  refreshMargin: (refreshMargin) =>
    Caller.layer({
      baseUrl,
      credentials: Tokens.make({ name: "a", identity: "a", grant, refreshMargin })
    }).pipe(Layer.provide(stub([status(200)]).layer)) as Layer.Layer<never, unknown>,
  window: (window) => RateLimit.layerMemory({ limit: 1, window }) as Layer.Layer<never, unknown>
}

const numbers: Readonly<Record<string, (value: never) => Layer.Layer<never, unknown>>> = {
  limit: (limit) => RateLimit.layerMemory({ limit, window: "1 second" }) as Layer.Layer<never, unknown>,
  ...Object.fromEntries(
    ["capacity", "reserve", "perSuccess", "perSecond"].map((name) => [
      name,
      (value: never) => OriginState.layer({ budget: { [name]: value } }) as Layer.Layer<never, unknown>
    ])
  )
}

const expectRefused = (name: string, layer: Layer.Layer<never, unknown>) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(Effect.scoped(Layer.build(layer)))
    expect(ConfigError.isConfigError(error)).toBe(true)
    expect(error).toMatchObject({ _op: "InvalidData", path: expect.arrayContaining([name]) })
  })

describe("an option of tokens", () => {
  it.scoped.each([
    ...["", undefined, null, 5].flatMap((value) => [
      ["name", value],
      ["identity", value]
    ]),
    ...["perGrant", "", "Fixed", null, true].map((value) => ["subject", value]),
    ...["refresh", "probe", "apply"].flatMap((option) => ["x", null, {}].map((value) => [option, value])),
    ...[undefined, "x", { accessToken: "x" }].map((value) => ["grant", value]),
    ...[-1n, [-1, 0], "-1 minute"].map((value) => ["refreshMargin", value])
  ])("that is invalid is a ConfigError: %s %s", ([option, value]) =>
    Effect.gen(function* () {
      const options = { name: "a", identity: "a", grant, [String(option)]: value }
      // The values are those of JavaScript.
      const error = yield* Effect.flip(Tokens.make(options as Tokens.Options))
      expect(ConfigError.isConfigError(error) && "path" in error ? error.path : error).toEqual([option])
    }).pipe(Effect.provide(stub([status(200)]).layer))
  )
})

describe("an option of a layer", () => {
  it.effect.each(
    Object.entries(durations).flatMap(([name, of]) => notDurations.map((value) => [name, value, of] as const))
  )("that is no duration is a ConfigError: %s: %s", ([name, value, of]) => expectRefused(name, of(value as never)))

  it.effect.each(
    Object.entries(numbers).flatMap(([name, of]) => notNumbers.map((value) => [name, value, of] as const))
  )("that is no number of at least 0 is a ConfigError: %s: %j", ([name, value, of]) =>
    expectRefused(name, of(value as never))
  )

  it.effect.each(["none", null, [], 5, { capacities: 1 }])("that is no retry budget is a ConfigError: %j", (budget) =>
    expectRefused("budget", OriginState.layer({ budget: budget as "unlimited" }) as Layer.Layer<never, unknown>)
  )

  it.effect.each<readonly [string, unknown]>([
    ["retryPolicy", {}],
    ["retryPolicy", null],
    ["headers", null],
    ["headers", 5],
    ["credentials", {}]
  ])("of another kind than an API has is a ConfigError: %s: %j", ([name, value]) =>
    expectRefused(name, Caller.layer({ baseUrl, [name]: value } as never) as Layer.Layer<never, unknown>)
  )

  it.effect.each(["", 5, null, "a\0b"])("that is no directory is a ConfigError: %j", (directory) =>
    expectRefused(
      "directory",
      FileTokenStore.layer({ directory: directory as string }).pipe(Layer.provide(NodeFileSystem.layer)) as Layer.Layer<
        never,
        unknown
      >
    )
  )
})
