import { HttpClient } from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { type Credentials, CredentialsFailure } from "../../Credentials.js"
import type * as Token from "../../Token.js"
import * as TokenStore from "../../TokenStore.js"
import { authorizedRequest } from "../authorizedRequest.js"
import { isDuration } from "../isDuration.js"
import { makeAcquireToken } from "./acquireToken.js"
import { makeCurrentToken, type NumberedToken } from "./currentToken.js"
import { makeSharedAcquisition } from "./sharedAcquisition.js"
import { makeTokenStorage } from "./tokenStorage.js"

/** Options of `Tokens.make`. */
export interface Options {
  /** The name of the token in the store. It must be unique for each client, server and user. */
  readonly name: string
  /**
   * The identity of the credentials (`Credentials.identity`), which names the caller in messages. It must be of this caller alone, such as
   * its account: callers with the same identity share rate limits and, where `subject` is `fixed`, cached responses. It must not hold a
   * secret.
   */
  readonly identity: string
  /** Requests a new token. */
  readonly grant: Effect.Effect<Token.TokenResponse, Token.TokenFailure, HttpClient>
  /**
   * Requests the next token by a refresh token. It runs uninterruptibly, since the server may have revoked the refresh
   * token by the time that the response arrives: give it a time limit of its own. If it fails with `Refused` or `Invalid`,
   * a new token is granted, and a refused refresh token is not sent again. Any other failure fails the calls that wait for the token,
   * and the refresh token is used again by the next call; after `Misconfigured` by one that begins at least a minute later. Default: no
   * refresh; each token is granted.
   */
  readonly refresh?:
    | ((refreshToken: Redacted.Redacted) => Effect.Effect<Token.TokenResponse, Token.TokenFailure, HttpClient>)
    | undefined
  /**
   * The time before its expiry at which a token is refreshed, so that it does not expire while a request is under way. It
   * is limited to half of the token's lifetime. Default: one minute.
   */
  readonly refreshMargin?: Duration.DurationInput | undefined
  /**
   * Tests a token from the store or from the server before its first use. A token that fails the test (false) is replaced.
   * A failure of the probe itself fails the calls that wait for the token, and the token is tested again by the next call.
   * Default: no test.
   */
  readonly probe?: ((token: Token.Token) => Effect.Effect<boolean, Token.TokenFailure, HttpClient>) | undefined
  /**
   * The subject of the tokens, by which cached responses are separated.
   *
   * - `fixed`: every grant is for the same subject, such as a service's own client
   * - `per-grant`: each grant may be for another user. Responses that were cached before a new grant are not used after it
   *
   * Default: `per-grant`.
   */
  readonly subject?: "fixed" | "per-grant" | undefined
  /** Adds a token to a request. Default: sets `Authorization` to the token's type and the access token. */
  readonly apply?: ((request: HttpClientRequest, token: Token.Token) => HttpClientRequest) | undefined
}

/** Options of `Tokens.token`. `forceNew` takes precedence. */
export interface TokenOptions {
  /** Reads the token from the store again, where another program may have replaced it. Default: false. */
  readonly forceLoad?: boolean | undefined
  /** Requests a new grant, even if there is a usable token. Default: false. */
  readonly forceNew?: boolean | undefined
}

/** Credentials whose tokens are loaded, tested, refreshed, granted and saved as needed. */
export interface Tokens extends Credentials {
  /** Returns the token that calls use, or acquires one. */
  readonly token: (options?: TokenOptions) => Effect.Effect<Token.Token, Token.TokenFailure>
  /**
   * Removes the token from memory and from the store, after an acquisition in progress, and returns it. The next call
   * requests a new grant.
   */
  readonly forget: Effect.Effect<Option.Option<Token.Token>, Token.TokenFailure>
}

/** What the library knows about its own sources of tokens. */
export interface SourceOptions {
  /** The name of the token in messages. */
  readonly label: string
  /** True if each grant succeeds without a user. False for one that uses up what it presents. */
  readonly needsNoUser: boolean
  /** The refresh token that each grant presents. Default: none. */
  readonly presents?: Redacted.Redacted | undefined
}

const setAuthorization = (request: HttpClientRequest, { accessToken, tokenType }: Token.Token): HttpClientRequest =>
  HttpRequest.setHeader(request, "authorization", `${tokenType} ${Redacted.value(accessToken)}`)

const credentialsFailure = ({ message, reason }: Token.TokenFailure) => new CredentialsFailure({ reason, message })

