import type { Direction, Shape } from "../../../Shape.js"
import type {
  Document,
  DocumentBody,
  DocumentMediaType,
  DocumentOperation,
  DocumentParameter,
  DocumentResponse,
  SecurityScheme,
  Server
} from "../model.js"
import { listed } from "./change.js"
import type { Change, Found, Level } from "./change.js"
import { makeComparison } from "./shapes.js"
import type { Comparison, Pair } from "./shapes.js"

const nameOf = ({ method, path }: DocumentOperation): string => `${method} ${path}`

/** The path without the names of its parameters, which callers do not send. */
const templateOf = ({ method, path }: DocumentOperation): string => `${method} ${path.replaceAll(/\{[^{}]*\}/g, "{}")}`

/** Matches operations: by method and path, then by path without the names of its parameters, then by `operationId`. */
const matchOperations = (
  before: Document,
  after: Document
): {
  readonly matched: ReadonlyMap<DocumentOperation, DocumentOperation>
  readonly removed: ReadonlyArray<DocumentOperation>
  readonly added: ReadonlyArray<DocumentOperation>
} => {
  const matched = new Map<DocumentOperation, DocumentOperation>()
  const free = new Set(after.operations)
  let rest: ReadonlyArray<DocumentOperation> = before.operations
  for (const keyOf of [nameOf, templateOf, (operation: DocumentOperation) => operation.operationId]) {
    const others = new Map<string, DocumentOperation>()
    for (const other of free) {
      const key = keyOf(other)
      if (key !== undefined && !others.has(key)) others.set(key, other)
    }
    rest = rest.filter((operation) => {
      const key = keyOf(operation)
      const other = key === undefined ? undefined : others.get(key)
      if (key === undefined || other === undefined) return true
      others.delete(key)
      free.delete(other)
      matched.set(operation, other)
      return false
    })
  }
  return { matched, removed: rest, added: [...free] }
}

interface Context {
  readonly before: Document
  readonly after: Document
  readonly comparison: Comparison
}

/** Changes of an operation, and the pairs of shapes that it leads to. */
interface Operation {
  readonly changes: Array<Found>
  readonly pairs: Array<Pair>
}

const parameterKey = ({ in: place, name }: DocumentParameter): string =>
  `${place} ${place === "header" ? name.toLowerCase() : name}`

/** The names of path parameters, in the order of the path. */
const pathNames = (path: string): ReadonlyArray<string> =>
  [...path.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name ?? "")

const compareParameters = (
  { comparison }: Context,
  [before, after]: readonly [DocumentOperation, DocumentOperation],
  { changes, pairs }: Operation
): void => {
  const add = (level: Level, pointer: string, message: string): void => {
    changes.push({ level, pointer, message })
  }
  const renamed = new Map<string, string>()
  const names = pathNames(after.path)
  pathNames(before.path).forEach((name, index) => {
    const other = names[index]
    if (other === undefined || other === name || names.length !== pathNames(before.path).length) return
    renamed.set(`path ${name}`, `path ${other}`)
    add("breaking", after.pointer, `parameter ${name} in path: is now called ${other}`)
  })
  const were = new Map(
    before.details().parameters.map((one) => [renamed.get(parameterKey(one)) ?? parameterKey(one), one])
  )
  const are = new Map(after.details().parameters.map((one) => [parameterKey(one), one]))
  for (const [key, one] of were) {
    const other = are.get(key)
    const place = `parameter ${one.name} in ${one.in}`
    if (other === undefined) {
      add("breaking", one.pointer, `${place}: was removed`)
      continue
    }
    if (one.required !== other.required) {
      add(
        other.required ? "breaking" : "compatible",
        other.pointer,
        `${place}: is ${other.required ? "now" : "no longer"} required`
      )
    }
    const form = ({ allowReserved, content, explode, style }: DocumentParameter): string =>
      JSON.stringify([style, explode, allowReserved ?? false, content])
    if (form(one) !== form(other)) add("breaking", other.pointer, `${place}: is sent in another form`)
    if ((one.deprecated ?? false) !== (other.deprecated ?? false)) {
      add("documentation", other.pointer, `${place}: is ${other.deprecated === true ? "" : "no longer "}deprecated`)
    }
    if (one.description !== other.description) add("documentation", other.pointer, `${place}: the description changed`)
    pairs.push(comparison.pairOf(one.shape, other.shape, "request", place))
  }
  for (const [key, other] of are) {
    if (were.has(key)) continue
    add(
      other.required ? "breaking" : "compatible",
      other.pointer,
      `parameter ${other.name} in ${other.in}: was added, and is ${other.required ? "required" : "optional"}`
    )
  }
}

