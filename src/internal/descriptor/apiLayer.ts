import type { ConfigError } from "effect/ConfigError"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Authoriser from "../../Authoriser.js"
import * as Credentials from "../../Credentials.js"
import type { Document } from "../spec/model.js"
import { selectServer } from "../spec/selectServer.js"

/** A server of an API, as plain data. */
export interface ApiServer {
  /** With variables in braces. */
  readonly url: string
  readonly description?: string | undefined
  readonly variables?:
    | Readonly<Record<string, { readonly default: string; readonly enum?: ReadonlyArray<string> | undefined }>>
    | undefined
}

/** What a document says about an API as a whole. */
export interface ApiDescription {
  readonly servers: ReadonlyArray<ApiServer>
  /** The security of operations that have none of their own: alternatives of security schemes. */
  readonly security?: ReadonlyArray<ReadonlyArray<string>> | undefined
  /** The origins of servers that operations have of their own. */
  readonly origins?: ReadonlyArray<string> | undefined
}

/** Options that select the server of an API, with the defaults of its calls. */
export interface ServerOptions extends Authoriser.Defaults {
  /** The base URL, instead of the servers of the document. */
  readonly baseUrl?: string | URL | undefined
  /** The server: its index, its URL as the document has it, or its description. Default: the first one. */
  readonly server?: number | string | undefined
  /** The values of the variables of the server. Default: those of the document. */
  readonly variables?: Readonly<Record<string, string>> | undefined
}

/**
 * Options of the layer of an API.
 *
 * - `Schemes`: the names of its security schemes
 */
export interface ApiOptions<Schemes extends string, E, R> extends ServerOptions {
  /** The credentials by the names of security schemes, made by `Credentials`, `Tokens` or `effect-herald/oauth`. Default: none. */
  readonly credentials?:
    | { readonly [Name in Schemes]?: Effect.Effect<Credentials.Credentials, E, R> | undefined }
    | undefined
}

/** A function that makes the layer of an API. */
export type ApiLayer<Id, Schemes extends string> = <E = never, R = never>(
  options?: ApiOptions<Schemes, E, R>
) => Layer.Layer<Id, ConfigError | E, Exclude<R, Scope.Scope>>

/**
 * Makes the layer of an API whose document names servers.
 *
 * - `originsOf`: returns the other origins of the API, by its base URL
 */
export const serverLayer = <Id, E, R>(
  tag: Context.Tag<Id, Authoriser.Authoriser>,
  document: Pick<Document, "servers" | "source">,
  originsOf: (baseUrl: string | URL) => ReadonlyArray<string> | undefined,
  { baseUrl: given, server, variables, ...defaults }: ServerOptions,
  credentials: Effect.Effect<Credentials.Credentials, E, R> | undefined
): Layer.Layer<Id, ConfigError | E, Exclude<R, Scope.Scope>> =>
  Layer.unwrapEffect(
    Effect.map(given === undefined ? selectServer(document, server, variables) : Effect.succeed(given), (baseUrl) =>
      Authoriser.layer<Id, Credentials.Credentials, E, R>(tag, {
        trustedOrigins: originsOf(baseUrl),
        ...defaults,
        baseUrl,
        credentials
      })
    )
  )

/**
 * Returns the credentials of security schemes, made by `Credentials.bySecurity`, for a document: operations without security of their own
 * have that of the document.
 */
export const withSecurity = (
  credentials: Credentials.Credentials,
  security: ReadonlyArray<ReadonlyArray<string>>
): Credentials.Credentials => {
  const { forSecurity } = credentials
  return security.length === 0 || forSecurity === undefined ? credentials : { ...forSecurity(security), forSecurity }
}

/** See `layer` of `Descriptor`. */
export const apiLayer =
  <Id, Schemes extends string>(
    tag: Context.Tag<Id, Authoriser.Authoriser>,
    { origins, security = [], servers }: ApiDescription
  ): ApiLayer<Id, Schemes> =>
  <E = never, R = never>({ credentials, ...options }: ApiOptions<Schemes, E, R> = {}) =>
    serverLayer<Id, E, R>(
      tag,
      { servers: servers.map((one) => ({ ...one, variables: new Map(Object.entries(one.variables ?? {})) })) },
      () => origins,
      options,
      credentials && Effect.map(Credentials.bySecurity<E, R>(credentials), (all) => withSecurity(all, security))
    )
