import type { HttpClient } from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Token from "../../Token.js"
import { type AcquiredToken, type CurrentToken, isSameToken } from "./currentToken.js"
import { isFresh } from "./freshness.js"
import type { TokenStorage } from "./tokenStorage.js"

/** The requests that obtain and check tokens; see `Tokens.Options`. */
export interface TokenSource {
  readonly grant: Effect.Effect<Token.TokenResponse, Token.TokenFailure, HttpClient>
  readonly refresh?:
    | ((refreshToken: Redacted.Redacted) => Effect.Effect<Token.TokenResponse, Token.TokenFailure, HttpClient>)
    | undefined
  readonly probe?: ((token: Token.Token) => Effect.Effect<boolean, Token.TokenFailure, HttpClient>) | undefined
}

/** The dependencies of `makeAcquireToken`. */
export interface Dependencies {
  readonly name: string
  readonly source: TokenSource
  readonly storage: TokenStorage
  readonly current: CurrentToken
  /** In milliseconds. */
  readonly refreshMargin: number
}

/**
 * Makes a function that acquires a token from the store, or else by a refresh, or else by a new grant. With `forceNew` it
 * acquires the token by a new grant only.
 *
 * The lock of the store is held around requests to the server, so that among all processes one at a time refreshes the
 * token. It is released when the scope closes.
 */
export const makeAcquireToken = ({ current, name, refreshMargin, source, storage }: Dependencies) => {
  const { grant, probe, refresh } = source

  const passesProbe = (token: Token.Token) => (probe === undefined ? Effect.succeed(true) : probe(token))

  /**
   * Makes a token and saves it before it is probed or used: the server may have revoked the previous refresh token. For the same
   * reason the refresh token of a response with a `failure` is saved, with the previous token as an expired one.
   */
  const receive = (response: Token.TokenResponse, previous: Token.Token | undefined) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.tapBoth(Token.fromTokenResponse(response, previous, now), {
        onSuccess: storage.save,
        onFailure: () =>
          previous === undefined || response.failure === undefined || response.refreshToken === undefined
            ? Effect.void
            : storage.save({ ...previous, refreshToken: response.refreshToken, grantedAt: now, expiresAt: now })
      })
    )

  const discard = Effect.zipRight(
    Effect.ignore(storage.remove),
    new Token.TokenFailure({ reason: "Invalid", message: "the newly granted token failed the probe, too" })
  )

  const grantNew = Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(restore(grant), (response) => receive(response, undefined))
  ).pipe(Effect.tap((token) => Effect.flatMap(passesProbe(token), (passes) => (passes ? Effect.void : discard))))

  /** Refreshes a token. Returns undefined if a new grant is needed. */
  const refreshToken = (
    previous: Token.Token
  ): Effect.Effect<Token.Token | undefined, Token.TokenFailure, HttpClient> => {
    if (refresh === undefined || previous.refreshToken === undefined) return Effect.succeed(undefined)
    return Effect.uninterruptible(
      Effect.flatMap(refresh(previous.refreshToken), (response) => receive(response, previous))
    ).pipe(
      Effect.zipLeft(Effect.logDebug(`the token "${name}" was refreshed`)),
      Effect.catchIf(
        ({ reason }) => reason === "Refused" || reason === "Invalid",
        ({ message }) => Effect.as(Effect.logWarning(`the token "${name}" was not refreshed: ${message}`), undefined)
      ),
      Effect.flatMap((token) =>
        token === undefined
          ? Effect.succeed(token)
          : Effect.map(passesProbe(token), (passes) => (passes ? token : undefined))
      )
    )
  }

  /** Loads the stored token and checks it. Tokens in `unusable` are known to be expired, rejected or invalid. */
  const loadStored = (...unusable: ReadonlyArray<Token.Token | undefined>) =>
    Effect.gen(function* () {
      const token = yield* storage.load
      if (token === undefined) return { token, usable: false as const }
      const fresh =
        !unusable.some((one) => isSameToken(one, token)) &&
        isFresh(token, refreshMargin, yield* Clock.currentTimeMillis)
      return fresh && (yield* passesProbe(token)) ? { token, usable: true as const } : { token, usable: false as const }
    })

  return (forceNew: boolean): Effect.Effect<AcquiredToken, Token.TokenFailure, HttpClient | Scope.Scope> =>
    Effect.gen(function* () {
      const unusable = current.usable(yield* Clock.currentTimeMillis) === undefined ? current.get()?.token : undefined
      const stored = forceNew ? undefined : yield* loadStored(unusable)
      if (stored?.usable === true) return { token: stored.token, issued: false }
      yield* storage.lock
      if (stored === undefined) return { token: yield* grantNew, issued: true }
      // Another process may have stored a token while this one waited for the lock. A token that failed the check is not
      // checked again.
      const latest = yield* loadStored(stored.token, unusable)
      if (latest.usable) return { token: latest.token, issued: false }
      const previous = latest.token ?? unusable
      return { token: (previous && (yield* refreshToken(previous))) ?? (yield* grantNew), issued: true }
    })
}
