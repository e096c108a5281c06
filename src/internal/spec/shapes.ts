import type { Ref, Shape } from "../../Shape.js"
import { shapeOf } from "../descriptor/shapeOf.js"

/** Returns the types of a shape; empty for any type. */
export const typesOf = ({ type }: Shape): ReadonlyArray<string> =>
  type === undefined ? [] : typeof type === "string" ? [type] : type

/** The number of shapes that are visited to find the properties of one. More are those of no person. */
const visitedLimit = 1000

/** Returns the properties of an object, with those of its `allOf`, in order. */
export const propertiesOf = (ref: Ref): ReadonlyMap<string, { readonly ref: Ref; readonly required: boolean }> => {
  const found = new Map<string, Ref>()
  const required = new Set<string>()
  const visited = new Set<Shape>()
  const waiting: Array<Ref> = [ref]
  while (waiting.length > 0 && visited.size < visitedLimit) {
    const shape = shapeOf(waiting.pop()!)
    if (visited.has(shape)) continue
    visited.add(shape)
    for (const name of Object.keys(shape.properties ?? {})) {
      if (!found.has(name)) found.set(name, shape.properties![name]!)
    }
    for (const name of shape.required ?? []) required.add(name)
    // The last one is taken first.
    if (shape.allOf !== undefined) waiting.push(...shape.allOf.slice(0, visitedLimit).reverse())
  }
  return new Map(Array.from(found, ([name, one]) => [name, { ref: one, required: required.has(name) }]))
}
