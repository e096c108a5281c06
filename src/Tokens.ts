import type { HttpClient } from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { AuthoriserFailure } from "./Authoriser.js"
import type { Credentials } from "./Credentials.js"
import { onItsOwn } from "./road/onItsOwn.js"
import * as Token from "./Token.js"
import * as TokenStore from "./TokenStore.js"

/** How tokens are had. */
export interface Options {
  /** The name of the token in the store: of one client, at one server, for one person. */
  readonly name: string
  /** Who calls, for errors; holds no secret. */
  readonly identity: string
  /** Asks for a new token. */
  readonly grant: Effect.Effect<Token.Granted, Token.TokenFailure, HttpClient>
  /**
   * Asks for the next token, where there is a refresh token. It is not interrupted, since the server may no longer take the one before:
   * let it end by itself. `Refused` has a new token asked for. Default: a new one is asked for.
   */
  readonly refresh?:
    | ((refreshToken: Redacted.Redacted) => Effect.Effect<Token.Granted, Token.TokenFailure, HttpClient>)
    | undefined
  /**
   * How long before its end a token counts as expired, so that it does not expire on its way. Of a token that lives for less than
   * twice as long it is half the life. Default: a minute.
   */
  readonly margin?: Duration.DurationInput | undefined
  /**
   * Tries a token that comes from the store or from the server, before anything uses it: false, it is not good. Failing tells
   * nothing of the token, and ends the calls that want it.
   */
  readonly probe?: ((token: Token.Token) => Effect.Effect<boolean, Token.TokenFailure, HttpClient>) | undefined
  /**
   * Whether every grant is for the same caller, or for one who signs in, so that what is cached for one is not given to the next.
   * Default: `granted`.
   */
  readonly subject?: "same" | "granted" | undefined
  /** Puts a token on a request. Default: `Authorization`, with the token's own type. */
  readonly put?: ((request: HttpClientRequest, token: Token.Token) => HttpClientRequest) | undefined
}

/** What to do about a token, rather than what is usual. */
export interface Force {
  /** Takes what the store has, whatever is in memory: another program may have put it there. */
  readonly forceLoad?: boolean | undefined
  /** Asks for a new token, whatever there is. */
  readonly forceNew?: boolean | undefined
}

/** Credentials that are tokens: loaded, tested, refreshed, granted and saved as it is needed. */
export interface Tokens extends Credentials {
  /** The token that calls use, which is had if there is none yet. */
  readonly token: (force?: Force) => Effect.Effect<Token.Token, Token.TokenFailure, HttpClient>
  /**
   * Forgets the token, here and in the store, once none is being had any more; gives what it was. The next call asks for a new one.
   */
  readonly forget: Effect.Effect<Option.Option<Token.Token>, Token.TokenFailure>
}

/** The part of a token's life that the margin may take. */
const mostMargin = 0.5

/** Whether a token is not about to expire. Times are in milliseconds. */
const isFresh = ({ expiresAt, grantedAt }: Token.Token, margin: number, now: number): boolean =>
  expiresAt === undefined || now < expiresAt - Math.min(margin, Math.max(0, expiresAt - grantedAt) * mostMargin)

const isSame = (one: Token.Token | undefined, other: Token.Token): boolean =>
  one !== undefined && Redacted.value(one.accessToken) === Redacted.value(other.accessToken)

/** The one that was granted last; of equal ones, the second. */
const later = (one: Token.Token | undefined, other: Token.Token | undefined): Token.Token | undefined =>
  one === undefined || (other !== undefined && other.grantedAt >= one.grantedAt) ? other : one

const present = (request: HttpClientRequest, { accessToken, tokenType }: Token.Token): HttpClientRequest =>
  HttpRequest.setHeader(request, "authorization", `${tokenType} ${Redacted.value(accessToken)}`)

/** A token, and its number among those that this caller has had. */
interface Numbered {
  readonly token: Token.Token
  readonly generation: number
  /** The first number that it had: a server can grant the same one again. */
  readonly since: number
}

