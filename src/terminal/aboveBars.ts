import type { Console } from "effect/Console"
import * as Effect from "effect/Effect"
import type { Screen } from "./screen.js"

/** Makes a console that writes above the bars of a screen, and does all else as another one. */
export const aboveBars = (console: Console, { hide, show }: Screen): Console => {
  const around = <A, E, R>(write: Effect.Effect<A, E, R>) =>
    Effect.acquireUseRelease(
      Effect.sync(hide),
      () => write,
      () => Effect.sync(show)
    )
  const aroundCall =
    (call: (...args: ReadonlyArray<unknown>) => unknown) =>
    (...args: ReadonlyArray<unknown>) => {
      hide()
      try {
        return call(...args)
      } finally {
        show()
      }
    }
  const unsafe = new Proxy(console.unsafe, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key)
      return typeof value === "function" ? aroundCall(value.bind(target)) : value
    }
  })
  return new Proxy(console, {
    get: (target, key) => {
      if (key === "unsafe") return unsafe
      const value: unknown = Reflect.get(target, key)
      // The other members are Effects, and functions that return Effects.
      if (Effect.isEffect(value)) return around(value)
      return typeof value === "function"
        ? (...args: ReadonlyArray<unknown>) => around(value.apply(target, args))
        : value
    }
  })
}