/** Compares the media types of a body. */
const compareContent = (
  { comparison }: Context,
  [before, after]: readonly [ReadonlyMap<string, DocumentMediaType>, ReadonlyMap<string, DocumentMediaType>],
  place: { readonly pointers: readonly [string, string]; readonly direction: Direction; readonly label: string },
  { changes, pairs }: Operation
): void => {
  const { direction, label, pointers } = place
  const any: Shape = {}
  for (const [type, one] of before) {
    const other = after.get(type)
    if (other === undefined) {
      changes.push({ level: "breaking", pointer: pointers[0], message: `${label}: the media type ${type} was removed` })
      continue
    }
    for (const key of ["shape", "items"] as const) {
      if (one[key] === undefined && other[key] === undefined) continue
      pairs.push(comparison.pairOf(one[key] ?? any, other[key] ?? any, direction, label))
    }
  }
  for (const type of after.keys()) {
    if (before.has(type)) continue
    changes.push({ level: "compatible", pointer: pointers[1], message: `${label}: the media type ${type} was added` })
  }
}

const compareBodies = (
  context: Context,
  [before, after]: readonly [DocumentBody | undefined, DocumentBody | undefined],
  operation: Operation
): void => {
  const add = (level: Level, pointer: string, message: string): void => {
    operation.changes.push({ level, pointer, message: `request body: ${message}` })
  }
  if (before === undefined && after === undefined) return
  if (after === undefined) return add("breaking", before?.pointer ?? "", "was removed")
  if (before === undefined) {
    const level = after.required ? "breaking" : "compatible"
    return add(level, after.pointer, `was added, and is ${after.required ? "required" : "optional"}`)
  }
  if (before.required !== after.required) {
    add(
      after.required ? "breaking" : "compatible",
      after.pointer,
      `is ${after.required ? "now" : "no longer"} required`
    )
  }
  if (before.description !== after.description) add("documentation", after.pointer, "the description changed")
  const place = { pointers: [before.pointer, after.pointer], direction: "request", label: "request body" } as const
  compareContent(context, [before.content, after.content], place, operation)
}

const isSuccess = (status: string): boolean => status.startsWith("2")

const compareResponses = (
  context: Context,
  [before, after]: readonly [ReadonlyMap<string, DocumentResponse>, ReadonlyMap<string, DocumentResponse>],
  operation: Operation
): void => {
  const add = (level: Level, pointer: string, message: string): void => {
    operation.changes.push({ level, pointer, message })
  }
  for (const [status, one] of before) {
    const other = after.get(status)
    const label = `response ${status}`
    if (other === undefined) {
      add(isSuccess(status) ? "breaking" : "compatible", one.pointer, `${label}: was removed`)
      continue
    }
    for (const name of one.headers.keys()) {
      if (!other.headers.has(name)) add("breaking", one.pointer, `${label}: the header ${name} was removed`)
    }
    for (const name of other.headers.keys()) {
      if (!one.headers.has(name)) add("compatible", other.pointer, `${label}: the header ${name} was added`)
    }
    if (one.description !== other.description) add("documentation", other.pointer, `${label}: the description changed`)
    const place = { pointers: [one.pointer, other.pointer], direction: "response", label } as const
    compareContent(context, [one.content, other.content], place, operation)
  }
  for (const [status, other] of after) {
    if (!before.has(status)) add("compatible", other.pointer, `response ${status}: was added`)
  }
}

