import { resolveLocation } from "./locations.js"
import { at, childOf, type Fields, isFields, tokensOf } from "./node.js"
import { type Place, problemAt, type Problems, type Reader, type Scope } from "./reader.js"

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
const follow = (reader: Reader, start: Scope, fragment: string, passed: number): Place | undefined => {
  let [scope, node, pointer] = [start, start.root, start.pointer]
  for (const token of tokensOf(fragment)) {
    let child = childOf(node, token)
    if (child === undefined && isReference(node)) {
      const target = passed < maxPassed ? resolveFrom(reader, scope, node.$ref, passed + 1) : undefined
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
    ? (follow(reader, scope, decoded, passed) ??
      (decoded === fragment ? undefined : follow(reader, scope, fragment, passed)))
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

/**
 * Follows the references of a node to a node that is none. Undefined, with a problem, if one has no target, or they refer to
 * each other.
 */
export const dereference = (reader: Reader, place: Place, problems: Problems): Place | undefined => {
  const passed = new Set<unknown>()
  let current = place
  while (isReference(current.node)) {
    const { node, pointer, scope } = current
    const target = passed.has(node) ? "refers to itself" : resolve(reader, scope, node.$ref)
    if (typeof target === "string") {
      problems.push(problemAt(scope, pointer, `The reference ${node.$ref} ${target}; it is left out.`))
      return undefined
    }
    passed.add(node)
    current = target
  }
  return current
}