/** What a flight is for: a token that is good, what the store has, or a new one. */
type Purpose = "good" | "load" | "new"

/** A token is being had, and whoever wants one waits for it; or it is being forgotten. */
interface Flight {
  readonly purpose: Purpose | "none"
  readonly landed: Deferred.Deferred<Numbered | undefined, Token.TokenFailure>
}

/** What a flight brings: a token, and whether the server has just given it. */
interface Brought {
  readonly token: Token.Token
  readonly given: boolean
}

const storeFailure = ({ message }: TokenStore.TokenStoreFailure) => new Token.TokenFailure({ reason: "Store", message })

const authoriserFailure = ({ message, reason }: Token.TokenFailure) => new AuthoriserFailure({ reason, message })

/**
 * Tokens, as credentials. Where one is wanted it is taken from memory, or else from the `TokenStore` around it, if there is one; a
 * token that is not good (about to expire, or it fails the probe) is refreshed; where that fails, a new one is asked for; what is good
 * is saved before it is used.
 *
 * However many calls want a token, by its time or after a 401, one of them has it, in a fiber of its own that no deadline or
 * interruption of a caller's ends, and of those that share the store, in all processes, one at a time. A 401 to a token that was
 * replaced since changes nothing.
 *
 * @example
 * ```ts
 * import { Context, Effect, Redacted } from "effect"
 * import { Authoriser, Tokens } from "effect-herald"
 *
 * class Api extends Context.Tag("example/Api")<Api, Authoriser.Authoriser>() {}
 *
 * // For a way to have tokens that is no standard's.
 * const credentials = Tokens.make({
 *   name: "example",
 *   identity: "example",
 *   grant: Effect.succeed({ accessToken: Redacted.make("from somewhere"), expiresIn: 3600 })
 * })
 *
 * const live = Authoriser.layer(Api, { baseUrl: "https://api.example", credentials })
 * ```
 */