type Alternatives = ReadonlyArray<ReadonlyArray<string>>

const securityText = (alternatives: Alternatives): string =>
  alternatives.length === 0
    ? "none"
    : alternatives.map((names) => (names.length === 0 ? "none" : names.join(" and "))).join(", or ")

/** Credentials that sufficed before suffice still if an alternative needs no others. */
const compareSecurity = (before: Alternatives, after: Alternatives): Level | undefined => {
  // No alternative at all is the one without credentials.
  const were = before.length === 0 ? [[]] : before
  const are = after.length === 0 ? [[]] : after
  const isSufficient = (names: ReadonlyArray<string>): boolean =>
    are.some((others) => others.every((name) => names.includes(name)))
  if (!were.every(isSufficient)) return "breaking"
  const text = (one: Alternatives): string =>
    listed(one.map((names) => JSON.stringify([...names].sort(byText))).sort(byText))
  return text(were) === text(are) ? undefined : "compatible"
}

const compareServers = (
  before: ReadonlyArray<Server>,
  after: ReadonlyArray<Server>,
  add: (level: Level, message: string) => void
): void => {
  const [first, other] = [before[0], after[0]]
  if (first !== undefined && first.url !== other?.url) {
    add("breaking", `the server is ${other?.url ?? "no longer given"}, and was ${first.url}`)
  }
  for (const { url } of before.slice(1)) {
    if (!after.some((one) => one.url === url)) add("breaking", `the server ${url} was removed`)
  }
  for (const { url } of after.slice(1)) {
    if (!before.some((one) => one.url === url)) add("compatible", `the server ${url} was added`)
  }
  for (const { url, variables } of before) {
    const others = after.find((one) => one.url === url)?.variables
    if (others === undefined) continue
    for (const [name, variable] of variables) {
      const one = others.get(name)
      if (one === undefined) continue
      if (one.default !== variable.default) {
        add("breaking", `the server variable ${name} is ${one.default} by default, and was ${variable.default}`)
      }
      const removed = one.enum === undefined ? [] : (variable.enum ?? []).filter((value) => !one.enum?.includes(value))
      if (removed.length > 0)
        add("breaking", `the values ${listed(removed)} of the server variable ${name} were removed`)
    }
  }
}

const compareOperations = (
  context: Context,
  [before, after]: readonly [DocumentOperation, DocumentOperation]
): Operation => {
  const operation: Operation = { changes: [], pairs: [] }
  const add = (level: Level, message: string): void => {
    operation.changes.push({ level, pointer: after.pointer, message })
  }
  const isMoved = templateOf(before) !== templateOf(after)
  if (isMoved) add("breaking", `was ${nameOf(before)}`)
  if (before.operationId !== after.operationId) {
    add(
      before.operationId === undefined || after.operationId === undefined ? "compatible" : "breaking",
      `the operationId is ${after.operationId ?? "no longer given"}, and was ${before.operationId ?? "not given"}`
    )
  }
  if (before.tags[0] !== after.tags[0]) {
    add(
      "breaking",
      `the first tag, which names its resource, is ${after.tags[0] ?? "no longer given"}, and was ${before.tags[0] ?? "not given"}`
    )
  }
  if (before.deprecated !== after.deprecated)
    add("documentation", `is ${after.deprecated ? "" : "no longer "}deprecated`)
  if (before.summary !== after.summary || before.description !== after.description) {
    add("documentation", "the summary or description changed")
  }
  const [were, are] = [before.security ?? context.before.security, after.security ?? context.after.security]
  const level = compareSecurity(were, are)
  if (level !== undefined) add(level, `needs as credentials ${securityText(are)}, and needed ${securityText(were)}`)
  if (before.servers !== undefined || after.servers !== undefined) {
    compareServers(before.servers ?? context.before.servers, after.servers ?? context.after.servers, add)
  }
  const [details, others] = [before.details(), after.details()]
  compareParameters(context, [before, after], operation)
  compareBodies(context, [details.body, others.body], operation)
  compareResponses(context, [details.responses, others.responses], operation)
  return operation
}

