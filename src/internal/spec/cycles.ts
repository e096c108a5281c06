import { isFields } from "./node.js"
import { at } from "../jsonPointer.js"
import type { Place, Reader } from "./reader.js"
import { referenceOf, resolve } from "./references.js"

/** The keywords by which a schema describes the same value as another one. References are followed with either. */
export type Composition = "allOf" | "anyOf" | "any"

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

/** A schema whose parts are being visited. */
interface Frame {
  readonly node: unknown
  readonly index: number
  readonly rest: Array<Place>
  /** The smallest index that is reached. */
  low: number
}

/**
 * Finds the cycles of schemas by Tarjan's algorithm: schemas have the same number if each leads to the other. Each schema is visited
 * once for a document. Not recursive: schemas may be nested deeply.
 */
const findCycles = (reader: Reader, start: Place, composition: Composition): void => {
  const cycles = reader.cycles[composition]
  const first = cycles.size
  const indexes = new Map<unknown, number>()
  const open: Array<unknown> = []
  const frames: Array<Frame> = []
  const enter = (place: Place): void => {
    const index = indexes.size
    indexes.set(place.node, index)
    open.push(place.node)
    frames.push({ node: place.node, index, low: index, rest: [...partsOf(reader, place, composition)] })
  }
  enter(start)
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const part = frame.rest.pop()
    if (part !== undefined) {
      if (!isFields(part.node) || cycles.has(part.node)) continue
      const index = indexes.get(part.node)
      if (index === undefined) enter(part)
      else frame.low = Math.min(frame.low, index)
      continue
    }
    frames.pop()
    const outer = frames.at(-1)
    if (outer !== undefined) outer.low = Math.min(outer.low, frame.low)
    if (frame.low < frame.index) continue
    for (let node = open.pop(); ; node = open.pop()) {
      cycles.set(node, first + frame.index)
      if (node === frame.node) break
    }
  }
}

/** The node of a part: its own, or the target of a reference with keywords beside it, which is a part without them. */
const nodeOf = (reader: Reader, { node, scope }: Place, visited: ReadonlyMap<unknown, number>): unknown => {
  const reference = isFields(node) && !visited.has(node) ? referenceOf(node) : undefined
  const target = reference === undefined ? undefined : resolve(reader, scope, reference)
  return typeof target === "object" ? target.node : node
}

/** Reports whether a part of a schema, or the schema that it refers to, leads back to the schema. */
export const areInCycle = (reader: Reader, schema: Place, part: Place, composition: Composition): boolean => {
  const cycles = reader.cycles[composition]
  if (!cycles.has(schema.node)) findCycles(reader, schema, composition)
  return cycles.get(nodeOf(reader, part, cycles)) === cycles.get(schema.node)
}
