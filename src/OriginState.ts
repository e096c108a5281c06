import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { Limiter } from "./Limiter.js"
import { ResponseCache } from "./ResponseCache.js"
import * as RetryBudget from "./RetryBudget.js"

/** State that the calls to one origin share. */
export interface OriginState {
  /** The retry budget; undefined if retries are unlimited. */
  readonly budget: RetryBudget.RetryBudget | undefined
  /** The pauses that the server asked for; undefined if a pause holds back no other calls. */
  readonly pause: Pause | undefined
  /** The rate limiter, if there is one. */
  readonly limiter: Context.Tag.Service<Limiter> | undefined
  /** The response cache, if there is one. */
  readonly cache: Context.Tag.Service<ResponseCache> | undefined
}

/**
 * Pauses that a server asked for. A pause after a 503 is for every call to the origin. Any other is for the calls with a key, which
 * names a rate limit: an identity, or an identity with an operation or a bucket. Times are in milliseconds since the epoch.
 */
export interface Pause {
  /** The end of the pause for the calls with any of these keys; a time in the past if there is none. */
  readonly until: (keys: ReadonlyArray<string>) => number
  /** Begins a pause for the calls with a key, or for every call where that is undefined. A later pause never shortens an earlier one. */
  readonly begin: (now: number, until: number, key: string | undefined) => void
  /**
   * Reports whether a call with these keys may be sent during their pause, to find out whether the server still wants it. Returns true
   * once in each `probeInterval`, first when the pause is that old.
   */
  readonly probe: (now: number, keys: ReadonlyArray<string>) => boolean
  /** Ends the pauses of the calls with any of these keys, among them those of every call. */
  readonly end: (keys: ReadonlyArray<string>) => void
  /** The names of the rate limits (buckets) of operations, where a header of the responses has them. */
  readonly buckets: Map<string, string>
}

/**
 * The interval between the calls that test a pause, in milliseconds: a minute. A wrong header thus silences an API for little more
 * than that, and a server that does want the pause receives one request a minute.
 */
export const probeInterval = 60_000

/** Options of `make` and `layer`. */
export interface Options {
  /** The settings of retry budgets. Unset fields are those of `RetryBudget.standard`. */
  readonly budget?: Partial<RetryBudget.Settings> | "unlimited" | undefined
  /**
   * Holds back other calls after a response that asks for a wait: after a 503 all calls to the origin, after a 429 those within the
   * same rate limit (`rateLimit` of the API's layer). Default: true.
   */
  readonly pause?: boolean | undefined
}

const makePause = (): Pause => {
  const pauses = new Map<string | undefined, { until: number; probeAt: number }>()
  const withKeys = (keys: ReadonlyArray<string>) => [undefined, ...keys].flatMap((key) => pauses.get(key) ?? [])
  return {
    until: (keys) => (pauses.size === 0 ? 0 : Math.max(0, ...withKeys(keys).map(({ until }) => until))),
    begin: (now, until, key) => {
      for (const [other, ended] of pauses) if (ended.until <= now) pauses.delete(other)
      const pause = pauses.get(key) ?? { until, probeAt: now + probeInterval }
      pauses.set(key, { ...pause, until: Math.max(until, pause.until) })
    },
    probe: (now, keys) => {
      const current = withKeys(keys).filter(({ until }) => until > now)
      const due = current.every(({ probeAt }) => probeAt <= now)
      if (due) for (const pause of current) pause.probeAt = now + probeInterval
      return due
    },
    end: (keys) => {
      for (const key of [undefined, ...keys]) pauses.delete(key)
    },
    buckets: new Map()
  }
}

type Shared = Pick<OriginState, "budget" | "pause">

/**
 * The retry budgets and pauses, by origin. Each layer of an API has its own, and shares them with the layers that it is
 * provided to. Provide `layer` to several API layers so that they share them, such as the layers that a backend builds for
 * each request, or to change the options.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { OriginState } from "effect-herald"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const patient = Polympics.checkSignups().pipe(
 *   Effect.provide(Polympics.anonymous().pipe(Layer.provide(OriginState.layer({ budget: "unlimited" }))))
 * )
 * ```
 */