const schemeText = ({ description: _, ...scheme }: SecurityScheme): string => JSON.stringify(scheme)

/** Changes that are of no operation. */
const compareDocuments = (before: Document, after: Document): ReadonlyArray<Found> => {
  const changes: Array<Found> = []
  const add = (level: Level, pointer: string, message: string): void => {
    changes.push({ level, pointer, message })
  }
  if (before.title !== after.title)
    add("documentation", "/info/title", `the title is ${after.title}, and was ${before.title}`)
  if (before.version !== after.version) {
    add("documentation", "/info/version", `the version is ${after.version}, and was ${before.version}`)
  }
  if (before.description !== after.description) add("documentation", "/info", "the description of the API changed")
  const servers = after.specification === "2.0" ? "/host" : "/servers"
  compareServers(before.servers, after.servers, (level, message) => add(level, servers, message))
  const schemes = after.specification === "2.0" ? "/securityDefinitions" : "/components/securitySchemes"
  for (const [name, scheme] of before.securitySchemes) {
    const other = after.securitySchemes.get(name)
    if (other === undefined) add("breaking", schemes, `the security scheme ${name} was removed`)
    else if (schemeText(scheme) !== schemeText(other)) add("breaking", schemes, `the security scheme ${name} changed`)
  }
  for (const name of after.securitySchemes.keys()) {
    if (!before.securitySchemes.has(name)) add("compatible", schemes, `the security scheme ${name} was added`)
  }
  return changes
}

const levels: ReadonlyArray<Level> = ["breaking", "compatible", "documentation"]

const order = (one: Change, other: Change): number =>
  levels.indexOf(one.level) - levels.indexOf(other.level) ||
  byText(one.operations[0] ?? "", other.operations[0] ?? "") ||
  byText(one.pointer, other.pointer) ||
  byText(one.message, other.message)

const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

export const compare = (before: Document, after: Document): ReadonlyArray<Change> => {
  const comparison = makeComparison()
  const context: Context = { before, after, comparison }
  const changes: Array<Change> = compareDocuments(before, after).map((change) => ({ ...change, operations: [] }))
  const { added, matched, removed } = matchOperations(before, after)
  const add = (level: Level, operation: DocumentOperation, message: string): void => {
    changes.push({ level, pointer: operation.pointer, operations: [nameOf(operation)], message })
  }
  for (const operation of removed) add("breaking", operation, "was removed")
  for (const operation of added) add("compatible", operation, "was added")
  const roots = new Map<string, ReadonlyArray<Pair>>()
  for (const [one, other] of matched) {
    const name = nameOf(other)
    const operation = compareOperations(context, [one, other])
    for (const change of operation.changes) changes.push({ ...change, operations: [name] })
    roots.set(name, operation.pairs)
  }
  comparison.compareAll()
  changes.push(...shapeChanges(roots))
  return changes.sort(order)
}

/** The changes of shapes, once for each, with the operations that lead to it. */
const shapeChanges = (roots: ReadonlyMap<string, ReadonlyArray<Pair>>): ReadonlyArray<Change> => {
  const found = new Map<string, Found & { readonly operations: Set<string> }>()
  for (const [name, pairs] of roots) {
    // A Set is iterated with the pairs that are added meanwhile.
    const reached = new Set(pairs)
    for (const pair of reached) {
      for (const child of pair.children) reached.add(child)
      for (const change of pair.changes) {
        const key = JSON.stringify([change.level, change.pointer, change.message])
        const known = found.get(key)
        if (known === undefined) found.set(key, { ...change, operations: new Set([name]) })
        else known.operations.add(name)
      }
    }
  }
  return [...found.values()].map((change) => ({ ...change, operations: [...change.operations].sort(byText) }))
}
