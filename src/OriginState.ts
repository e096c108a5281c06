import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
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

/** Pauses that a server asked for by a 429 or a 503. Times are in milliseconds since the epoch. */
export interface Pause {
  /** The end of the pause for the calls of an identity; a time in the past if there is none. */
  readonly until: (identity: string) => number
  /** Begins a pause for an identity, or for every call where that is undefined. A later pause never shortens an earlier one. */
  readonly begin: (now: number, until: number, identity: string | undefined) => void
}

/** Options of `make` and `layer`. */
export interface Options {
  /** The settings of retry budgets. Unset fields are those of `RetryBudget.standard`. */
  readonly budget?: Partial<RetryBudget.Settings> | "unlimited" | undefined
  /**
   * Holds back other calls after a response that asks for a wait: after a 503 all calls to the origin, after a 429 those of the
   * same identity. Default: true.
   */
  readonly pause?: boolean | undefined
}

const makePause = (): Pause => {
  let originEnd = 0
  const identityEnds = new Map<string, number>()
  return {
    until: (identity) => Math.max(originEnd, identityEnds.get(identity) ?? 0),
    begin: (now, until, identity) => {
      if (identity === undefined) originEnd = Math.max(originEnd, until)
      else {
        for (const [other, end] of identityEnds) if (end <= now) identityEnds.delete(other)
        identityEnds.set(identity, Math.max(until, identityEnds.get(identity) ?? 0))
      }
    }
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

/** Makes retry budgets and pauses, one of each for an origin. */
export const make = ({ budget, pause = true }: Options = {}): Effect.Effect<Context.Tag.Service<OriginStates>> =>
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

/** A layer of the retry budgets and pauses that all API layers within it share. */
export const layer = (options: Options = {}): Layer.Layer<OriginStates> => Layer.effect(OriginStates, make(options))

const current: Effect.Effect<Context.Tag.Service<OriginStates>> = Effect.flatMap(
  Effect.serviceOption(OriginStates),
  Option.match({ onNone: () => make(), onSome: Effect.succeed })
)

/**
 * Returns the state of an origin, with the `Limiter` and the `ResponseCache` in context, if any. Budget and pause are those
 * of the `OriginStates` in context, or new ones.
 */
export const forOrigin = (origin: string): Effect.Effect<OriginState> =>
  Effect.map(
    Effect.all([current, Effect.serviceOption(Limiter), Effect.serviceOption(ResponseCache)]),
    ([states, limiter, cache]) => ({
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