export class OriginStates extends Context.Tag("effect-herald/OriginStates")<
  OriginStates,
  { readonly forOrigin: (origin: string) => Shared }
>() {}

const makeStates = ({ budget, pause = true }: Options = {}): Effect.Effect<Context.Tag.Service<OriginStates>> =>
  Effect.sync(() => {
    const states = new Map<string, Shared>()
    return {
      forOrigin: (origin) => {
        const state = states.get(origin) ?? {
          budget: budget === "unlimited" ? undefined : RetryBudget.make({ ...RetryBudget.standard, ...budget }),
          pause: pause ? makePause() : undefined
        }
        states.set(origin, state)
        return state
      }
    }
  })

/**
 * Makes retry budgets and pauses, one of each for an origin. Fails with a `ConfigError` if a setting of the budget is not a number of at
 * least 0.
 */
export const make = (
  options: Options = {}
): Effect.Effect<Context.Tag.Service<OriginStates>, ConfigError.ConfigError> =>
  Effect.suspend(() => {
    // JavaScript permits other values than the type does.
    const budget: unknown = options.budget
    if (budget === undefined || budget === "unlimited") return makeStates(options)
    const refuse = (path: ReadonlyArray<string>, message: string) =>
      Effect.fail(ConfigError.InvalidData(["budget", ...path], message))
    if (!Predicate.isRecord(budget)) return refuse([], "must be settings, or `unlimited`")
    const isSetting = (name: string, value: unknown) =>
      Object.hasOwn(RetryBudget.standard, name) && (value === undefined || (typeof value === "number" && value >= 0))
    const wrong = Object.entries(budget).find(([name, value]) => !isSetting(name, value))
    return wrong === undefined ? makeStates(options) : refuse([wrong[0]], "must be a number of at least 0")
  })

/** A layer of the retry budgets and pauses that all API layers within it share. Fails as `make` does. */
export const layer = (options: Options = {}): Layer.Layer<OriginStates, ConfigError.ConfigError> =>
  Layer.effect(OriginStates, make(options))

const current: Effect.Effect<Context.Tag.Service<OriginStates>> = Effect.flatMap(
  Effect.serviceOption(OriginStates),
  Option.match({ onNone: () => makeStates(), onSome: Effect.succeed })
)

/**
 * Returns a function that returns the state of an origin, with the `Limiter` and the `ResponseCache` in context, if any. Budget and
 * pause are those of the `OriginStates` in context, or new ones.
 */
export const forOrigins: Effect.Effect<(origin: string) => OriginState> = Effect.map(
  Effect.all([current, Effect.serviceOption(Limiter), Effect.serviceOption(ResponseCache)]),
  ([states, limiter, cache]) =>
    (origin) => ({
      ...states.forOrigin(origin),
      limiter: Option.getOrUndefined(limiter),
      cache: Option.getOrUndefined(cache)
    })
)

/**
 * Builds the services of a layer with the `OriginStates` in context, or with new ones. Adds these, the `Limiter` and the
 * `ResponseCache` to the output, so that API layers within share them. `Authoriser.layer` does this; a layer with several
 * tags needs it.
 *
 * @example
 * ```ts
 * import { Context, Effect, Layer } from "effect"
 * import { Authoriser, OriginState } from "effect-herald"
 *
 * class Reader extends Authoriser.Tag("example/Reader")<Reader>() {}
 * class Writer extends Authoriser.Tag("example/Writer")<Writer>() {}
 *
 * const live = Layer.effectContext(
 *   Authoriser.make({ baseUrl: "https://weather.example" }).pipe(
 *     Effect.map((service) => Context.make(Reader, service).pipe(Context.add(Writer, service))),
 *     OriginState.share
 *   )
 * )
 * ```
 */
export const share = <I, E, R>(
  services: Effect.Effect<Context.Context<I>, E, R>
): Effect.Effect<Context.Context<I | OriginStates>, E, R> =>
  Effect.gen(function* () {
    const states = yield* current
    const context = yield* Effect.context<never>()
    const built = yield* Effect.provideService(services, OriginStates, states)
    return Context.merge(
      // `pick` skips services that the context does not have.
      Context.pick(Limiter, ResponseCache)(context as Context.Context<Limiter | ResponseCache>),
      Context.add(built, OriginStates, states)
    )
  })
