import type { Ref, Shape } from "./Shape.js"

const isShape = (value: unknown): value is Shape => typeof value === "object" && value !== null

/** Returns the shape of a reference. One that leads to no shape is any value. */
export const shapeOf = (ref: Ref): Shape => {
  let found: unknown = ref
  // A function that returns functions without end is no shape.
  for (let steps = 0; steps < 100 && typeof found === "function"; steps += 1) found = found()
  return isShape(found) ? found : {}
}

/** Returns the shape of a reference, the same one each time. */
export type Resolve = (ref: Ref) => Shape

/**
 * Makes a function that resolves references, and remembers what functions return: those of generated code make a new shape at each call, and
 * only a shape that is the same one shows a cycle.
 */
export const makeResolve = (): Resolve => {
  const known = new Map<Ref, Shape>()
  return (ref) => {
    if (typeof ref !== "function") return shapeOf(ref)
    const shape = known.get(ref) ?? shapeOf(ref)
    known.set(ref, shape)
    return shape
  }
}
