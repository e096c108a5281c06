import { HttpClient } from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { type Credentials, CredentialsFailure } from "./Credentials.js"
import { makeAcquireToken } from "./internal/tokens/acquireToken.js"
import { makeCurrentToken, type NumberedToken } from "./internal/tokens/currentToken.js"
import { makeSharedAcquisition } from "./internal/tokens/sharedAcquisition.js"
import { makeTokenStorage } from "./internal/tokens/tokenStorage.js"
import type * as Token from "./Token.js"
import * as TokenStore from "./TokenStore.js"

/** Options of `make`. */
export interface Options {
  /** The name of the token in the store. It must be unique for each client, server and user. */
  readonly name: string
  /** The identity of the credentials (`Credentials.identity`), which names the caller in messages. It must not hold a secret. */
  readonly identity: string
  /** Requests a new token. */
  readonly grant: Effect.Effect<Token.TokenResponse, Token.TokenFailure, HttpClient>
  /**
   * Requests the next token by a refresh token. It runs uninterruptibly, since the server may have revoked the refresh
   * token by the time that the response arrives: give it a time limit of its own. If it fails with `Refused` or `Invalid`,
   * a new token is granted. Any other failure fails the calls that wait for the token, and the refresh token is used again by
   * the next call. Default: no refresh; each token is granted.
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

const setAuthorization = (request: HttpClientRequest, { accessToken, tokenType }: Token.Token): HttpClientRequest =>
  HttpRequest.setHeader(request, "authorization", `${tokenType} ${Redacted.value(accessToken)}`)

const credentialsFailure = ({ message, reason }: Token.TokenFailure) => new CredentialsFailure({ reason, message })

/**
 * Makes credentials from a source of tokens.
 *
 * A call uses the token in memory, if there is one. Otherwise the token is loaded from the `TokenStore` in context, or from a
 * store in memory if there is none. A token that is about to expire, was rejected by a 401, or fails the probe is refreshed.
 * If that is not possible, a new one is granted. New tokens are saved before they are used.
 *
 * All calls that need a token, at its expiry or after a 401, wait for one acquisition. It runs in a fiber of its own, with the
 * `HttpClient` that the tokens were made with, so that neither the deadline, the interruption nor the client of a call ends it.
 * When the scope closes, a refresh in progress ends first, and its token is saved. Among all processes that share the store, one at a time requests a
 * token from the server. A 401 to a token that has been replaced since has no effect.
 *
 * @example
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { Authoriser, Tokens } from "effect-herald"
 *
 * class Api extends Authoriser.Tag("example/Api")<Api>() {}
 *
 * // For token endpoints that follow no standard. For OAuth see `effect-herald/oauth`.
 * const credentials = Tokens.make({
 *   name: "example",
 *   identity: "example",
 *   grant: Effect.succeed({ accessToken: Redacted.make("secret"), expiresIn: 3600 })
 * })
 *
 * const live = Api.layer({ baseUrl: "https://api.example", credentials })
 * ```
 */
export const make = (options: Options): Effect.Effect<Tokens, never, HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const { apply = setAuthorization, identity, name, subject = "per-grant" } = options
    const refreshMargin = Duration.toMillis(options.refreshMargin ?? Duration.minutes(1))
    const scope = yield* Effect.scope
    const client = yield* HttpClient
    const surrounding = yield* Effect.serviceOption(TokenStore.TokenStore)
    const store = Option.isSome(surrounding) ? surrounding.value : yield* TokenStore.makeMemory

    const storage = makeTokenStorage(store, name)
    const current = makeCurrentToken(refreshMargin)
    const acquireToken = makeAcquireToken({ name, source: options, storage, current, refreshMargin })
    const { acquire, forget } = makeSharedAcquisition({
      acquireToken: (forceNew) => Effect.provideService(acquireToken(forceNew), HttpClient, client),
      current,
      scope,
      storage
    })

    const usable: Effect.Effect<NumberedToken, Token.TokenFailure> = Effect.clockWith((clock) => {
      const token = current.usable(clock.unsafeCurrentTimeMillis())
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
          onSuccess: ({ generation, token }) => ({
            request: apply(request, token),
            generation,
            partition: subject === "per-grant" ? partitionOf(token.grantId) : undefined
          }),
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
