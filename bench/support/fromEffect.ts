import { Effect, type Layer, ManagedRuntime } from "effect"
import type { Contender } from "./slices.js"

/** Makes a contender of an effect and the layer that it needs. */
export const fromEffect = <A, E, R>(
  name: string,
  call: Effect.Effect<A, E, R>,
  layer: Layer.Layer<R, unknown>,
  checks?: Contender["checks"]
): Contender => {
  const runtime = ManagedRuntime.make(layer)
  return {
    name,
    ...(checks === undefined ? {} : { checks }),
    run: (calls, atOnce) => {
      let left = calls
      const work = Effect.whileLoop({ while: () => left-- > 0, body: () => call, step: () => undefined })
      return runtime.runPromise(
        atOnce === 1 ? work : Effect.replicateEffect(work, atOnce, { concurrency: "unbounded", discard: true })
      )
    }
  }
}
