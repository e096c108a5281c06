import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Limiter } from "./Limiter.js"
import { ResponseCache } from "./ResponseCache.js"
import * as RetryBudget from "./RetryBudget.js"

/** State that the calls to one origin share. */
export interface OriginState {
  /** The retries that these calls may still make; undefined if they are unlimited. */
  readonly budget: RetryBudget.RetryBudget | undefined
  /** The pauses that the server asked for; undefined if they hold back no other calls. */
  readonly pause: Pause | undefined
  /** The limit that the user set, if any. */
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

/** Options of `layer`. */
export interface Options {
  /** Unset fields are those of `RetryBudget.standard`. */
  readonly budget?: Partial<RetryBudget.Settings> | "unlimited" | undefined
  /**
   * Makes a 429 or a 503 with a wait hold back other calls: a 503 those to the origin, a 429 those of the same identity.
   * Default: true.
   */
  readonly pause?: boolean | undefined
}

const makePause = (): Pause => {
  let everyone = 0
  const identities = new Map<string, number>()
  return {
    until: (identity) => Math.max(everyone, identities.get(identity) ?? 0),
    begin: (now, until, identity) => {
      if (identity === undefined) everyone = Math.max(everyone, until)
      else {
        for (const [other, end] of identities) if (end <= now) identities.delete(other)
        identities.set(identity, Math.max(until, identities.get(identity) ?? 0))
      }
    }
  }
}

type Shared = Pick<OriginState, "budget" | "pause">

/**
 * The retry budgets and pauses of all origins, by origin. Each layer of an API has its own, and shares it with the layers that
 * it is provided to. Provide `layer` around several API layers to make them share, such as one for each request of a backend,
 * or to change the options.
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
export class OriginStates
  extends /*#__PURE__*/ Context.Tag("effect-herald/OriginStates")<
    OriginStates,
    { readonly of: (origin: string) => Shared }
  >() {}

/** New state for all origins. */
export const make = ({ budget, pause = true }: Options = {}): Effect.Effect<Context.Tag.Service<OriginStates>> =>
  Effect.sync(() => {
    const states = new Map<string, Shared>()
    return {
      of: (origin) => {
        const state = states.get(origin) ?? {
          budget: budget === "unlimited" ? undefined : RetryBudget.make({ ...RetryBudget.standard, ...budget }),
          pause: pause ? makePause() : undefined
        }
        states.set(origin, state)
        return state
      }
    }
  })

/** State that all API layers within this layer share. */
export const layer = (options: Options = {}): Layer.Layer<OriginStates> => Layer.effect(OriginStates, make(options))

const current: Effect.Effect<Context.Tag.Service<OriginStates>> = /*#__PURE__*/ Effect.flatMap(
  /*#__PURE__*/ Effect.serviceOption(OriginStates),
  /*#__PURE__*/ Option.match({ onNone: () => make(), onSome: Effect.succeed })
)

/** The state of one origin: that of the `OriginStates`, `Limiter` and `ResponseCache` around, or a new one. */
export const forOrigin = (origin: string): Effect.Effect<OriginState> =>
  Effect.map(
    Effect.all([current, Effect.serviceOption(Limiter), Effect.serviceOption(ResponseCache)]),
    ([states, limiter, cache]) => ({
      ...states.of(origin),
      limiter: Option.getOrUndefined(limiter),
      cache: Option.getOrUndefined(cache)
    })
  )

/**
 * Builds the services of a layer with the `OriginStates` around it, or with new ones, and adds these, the `Limiter` and the
 * `ResponseCache` to its output, so that API layers within share them. `Authoriser.layer` does this; a layer with several
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
    const around = yield* Effect.context<never>()
    const built = yield* Effect.provideService(services, OriginStates, states)
    return Context.merge(
      // `pick` takes what is there; neither service is required.
      Context.pick(Limiter, ResponseCache)(around as Context.Context<Limiter | ResponseCache>),
      Context.add(built, OriginStates, states)
    )
  })
