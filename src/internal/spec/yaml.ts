import * as Effect from "effect/Effect"
import { isAlias, isCollection, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from "yaml"
import type { Document as YamlDocument, YAMLParseError } from "yaml"
import type { Problem } from "../../spec/Problem.js"
import { DocumentError } from "./DocumentError.js"
import { lazy } from "./node.js"
import { at, tokensOf } from "../jsonPointer.js"
import type { Parsed } from "./parsed.js"
import type { Position } from "./positions.js"
import { messageOf } from "../messageOf.js"

/** The number of nodes that aliases may make of one, and of all that they make of a text. */
const maxAliases = 10_000
const maxNodes = 20_000_000

/**
 * The number of collections that may be within one another. The package is recursive: how many more the stack has room for depends on
 * the caller.
 */
const maxDepth = 200

const tooDeep = "it is nested too deeply"

/** Counts the nodes of a value, as often as they are in it; infinite for a value that contains itself. */
const sizeOf = (value: unknown, sizes: Map<object, number>): number => {
  if (typeof value !== "object" || value === null) return 1
  const known = sizes.get(value)
  if (known !== undefined) return known
  sizes.set(value, Number.POSITIVE_INFINITY)
  let size = 1
  for (const child of Object.values(value)) size += sizeOf(child, sizes)
  sizes.set(value, size)
  return size
}

/** A text as the package parses it. */
interface Tree {
  readonly document: YamlDocument
  readonly lines: LineCounter
  /** The children of the collections that were looked at. */
  readonly known: Map<unknown, Map<string, Pair>>
}

interface Pair {
  readonly key: unknown
  readonly value: unknown
}

const parsed = (text: string): Tree => {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    // The values of JSON only, as OpenAPI asks, whatever version and tags a text names: dates, bytes and sets are none.
    schema: "core",
    resolveKnownTags: false,
    uniqueKeys: false,
    merge: true,
    // Documents after the first one are an error of their own.
    logLevel: "error",
    lineCounter: lines
  })
  return { document, lines, known: new Map() }
}

const keyOf = (key: unknown): string => String(isScalar(key) ? key.value : key)

/**
 * Reports the keys that a mapping has twice. The last one counts, as in JSON. Throws a `RangeError` for collections that are nested too
 * deeply.
 */
const duplicateKeys = (root: unknown): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = []
  const rest: Array<readonly [node: unknown, pointer: string, depth: number]> = [[root, "", 1]]
  for (let entry = rest.pop(); entry !== undefined; entry = rest.pop()) {
    const [node, pointer, depth] = entry
    if (!isCollection(node)) continue
    if (depth > maxDepth) throw new RangeError(tooDeep)
    const seen = new Set<string>()
    node.items.forEach((item, index) => {
      if (!isMap(node)) {
        rest.push([item, at(pointer, index), depth + 1])
        return
      }
      const { key, value } = item as { readonly key: unknown; readonly value: unknown }
      const name = keyOf(key)
      const place = at(pointer, name)
      if (seen.has(name) && !/^(?:Symbol\()?<<\)?$/.test(name)) {
        problems.push({
          pointer: place,
          message: `The key ${JSON.stringify(name)} is there twice; the last one counts.`
        })
      }
      seen.add(name)
      rest.push([value, place, depth + 1])
    })
  }
  return problems
}

/** The children of a collection, by key or index. The last one of two equal keys counts. */
const childrenOf = (node: unknown, { known }: Tree): ReadonlyMap<string, Pair> => {
  if (!isCollection(node)) return new Map()
  const children = known.get(node) ?? new Map<string, Pair>()
  if (known.has(node)) return children
  known.set(node, children)
  node.items.forEach((item, index) => {
    const pair: Pair = isPair(item) ? item : { key: undefined, value: item }
    children.set(isPair(item) ? keyOf(item.key) : String(index), pair)
  })
  return children
}

/** Finds a JSON pointer in YAML, or the nearest part above it. */
const locate = (tree: Tree, pointer: string): Position => {
  let node: unknown = tree.document.contents
  let place = 0
  for (const token of tokensOf(pointer)) {
    const child = childrenOf(isAlias(node) ? node.resolve(tree.document) : node, tree).get(token)
    if (child === undefined) break
    const { key, value } = child
    node = value
    place = (isNode(value) ? value.range?.[0] : undefined) ?? (isNode(key) ? key.range?.[0] : undefined) ?? place
  }
  const { col, line } = tree.lines.linePos(place)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

const failed = (source: string | undefined, reason: string, position?: Position): DocumentError =>
  new DocumentError({
    message: `${source ?? "The document"} is not valid YAML${position === undefined ? "" : ` at line ${position.line}, column ${position.column}`}: ${reason}`,
    source,
    ...position
  })

const failedAt = (source: string | undefined, { linePos, message }: YAMLParseError): DocumentError => {
  const [first] = linePos ?? []
  // The package adds the place and the line itself.
  const reason = message.split("\n")[0]!.replace(/ at line \d+, column \d+:?$/, "")
  if (/call stack/i.test(reason)) return failed(source, tooDeep)
  return failed(source, reason, first === undefined ? undefined : { line: first.line, column: first.col })
}

/** Parses YAML 1.2, with merge keys, which many documents use. */
export const parseYaml = (text: string, source: string | undefined): Effect.Effect<Parsed, DocumentError> =>
  Effect.suspend(() => {
    try {
      const { document } = parsed(text)
      const error = document.errors.find(({ code }) => code !== "MULTIPLE_DOCS")
      if (error !== undefined) return failedAt(source, error)
      const problems = [
        ...(document.errors.length === 0
          ? []
          : [{ pointer: "", message: "The text has several YAML documents; those after the first one are left out." }]),
        ...duplicateKeys(document.contents)
      ]
      const json: unknown = document.toJS({ maxAliasCount: maxAliases })
      if (/[*]/.test(text) && sizeOf(json, new Map()) > maxNodes) {
        return failed(source, "its aliases make a value that is too large, or that contains itself")
      }
      // The tree is large: it is made again when it is first needed.
      const tree = lazy(() => parsed(text))
      return Effect.succeed({ json, problems, position: (pointer: string) => locate(tree(), pointer) })
    } catch (error) {
      // The package is recursive, and refuses aliases that make too much of a text.
      const reason = error instanceof RangeError ? tooDeep : messageOf(error)
      return failed(source, reason)
    }
  })