/** JavaScript permits other values than the types do. */
const isText = (value: unknown): boolean => typeof value === "string" && value !== ""

/** Returns the first option that is invalid, and a message. */
const problemOf = ({
  apply,
  grant,
  identity,
  name,
  probe,
  refresh,
  refreshMargin,
  subject
}: Options): readonly [option: keyof Options, message: string] | undefined => {
  if (!isText(name)) return ["name", "must be text that is not empty"]
  if (!isText(identity)) return ["identity", "must be text that is not empty"]
  if (!Effect.isEffect(grant)) return ["grant", "must be an Effect of a token response"]
  if (refreshMargin !== undefined && !isDuration(refreshMargin)) {
    return ["refreshMargin", "must be a duration, such as `1 minute`"]
  }
  if (subject !== undefined && subject !== "fixed" && subject !== "per-grant") {
    return ["subject", "must be `fixed` or `per-grant`"]
  }
  for (const [option, value] of Object.entries({ refresh, probe, apply } as const)) {
    // The keys are those of the literal.
    if (value !== undefined && typeof value !== "function") return [option as keyof Options, "must be a function"]
  }
  return undefined
}

/** Makes the tokens of `Tokens.make`. */
export const makeTokens = (
  options: Options,
  { label, needsNoUser, presents }: SourceOptions
): Effect.Effect<Tokens, ConfigError.ConfigError, HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const { apply = setAuthorization, identity, name, subject = "per-grant" } = options
    const { refreshMargin: margin = "1 minute" } = options
    const problem = problemOf(options)
    if (problem !== undefined) return yield* Effect.fail(ConfigError.InvalidData([problem[0]], problem[1]))
    const refreshMargin = Duration.toMillis(margin)
    const scope = yield* Effect.scope
    const client = yield* HttpClient
    const surrounding = yield* Effect.serviceOption(TokenStore.TokenStore)
    const store = Option.isSome(surrounding) ? surrounding.value : yield* TokenStore.makeMemory

    const storage = makeTokenStorage(store, name, label)
    const current = makeCurrentToken(refreshMargin)
    const acquisition = makeAcquireToken({
      label,
      source: options,
      needsNoUser,
      presents,
      storage,
      current,
      refreshMargin
    })
    const { acquire, forget } = makeSharedAcquisition({
      acquireToken: (forceNew) => Effect.provideService(acquisition.acquire(forceNew), HttpClient, client),
      forgetRefusals: acquisition.forgetRefusals,
      current,
      scope,
      storage
    })

    const usable: Effect.Effect<NumberedToken, Token.TokenFailure> = Effect.clockWith((clock) => {
      const token = current.usable(clock)
      return token === undefined ? acquire("use") : Effect.succeed(token)
    })

    const partitionOf = (grantId: string) => `${identity} ${grantId}`

    const partition = Effect.suspend(() => {
      const known = current.grantId()
      if (known !== undefined) return Effect.succeedSome(partitionOf(known))
      const setGrantId = current.grantIdSetter()
      return Effect.mapBoth(storage.load, {
        onSuccess: (token) => {
          setGrantId(token?.grantId)
          return Option.map(Option.fromNullable(current.grantId()), partitionOf)
        },
        onFailure: credentialsFailure
      })
    })

    return {
      identity,
      ...(subject === "per-grant" ? { partition } : {}),
      authorize: (request) =>
        Effect.mapBoth(usable, {
          onSuccess: ({ generation, token }) =>
            authorizedRequest(
              apply(request, token),
              generation,
              subject === "per-grant" ? partitionOf(token.grantId) : undefined
            ),
          onFailure: credentialsFailure
        }),
      rejected: (generation) =>
        Effect.suspend(() => {
          // The token was removed (`forget`) after the request was sent.
          if (current.isCleared(generation)) return Effect.succeed(false)
          const latest = current.get()
          if (latest !== undefined && latest.generation !== generation) {
            return Effect.succeed(generation < latest.firstGeneration)
          }
          current.reject(generation)
          return Effect.mapBoth(acquire("use"), {
            onSuccess: ({ firstGeneration }) => generation < firstGeneration,
            onFailure: credentialsFailure
          })
        }),
      token: ({ forceLoad = false, forceNew = false } = {}) =>
        Effect.map(forceNew ? acquire("renew") : forceLoad ? acquire("reload") : usable, ({ token }) => token),
      forget
    }
  })
