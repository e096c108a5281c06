import type { HttpClient } from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Token from "../../Token.js"
import { type AcquiredToken, type CurrentToken, isSameToken } from "./currentToken.js"
import { freshFor } from "./freshness.js"
import { makeRefusals } from "./refusals.js"
import type { IsHeld, TokenStorage } from "./tokenStorage.js"

/** The requests that obtain and check tokens; see `Tokens.Options`. */
export interface TokenRequests {
  readonly grant: Effect.Effect<Token.TokenResponse, Token.TokenFailure, HttpClient>
  readonly refresh?:
    | ((refreshToken: Redacted.Redacted) => Effect.Effect<Token.TokenResponse, Token.TokenFailure, HttpClient>)
    | undefined
  readonly probe?: ((token: Token.Token) => Effect.Effect<boolean, Token.TokenFailure, HttpClient>) | undefined
}

/** The dependencies of `makeAcquireToken`. */
export interface Dependencies {
  /** Names the token in messages. */
  readonly label: string
  readonly source: TokenRequests
  /** True if each grant succeeds without a user. False for one that uses up what it presents. */
  readonly needsNoUser: boolean
  /** The refresh token that each grant presents, if it presents one. */
  readonly presents: Redacted.Redacted | undefined
  readonly storage: TokenStorage
  readonly current: CurrentToken
  /** In milliseconds. */
  readonly refreshMargin: number
}

/** A function that acquires a token. */
export interface AcquireToken {
  readonly acquire: (forceNew: boolean) => Effect.Effect<AcquiredToken, Token.TokenFailure, HttpClient>
  /** Forgets the refusals of the server and of the user. */
  readonly forgetRefusals: () => void
}

/** The time for which a 401 does not replace a newly issued token, in milliseconds: a minute. */
const newFor = 60_000

/** The same time for a token that replaced a rejected one, in milliseconds: five minutes. That no token is accepted is then likely. */
const replacementNewFor = 300_000

/** Sentinel: another process has taken the lock, so that the stored token has to be read again. */
const lockLost = "the lock was lost"
type LockLost = typeof lockLost

const failLost: Effect.Effect<never, LockLost> = Effect.fail(lockLost)

/**
 * Makes a function that acquires a token from the store, or else by a refresh, or else by a new grant. With `forceNew` it
 * acquires the token by a new grant only.
 *
 * The lock of the store is held around requests to the server, so that among all processes one at a time refreshes the
 * token.
 */
