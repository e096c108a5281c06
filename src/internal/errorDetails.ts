import * as Predicate from "effect/Predicate"

/** The key under which a declared error carries the details of its call. */
export const detailsKey: unique symbol = Symbol.for("effect-herald/ErrorDetails")

/** Attaches the details of a call to a declared error, or to a copy of it. */
export const attachDetails = <A>(error: A, details: object): A => {
  if (!Predicate.isObject(error)) return error
  // A schema may decode to the same value each time, as those of `HttpApiError` do. A copy leaves the details of an earlier
  // call unchanged. A frozen error can't have them.
  const own: A & object =
    Object.hasOwn(error, detailsKey) || !Object.isExtensible(error)
      ? Object.create(Object.getPrototypeOf(error), Object.getOwnPropertyDescriptors(error))
      : error
  Reflect.defineProperty(own, detailsKey, { value: details, configurable: true })
  return own
}
