import { isHttpMethod } from "@effect/platform/HttpMethod"
import type { Descriptor } from "../Descriptor.js"
import { propertyName } from "../internal/spec/identifiers.js"
import { makeDescriptor } from "../internal/spec/makeDescriptor.js"
import { wholeName } from "../internal/spec/standardName.js"
import { type Convention, type NamedOperation, type OperationName, standard } from "./Convention.js"
import type { Document, DocumentOperation } from "./Document.js"
import type { Problem } from "./Problem.js"

/** The operations of a document with their names. */
export interface Names {
  /** In the order of the document. */
  readonly operations: ReadonlyArray<NamedOperation>
  /** The operations that have another name than the convention gives them, or none. */
  readonly problems: ReadonlyArray<Problem>
}

/**
 * Names the operations of a document by a convention. Each name is unique, and can stand after a dot; none of them makes an object be
 * taken for something else, as `then` does. If several operations have one name, the first one in the document keeps it, and the others are named by
 * method and path. The problems list all names that were changed.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { type Document, Names } from "effect-herald/spec"
 *
 * const list = (document: Document.Document) =>
 *   Effect.forEach(Names.make(document).operations, ({ method, resource }) => Effect.log(`${resource}.${method}`))
 * ```
 */
export const make = (document: Document, convention: Convention = standard): Names => {
  const problems: Array<Problem> = []
  const names = namesOf(document.operations, convention, problems)
  return {
    operations: document.operations.flatMap((operation, index) => {
      const name = names[index]
      return name === undefined ? [] : [namedOperation(document, operation, name, convention)]
    }),
    problems
  }
}

const namedOperation = (
  document: Document,
  operation: DocumentOperation,
  name: OperationName,
  convention: Convention
): NamedOperation => {
  const makeOnce = () => {
    const { descriptor, problems } = makeDescriptor(document, operation, `${name.resource}.${name.method}`)
    return { descriptor: convention.adapt?.(descriptor, operation) ?? descriptor, problems }
  }
  let memoized: ReturnType<typeof makeOnce> | undefined
  const once = () => (memoized ??= makeOnce())
  return { ...name, operation, descriptor: () => once().descriptor, problems: () => once().problems }
}

/** Returns the names of operations by index: unique ones, in linear time. Adds to the problems. */
const namesOf = (
  operations: ReadonlyArray<DocumentOperation>,
  convention: Convention,
  problems: Array<Problem>
): ReadonlyArray<OperationName | undefined> => {
  /** The spelling of each resource: names that differ in case only would be one file on some systems. */
  const resources = new Map<string, string>()
  const taken = new Map<string, number>()
  const keyOf = (resource: string, method: string) => `${resource}.${method}`
  const report = (index: number, message: string) => problems.push({ pointer: operations[index]!.pointer, message })

  // First the names that operations have by themselves, so that no other operation is given one of them.
  const names = operations.map((operation, index): OperationName | undefined => {
    if (!isHttpMethod(operation.method)) {
      report(index, `requests with the method ${operation.method} can't be sent: the operation is left out`)
      return undefined
    }
    const given = convention.nameOf(operation)
    if (given === undefined) return undefined
    const safe = propertyName(given.resource) || "root"
    const resource = resources.get(safe.toLowerCase()) ?? safe
    resources.set(safe.toLowerCase(), resource)
    const method = propertyName(given.method) || wholeName(operation)
    if (safe !== given.resource || method !== given.method) {
      report(index, `the name ${keyOf(given.resource, given.method)} can't be used: it is ${keyOf(resource, method)}`)
    }
    const key = keyOf(resource, method)
    if (!taken.has(key)) taken.set(key, index)
    return { ...given, resource, method }
  })

  const numbers = new Map<string, number>()
  const free = (resource: string, base: string): string => {
    if (!taken.has(keyOf(resource, base))) return base
    const key = keyOf(resource, base)
    let number = numbers.get(key) ?? 2
    while (taken.has(keyOf(resource, `${base}${number}`))) number += 1
    numbers.set(key, number + 1)
    return `${base}${number}`
  }
  const unique = names.map((name, index): OperationName | undefined => {
    if (name === undefined) return undefined
    const first = taken.get(keyOf(name.resource, name.method))
    if (first === index) return name
    const method = free(name.resource, wholeName(operations[index]!))
    taken.set(keyOf(name.resource, method), index)
    const { method: verb, path } = operations[first!]!
    report(
      index,
      `${keyOf(name.resource, name.method)} is the name of ${verb} ${path}, too: this operation is ${keyOf(name.resource, method)}`
    )
    return { ...name, method }
  })

  return unique.map((name, index) => {
    if (name?.aliases === undefined) return name
    const aliases = name.aliases.filter((alias) => {
      const key = keyOf(name.resource, alias)
      const isFree = propertyName(alias) === alias && !taken.has(key)
      if (isFree) taken.set(key, index)
      else report(index, `the former name ${key} is not available: it is the name of another operation, or invalid`)
      return isFree
    })
    return { ...name, aliases }
  })
}

/**
 * Makes the descriptor of an operation. Parts of the operation that can't be used as they are have another name, or are left out: see
 * `NamedOperation.problems`.
 *
 * - Parameters of path and query share the input with `body`, `headers`, `cookies` and `contentType`. A parameter whose name is
 *   taken gets its place as a suffix, such as `id_query`.
 * - The headers `Accept`, `Content-Type` and `Authorization` are left out, since the media types and the credentials determine them
 *   (OpenAPI 3.1, 4.8.12.1).
 * - The media types of a body begin with JSON.
 * - `list` is set where the document declares it: by a `Link` header in a successful response whose body is an array, or an object
 *   with one array; or by the extension `x-pagination` of the operation, which is a `List` of `Descriptor`. No other list is guessed.
 *
 * - `name`: the name in errors, such as `pets.list`
 */
export const descriptorOf = (document: Document, operation: DocumentOperation, name: string): Descriptor =>
  makeDescriptor(document, operation, name).descriptor
