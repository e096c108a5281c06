import type { ConfigError } from "effect/ConfigError"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Authoriser from "../../Authoriser.js"
import * as Credentials from "../../Credentials.js"
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

/**
 * Options of the layer of an API.
 *
 * - `Schemes`: the names of its security schemes
 */
export interface ApiOptions<Schemes extends string, E, R> extends Authoriser.Defaults {
  /** The base URL, instead of the servers of the document. */
  readonly baseUrl?: string | URL | undefined
  /** The server: its index, its URL as the document has it, or its description. Default: the first one. */
  readonly server?: number | string | undefined
  /** The values of the variables of the server. Default: those of the document. */
  readonly variables?: Readonly<Record<string, string>> | undefined
  /** The credentials by the names of security schemes, made by `Credentials`, `Tokens` or `effect-herald/oauth`. Default: none. */
  readonly credentials?:
    | { readonly [Name in Schemes]?: Effect.Effect<Credentials.Credentials, E, R> | undefined }
    | undefined
}

/** A function that makes the layer of an API. */
export type ApiLayer<Id, Schemes extends string> = <E = never, R = never>(
  options?: ApiOptions<Schemes, E, R>
) => Layer.Layer<Id, ConfigError | E, Exclude<R, Scope.Scope>>

/** See `layer` of `Descriptor`. */
export const apiLayer =
  <Id, Schemes extends string>(
    tag: Context.Tag<Id, Authoriser.Authoriser>,
    { origins, security = [], servers }: ApiDescription
  ): ApiLayer<Id, Schemes> =>
  <E = never, R = never>({
    baseUrl,
    credentials,
    server,
    variables,
    ...defaults
  }: ApiOptions<Schemes, E, R> = {}): Layer.Layer<Id, ConfigError | E, Exclude<R, Scope.Scope>> => {
    const described = servers.map((one) => ({ ...one, variables: new Map(Object.entries(one.variables ?? {})) }))
    return Layer.unwrapEffect(
      Effect.map(
        baseUrl === undefined ? selectServer({ servers: described }, server, variables) : Effect.succeed(baseUrl),
        (url) =>
          Authoriser.layer<Id, Credentials.Credentials, E, R>(tag, {
            trustedOrigins: origins,
            ...defaults,
            baseUrl: url,
            credentials:
              credentials &&
              Effect.map(Credentials.bySecurity<E, R>(credentials), (all) =>
                security.length === 0 || all.forSecurity === undefined
                  ? all
                  : { ...all.forSecurity(security), forSecurity: all.forSecurity }
              )
          })
      )
    )
  }