export const make = (options: Options): Effect.Effect<Tokens, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { grant, identity, name, probe, put = present, refresh, subject = "granted" } = options
    const margin = Duration.toMillis(options.margin ?? Duration.minutes(1))
    const scope = yield* Effect.scope
    const around = yield* Effect.serviceOption(TokenStore.TokenStore)
    const store = Option.isSome(around) ? around.value : yield* TokenStore.makeMemory

    let current: Numbered | undefined
    /** The last generation that a server refused. */
    let refused: number | undefined
    let generations = 0
    let flight: Flight | undefined
    /** The grant that the last known token is of. */
    let grantId: string | undefined
    /** What the store should have, and did not take. */
    let unsaved: Token.Token | undefined
    let timesForgotten = 0
    /** The last generation that was forgotten: who was refused it has signed out. */
    let lastForgotten = 0

    /** The token in memory, if it will do. */
    const goodAt = (now: number): Numbered | undefined =>
      current !== undefined && current.generation !== refused && isFresh(current.token, margin, now)
        ? current
        : undefined

    const adopt = ({ given, token }: Brought): Numbered => {
      const same = isSame(current?.token, token) ? current : undefined
      if (same === undefined || given) generations += 1
      current = { token, generation: generations, since: same?.since ?? generations }
      grantId = token.grantId
      return current
    }

    const forgotten = (): undefined => {
      timesForgotten += 1
      lastForgotten = generations
      current = grantId = unsaved = undefined
    }

    const probed = (token: Token.Token) => (probe === undefined ? Effect.succeed(true) : probe(token))

    const load = Effect.flatMap(
      Effect.mapError(store.load(name), storeFailure),
      Option.match({
        onNone: () => Effect.succeed(undefined),
        onSome: (text) =>
          Effect.tap(Token.parse(text), (token) =>
            token === undefined
              ? Effect.logWarning(`what is kept as the token "${name}" is none, and is not used`)
              : Effect.void
          )
      })
    ).pipe(
      Effect.map((token) =>
        unsaved !== undefined && (token === undefined || token.grantedAt <= unsaved.grantedAt) ? unsaved : token
      )
    )

    /** A token that can't be saved is used all the same: the server may no longer take the one before. */
    const save = (token: Token.Token) =>
      Effect.matchEffect(store.save(name, Token.print(token)), {
        onSuccess: () =>
          Effect.sync(() => {
            unsaved = undefined
          }),
        onFailure: ({ message }) => {
          unsaved = token
          return Effect.logWarning(
            `the token "${name}" could not be saved, so that the next run has to do without it: ${message}`
          )
        }
      })

    /** Makes a token of what was granted, and saves it before anything else is done with it. */
    const receive = (granted: Token.Granted, before: Token.Token | undefined) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.tap(Token.fromGranted(granted, before, now), save))

    const discard = Effect.zipRight(
      Effect.ignore(store.remove(name)),
      new Token.TokenFailure({ reason: "Invalid", message: "a new token does not pass the probe either" })
    )

    const granted = Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(restore(grant), (granted) => receive(granted, undefined))
    ).pipe(Effect.tap((token) => Effect.flatMap(probed(token), (good) => (good ? Effect.void : discard))))

    /** The next token, or undefined where only a new one will do. */
    const refreshed = (before: Token.Token): Effect.Effect<Token.Token | undefined, Token.TokenFailure, HttpClient> => {
      if (refresh === undefined || before.refreshToken === undefined) return Effect.succeed(undefined)
      return Effect.uninterruptible(
        Effect.flatMap(refresh(before.refreshToken), (granted) => receive(granted, before))
      ).pipe(
        Effect.catchIf(
          ({ reason }) => reason === "Refused" || reason === "Invalid",
          ({ message }) => Effect.as(Effect.logDebug(`the token "${name}" was not refreshed: ${message}`), undefined)
        ),
        Effect.flatMap((token) =>
          token === undefined ? Effect.succeed(token) : Effect.map(probed(token), (good) => (good ? token : undefined))
        )
      )
    }

    /** What the store has, and whether it will do. */
    const stored = (...bad: ReadonlyArray<Token.Token | undefined>) =>
      Effect.gen(function* () {
        const token = yield* load
        if (token === undefined) return { token, good: false as const }
        const fresh = !bad.some((one) => isSame(one, token)) && isFresh(token, margin, yield* Clock.currentTimeMillis)
        return fresh && (yield* probed(token)) ? { token, good: true as const } : { token, good: false as const }
      })

    const fly = (purpose: Purpose): Effect.Effect<Brought, Token.TokenFailure, HttpClient> =>
      Effect.gen(function* () {
        const bad = goodAt(yield* Clock.currentTimeMillis) === undefined ? current?.token : undefined
        const before = purpose === "new" ? undefined : yield* stored(bad)
        if (before?.good === true) return { token: before.token, given: false }
        yield* Effect.mapError(store.lock(name), storeFailure)
        if (before === undefined) return { token: yield* granted, given: true }
        // Another process may have been faster. What was found bad is not tried again.
        const now = yield* stored(before.token, bad)
        if (now.good) return { token: now.token, given: false }
        const last = now.token ?? bad
        return { token: (last && (yield* refreshed(last))) ?? (yield* granted), given: true }
      }).pipe(Effect.scoped, onItsOwn)

    /** Takes off, in a fiber that ends with the layer, and by nobody's deadline or interruption. */
    const takeOff = <R>(
      purpose: Flight["purpose"],
      flying: Effect.Effect<Brought | undefined, Token.TokenFailure, R>
    ): Effect.Effect<Flight, never, R> => {
      const mine: Flight = { purpose, landed: Deferred.unsafeMake(FiberId.none) }
      // At once, since others may run before the fiber does.
      flight = mine
      return Effect.map(Effect.forkIn(Effect.interruptible(flying), scope), (fiber) => {
        fiber.addObserver((exit) => {
          flight = undefined
          const landed = Exit.match(exit, {
            onSuccess: (brought) => Exit.succeed(brought === undefined ? forgotten() : adopt(brought)),
            onFailure: (cause) =>
              Cause.isInterruptedOnly(cause)
                ? Exit.fail(
                    new Token.TokenFailure({ reason: "Unavailable", message: "the layer of the tokens is closed" })
                  )
                : Exit.failCause(cause)
          })
          Deferred.unsafeDone(mine.landed, landed)
        })
        return mine
      })
    }

    /** However many want the same at a time, it is had once. */
    const have = (purpose: Purpose): Effect.Effect<Numbered, Token.TokenFailure, HttpClient> =>
      Effect.uninterruptibleMask((restore) =>
        Effect.clockWith((clock) => {
          // Things may have changed since whoever wants one looked.
          const held = purpose === "good" ? goodAt(clock.unsafeCurrentTimeMillis()) : undefined
          if (held !== undefined) return Effect.succeed(held)
          const again = Effect.suspend(() => restore(have(purpose)))
          const landing = ({ landed }: Flight) =>
            Effect.flatMap(restore(Deferred.await(landed)), (had) =>
              had === undefined || (purpose === "good" && had.generation === refused) ? again : Effect.succeed(had)
            )
          if (flight === undefined) return Effect.flatMap(takeOff(purpose, fly(purpose)), landing)
          return flight.purpose === purpose || (purpose === "good" && flight.purpose !== "none")
            ? landing(flight)
            : Effect.zipRight(restore(Effect.exit(Deferred.await(flight.landed))), again)
        })
      )

    const good: Effect.Effect<Numbered, Token.TokenFailure, HttpClient> = Effect.clockWith((clock) => {
      const held = goodAt(clock.unsafeCurrentTimeMillis())
      return held === undefined ? have("good") : Effect.succeed(held)
    })

    const forget: Effect.Effect<Option.Option<Token.Token>, Token.TokenFailure> = Effect.uninterruptibleMask(
      (restore) =>
        Effect.suspend(() => {
          if (flight !== undefined) {
            return Effect.zipRight(restore(Effect.exit(Deferred.await(flight.landed))), restore(forget))
          }
          let last: Token.Token | undefined
          const erase = Effect.gen(function* () {
            yield* Effect.mapError(store.lock(name), storeFailure)
            last = later(yield* load, current?.token)
            yield* Effect.mapError(store.remove(name), storeFailure)
            return undefined
          }).pipe(Effect.scoped)
          return Effect.flatMap(takeOff("none", erase), ({ landed }) =>
            Effect.map(restore(Deferred.await(landed)), () => Option.fromNullable(last))
          )
        })
    )

    const partitionOf = (id: string) => `${identity} ${id}`

    const partition = Effect.suspend(() => {
      if (grantId !== undefined) return Effect.succeedSome(partitionOf(grantId))
      const times = timesForgotten
      return Effect.mapBoth(load, {
        onSuccess: (token) => {
          // One that was had meanwhile is newer.
          if (times === timesForgotten) grantId ??= token?.grantId
          return Option.map(Option.fromNullable(grantId), partitionOf)
        },
        onFailure: authoriserFailure
      })
    })

    return {
      identity,
      ...(subject === "granted" ? { partition } : {}),
      authorise: (request) =>
        Effect.mapBoth(good, {
          onSuccess: ({ generation, token }) => ({
            request: put(request, token),
            generation,
            partition: subject === "granted" ? partitionOf(token.grantId) : undefined
          }),
          onFailure: authoriserFailure
        }),
      rejected: (generation) =>
        Effect.suspend(() => {
          if (generation <= lastForgotten) return Effect.succeed(false)
          if (current !== undefined && current.generation !== generation) {
            return Effect.succeed(generation < current.since)
          }
          refused = generation
          return Effect.mapBoth(have("good"), {
            onSuccess: (had) => generation < had.since,
            onFailure: authoriserFailure
          })
        }),
      token: ({ forceLoad = false, forceNew = false } = {}) =>
        Effect.map(forceNew ? have("new") : forceLoad ? have("load") : good, ({ token }) => token),
      forget
    }
  })
