import type { Json, MismatchKind, Ref, Shape, TypeName } from "../../../Shape.js"
import type { Document, DocumentOperation } from "../model.js"
import type { Overlay } from "../overlay/model.js"
import { actionsOf } from "./actions.js"
import { examplesOf, responseOf, schemaPointer } from "./examples.js"
import { observe, recordMismatch, recordMissing } from "./observe.js"
import type { Observation } from "./observe.js"
import { allowsDeep, childrenOf, count, hasProperty, membersOf, partsOf, siteAt } from "./sites.js"
import type { Part, Sites, Use } from "./sites.js"
import { tokensOf } from "../../jsonPointer.js"
import { shapeOf } from "../../descriptor/shapeOf.js"

/** The pointers of the schemas that requests have. */
const requestedPointers = (document: Document): ReadonlySet<string> => {
  const shapes = new Set<Shape>()
  for (const operation of document.operations) {
    const { body, parameters } = operation.details()
    for (const { shape } of parameters) shapes.add(shape)
    for (const { items, shape } of body?.content.values() ?? []) {
      if (shape !== undefined) shapes.add(shape)
      if (items !== undefined) shapes.add(items)
    }
  }
  const pointers = new Set<string>()
  // A Set is iterated with the shapes that are added meanwhile.
  for (const shape of shapes) {
    if (shape.pointer !== undefined) pointers.add(shape.pointer)
    const add = (ref: Ref | false | undefined): void => {
      if (ref !== undefined && ref !== false) shapes.add(shapeOf(ref))
    }
    Object.values(shape.properties ?? {}).forEach(add)
    for (const refs of [shape.prefixItems, shape.allOf, shape.anyOf]) refs?.forEach(add)
    add(shape.additional)
    add(shape.items)
  }
  return pointers
}

/** Reports whether a schema is one of those at pointers, or within one. */
const isWithin = (pointer: string, pointers: ReadonlySet<string>): boolean => {
  for (let end = pointer.length; end > 0; end = pointer.lastIndexOf("/", end - 1)) {
    if (pointers.has(pointer.slice(0, end))) return true
  }
  return false
}

/**
 * Makes the overlay that corrects the schemas at sites. Its actions are in the order of their targets. Without `keepsTypes`, declared
 * types that no value has can be replaced, but for those of requests: callers send what they declare.
 */
const overlayOf = (document: Document, sites: Sites, keepsTypes: boolean): Overlay => {
  let requested: ReadonlySet<string> | undefined
  const actions = [...sites.values()]
    .sort((one, other) => (one.pointer < other.pointer ? -1 : 1))
    .flatMap((site) => {
      if (site.mismatched.size === 0 && site.outside.size === 0 && site.missing.size === 0) return []
      requested ??= keepsTypes ? new Set() : requestedPointers(document)
      return actionsOf(document, site, keepsTypes || isWithin(site.pointer, requested))
    })
  return {
    overlay: "1.0.0",
    info: { title: `Corrections of ${document.title}`, version: document.version },
    ...(document.source === undefined ? {} : { extends: document.source }),
    actions
  }
}

const originOf = (operation: DocumentOperation, status: number | string): string =>
  `${operation.method} ${operation.path} ${status}`

export const fromExamples = (document: Document): Overlay => {
  const sites: Sites = new Map()
  for (const { operation, schema, shape, status, value } of examplesOf(document)) {
    if (shape === undefined) continue
    observe({ json: document.json, sites, origin: originOf(operation, status) }, { ref: shape, pointer: schema }, value)
  }
  return overlayOf(document, sites, false)
}

/** A mismatch that was seen in a response. The issues of responses have these fields but for the first two. */
export interface SeenMismatch {
  /** The operation: its `operationId`, or its method and path, such as `GET /pets/{id}`. */
  readonly operation: string
  readonly status: number
  /** The JSON pointer of the value, with `*` for the index of an array and for a property that the schema does not name. */
  readonly pointer: string
  readonly kind: MismatchKind
  /** The type of the value. */
  readonly found?: TypeName | undefined
  /** The JSON pointer of the schema that the value does not match. */
  readonly schema?: string | undefined
  /** The number of times that it was seen. Default: 1. */
  readonly count?: number | undefined
}

