import { resolveLocation } from "./locations.js"
import { childOf, type Fields, isFields } from "./node.js"
import { at, tokensOf } from "../jsonPointer.js"
import { type End, type Place, problemAt, type Problems, type Reader, type Scope } from "./reader.js"

/** The number of references that a JSON pointer may pass through. More are a cycle. */
const maxPassed = 64

const decode = (fragment: string): string => {
  try {
    return decodeURIComponent(fragment)
  } catch {
    // A percent sign that is not encoded.
    return fragment
  }
}

/** Returns the scope of a node: its own, if it is a schema with an `$id`. */
export const scopeOf = (reader: Reader, scope: Scope, node: unknown): Scope =>
  reader.resources.size === 0 ? scope : (reader.resources.get(node) ?? scope)

/** Follows a JSON pointer. It may pass through references, as some tools write them. */
const walk = (reader: Reader, start: Scope, fragment: string, passed: number): Place | undefined => {
  let [scope, node, pointer] = [start, start.root, start.pointer]
  for (const token of tokensOf(fragment)) {
    let child = childOf(node, token)
    if (child === undefined && isReference(node)) {
      const target = passed < maxPassed ? targetOf(reader, scope, node, passed + 1) : undefined
      if (typeof target !== "object") return undefined
      ;({ scope, node, pointer } = target)
      child = childOf(node, token)
    }
    if (child === undefined) return undefined
    node = child
    pointer = at(pointer, token)
    scope = scopeOf(reader, scope, node)
  }
  return { scope, node, pointer }
}

const rootOf = (scope: Scope): Place => ({ scope, node: scope.root, pointer: scope.pointer })

/** The scopes in which a fragment is looked up: the schema resource, and then its file, as some documents have it. */
const fragmentIn = (reader: Reader, scope: Scope, fragment: string, passed: number): Place | undefined => {
  if (fragment === "") return rootOf(scope)
  const decoded = decode(fragment)
  const found = decoded.startsWith("/")
    ? (walk(reader, scope, decoded, passed) ??
      (decoded === fragment ? undefined : walk(reader, scope, fragment, passed)))
    : reader.anchors.get(scope)?.get(decoded)
  if (found !== undefined || scope.pointer === "") return found
  const { file } = scope
  return fragmentIn(reader, { file, base: scope.base, root: file.json, pointer: "" }, fragment, passed)
}

/** The component that a bare name such as `Pet` stands for. Swagger 1.2 has such references, and some later documents. */
const byName = ({ root }: Reader, name: string): Place | undefined => {
  const [first, second] = [childOf(root.root, "definitions"), childOf(childOf(root.root, "components"), "schemas")]
  const [schemas, pointer] = first === undefined ? [second, "/components/schemas"] : [first, "/definitions"]
  const node = childOf(schemas, name)
  return node === undefined ? undefined : { scope: root, node, pointer: at(pointer, name) }
}

const resolveFrom = (reader: Reader, scope: Scope, reference: string, passed: number): Place | string => {
  const hash = reference.indexOf("#")
  const location = hash < 0 ? reference : reference.slice(0, hash)
  const fragment = hash < 0 ? "" : reference.slice(hash + 1)
  if (location === "" && hash < 0) return "is empty"
  if (location === "") return fragmentIn(reader, scope, fragment, passed) ?? "is not in the document"
  const target = reader.scopes.get(resolveLocation(scope.base, location))
  if (typeof target === "object") return fragmentIn(reader, target, fragment, passed) ?? "is not in that file"
  return (hash < 0 ? byName(reader, location) : undefined) ?? target ?? "is in a file that was not read"
}

/** Resolves a reference (RFC 3986, 5). Returns the reason if there is nothing at it, in words that follow its name. */
export const resolve = (reader: Reader, scope: Scope, reference: string): Place | string =>
  resolveFrom(reader, scope, reference, 0)

/** Returns the reference of a schema. Dynamic references are read as plain ones, whose target they have by default. */
export const referenceOf = (node: Fields): string | undefined => {
  const reference = node.$ref ?? node.$dynamicRef ?? node.$recursiveRef
  return typeof reference === "string" ? reference : undefined
}

/** Reports whether a node is a reference. Only for places where the specification allows one. */
export const isReference = (node: unknown): node is Fields & { readonly $ref: string } =>
  isFields(node) && typeof node.$ref === "string"

/** The target of a reference that a JSON pointer passes through. */
const targetOf = (
  reader: Reader,
  scope: Scope,
  node: Fields & { readonly $ref: string },
  passed: number
): Place | string => {
  const known = reader.targets.get(node)
  if (known !== undefined) return known
  // While it is being resolved.
  reader.targets.set(node, "refers to itself")
  const target = resolveFrom(reader, scope, node.$ref, passed)
  reader.targets.set(node, target)
  return target
}

/**
 * Follows references to a node that is none. Returns the last reference, with the reason, if it has no target, or leads to itself. The
 * end is remembered for each reference that is passed.
 *
 * - `referenceIn`: the reference of a node; undefined for a node that is none
 */
export const follow = (
  reader: Reader,
  start: Place,
  ends: Map<unknown, End>,
  referenceIn: (node: unknown) => string | undefined
): End => {
  const passed = new Set<unknown>()
  let end: End | undefined
  let place = start
  while (end === undefined) {
    const reference = referenceIn(place.node)
    if (reference === undefined) end = { place }
    else {
      const target = passed.has(place.node) ? "refers to itself" : resolve(reader, place.scope, reference)
      if (typeof target === "string") end = { place, failure: `The reference ${reference} ${target}` }
      else {
        passed.add(place.node)
        place = target
        end = ends.get(place.node)
      }
    }
  }
  for (const node of passed) ends.set(node, end)
  return end
}

const plainReference = (node: unknown): string | undefined => (isReference(node) ? node.$ref : undefined)

/**
 * Follows the references of a node to a node that is none. Undefined, with a problem, if one has no target, or they refer to
 * each other.
 */
export const dereference = (reader: Reader, start: Place, problems: Problems): Place | undefined => {
  if (!isReference(start.node)) return start
  const { failure, place } = follow(reader, start, reader.ends, plainReference)
  if (failure === undefined) return place
  problems.push(problemAt(place.scope, place.pointer, `${failure}; it is left out.`))
  return undefined
}
