import type { Ref, Shape } from "./Shape.js"

const isShape = (value: unknown): value is Shape => typeof value === "object" && value !== null

/** Returns the shape of a reference. One that leads to no shape is any value. */
export const shapeOf = (ref: Ref): Shape => {
  let found: unknown = ref
  // A function that returns functions without end is no shape.
  for (let steps = 0; steps < 100 && typeof found === "function"; steps += 1) found = found()
  return isShape(found) ? found : {}
}
