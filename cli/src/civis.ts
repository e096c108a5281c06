import type { HttpClient } from "@effect/platform/HttpClient"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Civis from "effect-herald/civis"
import { DiskCache } from "effect-herald/node"
import { homedir } from "node:os"
import { join } from "node:path"
import { exitCodes } from "./exitCodes.js"
import { Failure } from "./Failure.js"
import type { Io } from "./Io.js"

export { convention } from "effect-herald/civis"

/** The settings of Civis in the environment of the command. */
const configured = (env: Io["env"]) =>
  Layer.setConfigProvider(
    ConfigProvider.fromMap(
      new Map(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])))
    )
  )

/** Fails if there is no key. */
const requireKey = (env: Io["env"]): Effect.Effect<void, Failure> =>
  (env["CIVIS_API_KEY"] ?? "") === ""
    ? Effect.fail(
        new Failure(exitCodes.unauthorized, "Civis needs a key: set CIVIS_API_KEY to the API key of your account.")
      )
    : Effect.void

/** Returns the specification of Civis, as the server sent it. It is kept on disk for a day. */
export const specification = (env: Io["env"]): Effect.Effect<string, unknown, HttpClient> =>
  Effect.zipRight(
    requireKey(env),
    Effect.provide(
      Civis.spec(),
      Civis.layerConfig().pipe(
        Layer.provide(DiskCache.store({ directory: cacheDirectory(env) })),
        Layer.provide(configured(env))
      )
    )
  )

const cacheDirectory = (env: Io["env"]): string => {
  const cache = env["XDG_CACHE_HOME"]
  const base = cache === undefined || !cache.startsWith("/") ? join(env["HOME"] ?? homedir(), ".cache") : cache
  return join(base, "herald", "civis")
}
