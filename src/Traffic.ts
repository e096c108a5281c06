import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Limiter } from "./Limiter.js"
import { ResponseCache } from "./ResponseCache.js"
import * as RetryBudget from "./RetryBudget.js"

/** What calls to one origin share. */
export interface Lane {
  /** What they may repeat. */
  readonly budget: RetryBudget.RetryBudget | undefined
  /** Until when they are held back. */
  readonly pause: Pause | undefined
}

/** A pause that a server asked for. Times are in milliseconds since the epoch. */
export interface Pause {
  /** Until when the calls of this identity are held back; a time gone by if they are not. */
  readonly until: (identity: string) => number
  /** Holds calls back: those of an identity, or all. A pause does not end sooner for one that begins later. */
  readonly begin: (now: number, until: number, identity: string | undefined) => void
}

/** How the calls to an origin are held together. */
export interface Options {
  /** What is not set is that of `RetryBudget.standard`. */
  readonly budget?: Partial<RetryBudget.Settings> | "unlimited" | undefined
  /**
   * Whether a 429 or a 503 that says when to come back holds back every other call, too: a 503 all those to the origin, a 429
   * those of the same identity. Default: true.
   */
  readonly pause?: boolean | undefined
}

const makePause = (): Pause => {
  let all = 0
  const those = new Map<string, number>()
  return {
    until: (identity) => Math.max(all, those.get(identity) ?? 0),
    begin: (now, until, identity) => {
      if (identity === undefined) all = Math.max(all, until)
      else {
        for (const [other, end] of those) if (end <= now) those.delete(other)
        those.set(identity, Math.max(until, those.get(identity) ?? 0))
      }
    }
  }
}

/**
 * What stands between calls and the origins that they go to: the retry budget and the pause after a 429 or a 503. Each caller's
 * layer has its own, and shares it with callers that are provided within it. Provide this layer around callers of which
 * neither is within the other, such as one for each request of a backend, to have them share it, or to change how it works.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Traffic } from "effect-herald"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const patient = Polympics.checkSignups.pipe(
 *   Effect.provide(Polympics.anonymous().pipe(Layer.provide(Traffic.layer({ budget: "unlimited" }))))
 * )
 * ```
 */
export class Traffic
  extends /*#__PURE__*/ Context.Tag("effect-herald/Traffic")<Traffic, { readonly to: (origin: string) => Lane }>() {}

/** Traffic of one's own. */
export const make = ({ budget, pause = true }: Options = {}): Effect.Effect<Context.Tag.Service<Traffic>> =>
  Effect.sync(() => {
    const lanes = new Map<string, Lane>()
    return {
      to: (origin) => {
        const lane = lanes.get(origin) ?? {
          budget: budget === "unlimited" ? undefined : RetryBudget.make({ ...RetryBudget.standard, ...budget }),
          pause: pause ? makePause() : undefined
        }
        lanes.set(origin, lane)
        return lane
      }
    }
  })

/** Traffic that everything within shares. */
export const layer = (options: Options = {}): Layer.Layer<Traffic> => Layer.effect(Traffic, make(options))

/** The traffic that a caller which is made here shares, or else its own. */
export const current: Effect.Effect<Context.Tag.Service<Traffic>> = /*#__PURE__*/ Effect.flatMap(
  /*#__PURE__*/ Effect.serviceOption(Traffic),
  /*#__PURE__*/ Option.match({ onNone: () => make(), onSome: Effect.succeed })
)

/**
 * Makes a caller's services in the traffic around it, or in its own, and adds this to them, and the limiter and the response cache if
 * there are any, for callers within.
 *
 * @example
 * ```ts
 * import { Context, Effect, Layer } from "effect"
 * import { Authoriser, Traffic } from "effect-herald"
 *
 * class Weather extends Context.Tag("example/Weather")<Weather, Authoriser.Authoriser>() {}
 *
 * const live = Layer.effectContext(
 *   Authoriser.parseBaseUrl("https://weather.example").pipe(
 *     Effect.flatMap((baseUrl) => Authoriser.none(baseUrl)),
 *     Effect.map((caller) => Context.make(Weather, caller)),
 *     Traffic.sharing
 *   )
 * )
 * ```
 */
export const sharing = <I, E, R>(
  services: Effect.Effect<Context.Context<I>, E, R>
): Effect.Effect<Context.Context<I | Traffic>, E, R> =>
  Effect.gen(function* () {
    const traffic = yield* current
    const around = yield* Effect.context<never>()
    const made = yield* Effect.provideService(services, Traffic, traffic)
    return Context.merge(
      Context.pick(Limiter, ResponseCache)(around as Context.Context<Limiter | ResponseCache>),
      Context.add(made, Traffic, traffic)
    )
  })
