import { at, isFields } from "./node.js"
import type { Place, Reader } from "./reader.js"
import { referenceOf, resolve } from "./references.js"

/** The keywords by which a schema describes the same value as another one. References are followed with either. */
type Composition = "allOf" | "anyOf" | "any"

const lists = (composition: Composition): ReadonlyArray<string> => {
  if (composition === "allOf") return ["allOf"]
  return composition === "anyOf" ? ["anyOf", "oneOf"] : ["allOf", "anyOf", "oneOf"]
}

/** The schemas that describe the same value as a schema. */
const partsOf = (reader: Reader, { node, pointer, scope }: Place, composition: Composition): ReadonlyArray<Place> => {
  if (!isFields(node)) return []
  const parts: Array<Place> = []
  const reference = referenceOf(node)
  if (reference !== undefined) {
    const target = resolve(reader, scope, reference)
    if (typeof target === "object") parts.push(target)
  }
  for (const keyword of lists(composition)) {
    const list = node[keyword]
    if (!Array.isArray(list)) continue
    list.forEach((part: unknown, index) => {
      parts.push({ scope, node: part, pointer: at(at(pointer, keyword), index) })
    })
  }
  return parts
}

/** Reports whether a schema leads to another one by a composition. Not recursive. */
export const leadsTo = (reader: Reader, from: Place, to: unknown, composition: Composition): boolean => {
  const seen = new Set<unknown>()
  const rest = [from]
  for (let place = rest.pop(); place !== undefined; place = rest.pop()) {
    if (place.node === to) return true
    if (seen.has(place.node)) continue
    seen.add(place.node)
    rest.push(...partsOf(reader, place, composition))
  }
  return false
}

/**
 * Reports whether a schema, or one that describes the same value, may be a part of itself. The result is remembered for each
 * schema that is passed, so that most are looked at once. Not recursive.
 */
export const mayBeCyclic = (reader: Reader, start: Place): boolean => {
  interface Frame {
    readonly node: unknown
    readonly rest: Array<Place>
    cyclic: boolean
  }
  const { cyclic } = reader
  const open = new Set<unknown>()
  const enter = (place: Place): Frame => {
    open.add(place.node)
    return { node: place.node, rest: [...partsOf(reader, place, "any")], cyclic: false }
  }
  const known = cyclic.get(start.node)
  if (known !== undefined) return known
  const frames = [enter(start)]
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const part = frame.rest.pop()
    if (part === undefined) {
      open.delete(frame.node)
      cyclic.set(frame.node, frame.cyclic)
      frames.pop()
      const outer = frames.at(-1)
      if (outer !== undefined && frame.cyclic) outer.cyclic = true
      continue
    }
    if (!isFields(part.node)) continue
    const result = open.has(part.node) || cyclic.get(part.node)
    if (result === undefined) frames.push(enter(part))
    else if (result) frame.cyclic = true
  }
  return cyclic.get(start.node) === true
}
