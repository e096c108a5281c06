import type { HttpClient } from "@effect/platform/HttpClient"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { Authoriser as HeraldAuthoriser } from "effect-herald"
import * as Civis from "effect-herald/civis"
import { DiskCache } from "effect-herald/node"
import { cacheDirectory } from "./cacheDirectory.js"
import { callFailure, secretsOf } from "./call/errors.js"
import { civis } from "./documentKey.js"
import { exitCodes } from "./exitCodes.js"
import { Failure } from "./Failure.js"
import type { Io } from "./Io.js"

export { Authoriser, convention } from "effect-herald/civis"

/** The settings of Civis are read from the environment of the command. */
const configured = (env: Io["env"]) =>
  Layer.setConfigProvider(
    ConfigProvider.fromMap(
      new Map(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])))
    )
  )

const keyOf = (env: Io["env"]): Redacted.Redacted => {
  const key = env["CIVIS_API_KEY"] ?? ""
  if (key !== "") return Redacted.make(key)
  throw new Failure(exitCodes.unauthorized, "Civis needs a key: set CIVIS_API_KEY to an API key of your account.")
}

/** Returns the specification of Civis, with its corrections. It is kept on disk for a day. */
export const specification = (
  io: Pick<Io, "env" | "stderr">
): Effect.Effect<Civis.Specification, unknown, HttpClient> =>
  Effect.suspend(() =>
    Effect.flatMap(Civis.Specifications, ({ get }) => get({ forceRefresh: false, lifetime: Duration.hours(24) })).pipe(
      Effect.provide(
        layer(keyOf(io.env), undefined, {}, io.env).pipe(
          Layer.provide(DiskCache.store({ directory: cacheDirectory(io.env, "civis") }))
        )
      ),
      Effect.mapError((error) =>
        callFailure(error, { shown: "endpoints list", secrets: secretsOf({ convention: civis }) }, io)
      )
    )
  )

/** A layer of Civis for calls. Without a base URL, that of `CIVIS_API_ENDPOINT`, or the public one. */
export const layer = (
  apiKey: Redacted.Redacted,
  baseUrl: string | undefined,
  defaults: HeraldAuthoriser.Defaults,
  env: Io["env"]
) => {
  const endpoint = env["CIVIS_API_ENDPOINT"]
  return Civis.layer({
    ...defaults,
    apiKey,
    baseUrl: baseUrl ?? (endpoint === undefined || endpoint === "" ? Civis.defaultBaseUrl : endpoint)
  }).pipe(Layer.provide(configured(env)))
}

/** A layer of Civis for calls by the owner of the key in the environment. A request that is only printed needs no key. */
export const callLayer = (
  env: Io["env"],
  {
    baseUrl,
    defaults,
    placeholder
  }: {
    readonly baseUrl: string | undefined
    readonly defaults: HeraldAuthoriser.Defaults
    readonly placeholder: Redacted.Redacted | undefined
  }
) => layer(placeholder ?? keyOf(env), baseUrl, defaults, env)
