import * as Effect from "effect/Effect"
import type { Json } from "../../../Shape.js"
import { messageOf } from "../../messageOf.js"

/** The names and indexes that lead to a value from the root. */
export type Path = ReadonlyArray<string | number>

/** A target that was parsed: it selects paths in a document, or is no JSONPath. */
export type Target = { readonly select: (json: Json) => ReadonlyArray<Path> } | { readonly invalid: string }

export const isArray = (value: unknown): value is ReadonlyArray<Json> => Array.isArray(value)

export const isObject = (value: unknown): value is Readonly<Record<string, Json>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The child of a value by name or index; undefined if there is none. */
export const childOf = (value: Json, key: string | number): Json | undefined =>
  typeof key === "number"
    ? isArray(value)
      ? value[key]
      : undefined
    : isObject(value) && Object.hasOwn(value, key)
      ? value[key]
      : undefined

/**
 * Parses a JSONPath of plain names and indexes, with at most one filter at its end: `$.a['b'][0]`, `$.required[?@ == 'id']`. Most
 * targets are of this form, and don't need the engine of JSONPath to be loaded. Returns undefined for all others.
 */
const parsePlain = (text: string): { readonly path: Path; readonly equals: string | undefined } | undefined => {
  if (!text.startsWith("$")) return undefined
  const step =
    /\.([A-Z_a-z\u0080-\ud7ff\ue000-\uffff][\w\u0080-\ud7ff\ue000-\uffff]*)|\['([^'\\\p{Cc}\p{Cs}]*)'\]|\["([^"\\\p{Cc}\p{Cs}]*)"\]|\[(0|[1-9]\d{0,8})\]|\[\?@ == '([^'\\\p{Cc}\p{Cs}]*)'\]$/uy
  const path: Array<string | number> = []
  step.lastIndex = 1
  while (step.lastIndex < text.length) {
    const match = step.exec(text)
    if (match === null) return undefined
    const [, shorthand, single, double, index, equals] = match
    if (equals !== undefined) return { path, equals }
    path.push(index === undefined ? (shorthand ?? single ?? double ?? "") : Number(index))
  }
  return { path, equals: undefined }
}

const selectPlain =
  (path: Path, equals: string | undefined) =>
  (json: Json): ReadonlyArray<Path> => {
    let value: Json | undefined = json
    for (const key of path) {
      value = childOf(value, key)
      if (value === undefined) return []
    }
    if (equals === undefined) return [path]
    if (isArray(value)) return value.flatMap((item, index) => (item === equals ? [[...path, index]] : []))
    if (isObject(value))
      return Object.entries(value).flatMap(([key, item]) => (item === equals ? [[...path, key]] : []))
    return []
  }

/**
 * The engine of JSONPath: compiles a target. Loaded when there is a target that needs it. Its descent is recursive; the limit is far
 * above what documents have, and below what overflows the stack.
 */
const loadEngine: Effect.Effect<(text: string) => Target> = Effect.promise(async () => {
  const { JSONPathEnvironment } = await import("json-p3")
  const environment = new JSONPathEnvironment({ maxRecursionDepth: 1000 })
  return (text) => {
    try {
      const query = environment.compile(text)
      return {
        select: (json) => {
          const paths: Array<Path> = []
          // A document is JSON, but for integers that are beyond the safe ones. The engine compares these as it compares others.
          for (const node of query.lazyQuery(json as never)) paths.push(node.location)
          return paths
        }
      }
    } catch (error) {
      return { invalid: messageOf(error) }
    }
  }
})

/** Parses targets. Each text is parsed once. */
export const parseTargets = (texts: Iterable<string>): Effect.Effect<ReadonlyMap<string, Target>> => {
  const targets = new Map<string, Target>()
  const others = new Set<string>()
  for (const text of texts) {
    if (targets.has(text)) continue
    const plain = parsePlain(text)
    if (plain === undefined) others.add(text)
    else targets.set(text, { select: selectPlain(plain.path, plain.equals) })
  }
  if (others.size === 0) return Effect.succeed(targets)
  return Effect.map(loadEngine, (compile) => {
    for (const text of others) targets.set(text, compile(text))
    return targets
  })
}

/** Writes the JSONPath of a value. */
export const writeTarget = (path: Path): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`
    if (/^[A-Za-z_]\w*$/.test(key)) return `${text}.${key}`
    return `${text}[${quote(key)}]`
  }, "$")

/** Writes a text as a string of JSONPath (RFC 9535, 2.3.1.1). */
export const quote = (text: string): string =>
  `'${text.replace(/['\\]|\p{Cc}|\p{Cs}/gu, (character) =>
    character === "'" || character === "\\"
      ? `\\${character}`
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )}'`