/** The uses of the schemas that describe the value at a pointer, in all members of the unions on the way. */
const usesAt = (json: Json, root: Use, tokens: ReadonlyArray<string>): ReadonlyArray<Use> => {
  let uses: ReadonlyArray<Use> = [root]
  for (const token of tokens) {
    const next: Array<Use> = []
    for (const { pointer, ref } of withMembers(uses)) {
      const parts = partsOf(shapeOf(ref), pointer)
      const named = parts.some((part) => hasProperty(part.shape, token))
      for (const part of parts) next.push(...childrenOf(json, part, token, named))
      if (token !== "*" && !/^\d+$/.test(token)) continue
      const index = token === "*" ? Number.MAX_SAFE_INTEGER : Number(token)
      for (const part of parts) next.push(...childrenOf(json, part, index, named))
    }
    uses = next
  }
  return uses
}

/** Uses, and those of the members of their unions. */
const withMembers = (uses: ReadonlyArray<Use>): ReadonlyArray<Use> => {
  const all = new Map<string, Use>()
  const pending = [...uses]
  for (const use of pending) {
    const shape = shapeOf(use.ref)
    const id = `${use.pointer} ${shape.pointer ?? ""} ${shape.anyOf === undefined ? "" : "union"}`
    if (all.has(id)) continue
    all.set(id, use)
    for (const part of partsOf(shape, use.pointer)) pending.push(...membersOf(part))
  }
  return [...all.values()]
}

const record = (
  observation: Observation,
  use: Use,
  parts: ReadonlyArray<Part>,
  type: TypeName,
  times: number
): void => {
  recordMismatch(observation, use, parts, type)
  if (type === "null") count(siteAt(observation.sites, use.pointer).seen, type, times)
  else for (const part of parts) count(siteAt(observation.sites, part.pointer).seen, type, times)
}

export const fromMismatches = (document: Document, mismatches: Iterable<SeenMismatch>): Overlay => {
  const sites: Sites = new Map()
  const operations = new Map<string, DocumentOperation>()
  for (const operation of document.operations) {
    operations.set(`${operation.method} ${operation.path}`, operation)
    if (operation.operationId !== undefined) operations.set(operation.operationId, operation)
  }
  for (const { count: times = 1, found, kind, operation: name, pointer, schema, status } of mismatches) {
    const operation = operations.get(name)
    const response = operation === undefined ? undefined : responseOf(operation, status)
    if (operation === undefined || response === undefined) continue
    const observation: Observation = { json: document.json, sites, origin: originOf(operation, status) }
    const tokens = tokensOf(pointer)
    const missing = kind === "missing" ? tokens.at(-1) : undefined
    for (const [mediaType, { shape }] of response[1].content) {
      if (shape === undefined) continue
      const root: Use = { ref: shape, pointer: schemaPointer(document, response[1].pointer, mediaType) }
      const uses =
        missing === undefined
          ? usesAt(document.json, root, tokens)
          : withMembers(usesAt(document.json, root, tokens.slice(0, -1)))
      const own = uses.filter((use) => schema !== undefined && shapeOf(use.ref).pointer === schema)
      for (const use of own.length > 0 ? own : uses.slice(0, 1)) {
        const parts = partsOf(shapeOf(use.ref), use.pointer)
        if (missing !== undefined) {
          for (let time = 0; time < times; time += 1) recordMissing(observation, parts, missing)
        } else if ((kind === "type" || kind === "null") && found !== undefined && !allowsDeep(use, found)) {
          record(observation, use, parts, found, times)
        }
      }
    }
  }
  return overlayOf(document, sites, true)
}