export const makeAcquireToken = ({
  current,
  needsNoUser,
  label,
  presents,
  refreshMargin,
  source,
  storage
}: Dependencies): AcquireToken => {
  const { grant, probe, refresh } = source
  const refusals = makeRefusals()
  /** The token that was issued last, and whether it replaced one that a 401 had rejected. */
  let issued: { readonly token: Token.Token; readonly replacesRejected: boolean } | undefined

  const passesProbe = (token: Token.Token) => (probe === undefined ? Effect.succeed(true) : probe(token))

  /**
   * Makes a token and saves it before it is probed or used: the server may have revoked the previous refresh token. For the same
   * reason the refresh token of a response whose access token can't be used is saved, with the previous token as an expired one. The
   * failure of a refresh is recorded, since the tokens of a new grant would be of the same kind.
   */
  const receive = (response: Token.TokenResponse, previous: Token.Token | undefined) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.tapBoth(Token.fromTokenResponse(response, previous, now), {
        onSuccess: storage.save,
        onFailure: (failure) => {
          if (previous === undefined) return Effect.void
          const { refreshToken } = response
          const saved =
            refreshToken === undefined
              ? Effect.void
              : storage.save({ ...previous, refreshToken, grantedAt: now, expiresAt: now })
          return Effect.zipRight(refusals.recordResponse(failure), saved)
        }
      })
    )

  const discard = Effect.zipRight(
    Effect.ignore(storage.remove),
    new Token.TokenFailure({ reason: "Invalid", message: "the newly granted token failed the probe, too" })
  )

  // A response without a refresh token leaves the presented one valid (RFC 6749, 6).
  const grantNew = Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(restore(grant), (response) =>
      receive({ ...response, refreshToken: response.refreshToken ?? presents }, undefined)
    )
  ).pipe(
    Effect.tapError(refusals.recordGrant),
    Effect.tap((token) =>
      Effect.flatMap(passesProbe(token), (passes) =>
        passes ? Effect.sync(refusals.clear) : Effect.tapError(discard, refusals.recordGrant)
      )
    )
  )

  /** Refreshes a token. Returns undefined if a new grant is needed. */
  const refreshToken = (
    previous: Token.Token,
    isHeld: IsHeld
  ): Effect.Effect<Token.Token | undefined, Token.TokenFailure | LockLost, HttpClient> => {
    const presented = previous.refreshToken
    if (refresh === undefined || presented === undefined || refusals.isRefused(presented))
      return Effect.succeed(undefined)
    // A process that was stopped may go on after another one has taken the lock and used the refresh token.
    const checkLock = Effect.flatMap(isHeld, (held) => (held ? Effect.void : failLost))
    const send = Effect.uninterruptible(
      Effect.flatMap(Effect.zipRight(checkLock, refresh(presented)), (response) =>
        Effect.flatMap(isHeld, (held) => (held ? receive(response, previous) : receiveLate(response, previous)))
      )
    )
    return send.pipe(
      Effect.zipLeft(Effect.logDebug(`the token "${label}" was refreshed`)),
      Effect.catchAll((failure): Effect.Effect<undefined, Token.TokenFailure | LockLost> => {
        if (failure === lockLost) return failLost
        const { message, reason } = failure
        const recorded = refusals.recordRefresh(failure, presented)
        if (reason === "Refused" && presents !== undefined && Redacted.value(presents) === Redacted.value(presented)) {
          // A grant would present the same refresh token.
          return recorded.pipe(Effect.zipRight(refusals.recordGrant(failure)), Effect.zipRight(Effect.fail(failure)))
        }
        return Effect.zipRight(
          recorded,
          reason === "Refused" || reason === "Invalid"
            ? Effect.as(Effect.logWarning(`the token "${label}" was not refreshed: ${message}`), undefined)
            : Effect.fail(failure)
        )
      }),
      Effect.flatMap((token) =>
        token === undefined
          ? Effect.succeed(token)
          : Effect.map(passesProbe(token), (passes) => (passes ? token : undefined))
      )
    )
  }

  /**
   * Receives the response to a refresh during which another process took the lock, since this one was stopped. A token that
   * it has stored meanwhile is newer, and is not replaced.
   */
  const receiveLate = (
    response: Token.TokenResponse,
    previous: Token.Token
  ): Effect.Effect<Token.Token, Token.TokenFailure | LockLost> =>
    Effect.flatMap(
      Effect.orElseSucceed(storage.load, () => undefined),
      (stored): Effect.Effect<Token.Token, Token.TokenFailure | LockLost> =>
        stored === undefined || isSameToken(previous, stored) ? receive(response, previous) : failLost
    )

  /** Loads the stored token and checks it. Tokens in `unusable` are known to be expired, rejected or invalid. */
  const loadStored = (...unusable: ReadonlyArray<Token.Token | undefined>) =>
    Effect.gen(function* () {
      const token = yield* storage.load
      if (token === undefined) return { token, usable: false as const }
      const fresh =
        !unusable.some((one) => isSameToken(one, token)) &&
        freshFor(token, refreshMargin, yield* Clock.currentTimeMillis) > 0
      return fresh && (yield* passesProbe(token)) ? { token, usable: true as const } : { token, usable: false as const }
    })

  /** Reports whether a token has a refresh token that may be accepted. */
  const isRefreshable = (token: Token.Token | undefined): boolean =>
    refresh !== undefined && token?.refreshToken !== undefined && !refusals.isRefused(token.refreshToken)

  /**
   * Reports whether the rejected token was issued moments ago, so that the 401 has another cause: the API does not accept the tokens
   * of this server, or not for this resource (RFC 6750, 3.1). One replacement that needs no user is tried even so, since the
   * server may have revoked the token.
   */
  const isTooNew = (token: Token.Token, now: number): boolean => {
    const own = issued !== undefined && isSameToken(issued.token, token) ? issued : undefined
    const age = now - token.grantedAt
    if (age < 0 || age >= (own?.replacesRejected === true ? replacementNewFor : newFor)) return false
    return own?.replacesRejected === true || !(isRefreshable(token) || needsNoUser)
  }

  const attempt = (
    forceNew: boolean
  ): Effect.Effect<AcquiredToken, Token.TokenFailure | LockLost, HttpClient | Scope.Scope> =>
    Effect.gen(function* () {
      const clock = yield* Effect.clock
      const now = clock.unsafeCurrentTimeMillis()
      const known = current.get()
      const unusable = current.usable(clock) === undefined ? known?.token : undefined
      const wasRejected = known !== undefined && current.isRejected(known.generation)
      const issue = (token: Token.Token): AcquiredToken => {
        issued = { token, replacesRejected: wasRejected }
        return { token, source: "issued" }
      }
      const loaded = (...tokens: ReadonlyArray<Token.Token | undefined>) =>
        Effect.catchAll(loadStored(...tokens), (failure) =>
          // Without the store it is not known whether another process has used a refresh token since. A grant needs none.
          failure.reason === "Store" && needsNoUser && !isRefreshable(unusable)
            ? Effect.as(Effect.logWarning(`the token "${label}" is granted without its store: ${failure.message}`), {
                token: undefined,
                usable: false as const
              })
            : Effect.fail(failure)
        )

      const stored = forceNew ? undefined : yield* loaded(unusable)
      if (stored?.usable === true) return { token: stored.token, source: "stored" }
      if (stored !== undefined) {
        if (known !== undefined && wasRejected && isTooNew(known.token, now)) {
          return { token: known.token, source: "kept" }
        }
        const refusal = refusals.get(now, isRefreshable(stored.token ?? unusable))
        if (refusal !== undefined) return yield* refusal
      }
      const isHeld = yield* storage.lock
      if (stored === undefined) return issue(yield* grantNew)
      // Another process may have stored a token while this one waited for the lock. A token that failed the check is not
      // checked again.
      const latest = yield* loaded(stored.token, unusable)
      if (latest.usable) return { token: latest.token, source: "stored" }
      const previous = latest.token ?? unusable
      const refreshed = previous && (yield* refreshToken(previous, isHeld))
      if (refreshed !== undefined) return issue(refreshed)
      const refusal = refusals.get(clock.unsafeCurrentTimeMillis(), false)
      return refusal === undefined ? issue(yield* grantNew) : yield* refusal
    })

  const acquire: AcquireToken["acquire"] = (forceNew) =>
    // Each attempt has a lock of its own.
    Effect.catchAll(Effect.scoped(attempt(forceNew)), (failure) =>
      failure === lockLost ? Effect.suspend(() => acquire(forceNew)) : Effect.fail(failure)
    )

  return { acquire, forgetRefusals: refusals.clear }
}
