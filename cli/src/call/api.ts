import type { HttpClient } from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import { Authoriser } from "effect-herald"
import { Client, type Convention } from "effect-herald/spec"
import type { Opened } from "../document.js"
import { civis, isEnvironmentOf } from "../documentKey.js"
import { usage } from "../Failure.js"
import type { Io } from "../Io.js"
import type { Values } from "../options.js"
import { authorisation, general, placeholder } from "./auth.js"
import { headersOf, serverUrl, serverVariables } from "./server.js"

class Api extends Authoriser.Tag("effect-herald-cli/Api")<Api>() {}

/** The API of a call. */
export interface CalledApi {
  readonly tag: Context.Tag<Api, Authoriser.Authoriser>
  readonly layer: Layer.Layer<Api, unknown, HttpClient>
  /** The security of the operation, if it is not that of its descriptor. */
  readonly security?: ReadonlyArray<ReadonlyArray<string>> | undefined
}

/** Returns the API of an operation with the server, the credentials and the headers that the options name. */
export const apiOf = async (
  { document, key }: Opened,
  { operation }: Convention.NamedOperation,
  values: Values,
  io: Io
): Promise<CalledApi> => {
  const dryRun = values.has("dry-run")
  const environment = isEnvironmentOf(key.spec, io.env) ? io.env["HERALD_BASE_URL"] : undefined
  const baseUrl = values.get("base-url") ?? (environment === "" ? undefined : environment)
  // Nothing is sent by a dry run.
  const defaults = { headers: headersOf(values.all("header")), insecure: dryRun || values.has("insecure") }
  if (key.convention === civis) {
    if (values.has("auth")) throw usage("The key of Civis is in CIVIS_API_KEY: leave out --auth.")
    const Civis = await import("../civis.js")
    const layer = Civis.callLayer(io.env, { baseUrl, defaults, placeholder: dryRun ? placeholder : undefined })
    // Tags are told apart by their keys; the operation is made with this one.
    return { tag: Civis.Authoriser as never, layer: layer as never }
  }
  const { credentials, security } = await authorisation({
    alternatives: operation.security ?? document.security,
    declared: operation.security !== undefined || document.security.length > 0,
    dryRun,
    given: values.all("auth"),
    io,
    key,
    schemes: document.securitySchemes
  })
  const described = { ...document, securitySchemes: new Map([...general, ...document.securitySchemes]) }
  const layer = Client.layer(Api, described, {
    ...defaults,
    baseUrl: baseUrl ?? serverUrl(document, serverVariables(values.all("server-var"))),
    credentials
  })
  return { tag: Api, layer, security }
}
