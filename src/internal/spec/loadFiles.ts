import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Problem } from "../../spec/Problem.js"
import { isUrl, isWeb } from "./locations.js"
import { parseText } from "./parseText.js"
import type { Position } from "./positions.js"
import type { Source } from "./source.js"
import { type Place, problemAt, type Reader, type Scope } from "./reader.js"
import { type Scan, scanFile, scopeOfFile } from "./scan.js"

/** The files of a document. */
export interface Files {
  readonly reader: Pick<Reader, "anchors" | "resources" | "root" | "scopes">
  readonly problems: ReadonlyArray<Problem>
  /** Finds pointers in the texts of files, by location. */
  readonly positions: ReadonlyMap<string, (pointer: string) => Position>
}

/** The number of files that a document may have. */
const maxFiles = 1_000

/** Matches a reference to another file in JSON or YAML. */
const hasOtherFiles = (text: string): boolean => /\$(?:dynamicR|r)ef["']?\s*:\s*["']?(?![\s"'#])/.test(text)

const hasIdsIn = (text: string): boolean => /\$(?:id|anchor|dynamicAnchor)\b/.test(text)

/** The reason why a file can't be referred to from another one; undefined if it can. */
const refusal = (from: string, location: string): string | undefined => {
  if (!isWeb(from) || isWeb(location)) return undefined
  return isUrl(location) && !/^file:/i.test(location)
    ? undefined
    : "is a file of this machine, which a document from the web must not read"
}

/** Loads the files that a document refers to, each once. One that can't be read is a problem. */
export const loadFiles = <R>(source: Source<R>, json: unknown): Effect.Effect<Files, never, R> =>
  Effect.gen(function* () {
    const root = scopeOfFile({ location: source.location, json, isRoot: true })
    const scopes = new Map<string, Scope | string>([[source.location ?? "", root]])
    const resources = new Map<unknown, Scope>()
    const anchors = new Map<Scope, ReadonlyMap<string, Place>>()
    const positions = new Map<string, (pointer: string) => Position>()
    const problems: Array<Problem> = []
    if (root.base !== "") scopes.set(root.base, root)
    const add = (scope: Scope, hasIds: boolean): Scan => {
      const scan = scanFile(scope, hasIds)
      for (const [node, resource] of scan.resources) {
        resources.set(node, resource)
        if (!scopes.has(resource.base)) scopes.set(resource.base, resource)
      }
      for (const [own, known] of scan.anchors) anchors.set(own, known)
      return scan
    }
    const { text } = source
    const hasIds = text === undefined || source.corrections !== undefined || hasIdsIn(text)
    const hasOthers = text === undefined || source.corrections !== undefined || hasOtherFiles(text)
    if (!hasIds && !hasOthers) return { reader: { root, scopes, resources, anchors }, problems, positions }
    let count = 1
    let references = add(root, hasIds).references
    while (references.length > 0 && source.read !== undefined) {
      const { read } = source
      const locations = new Set<string>()
      for (const { location, place } of references) {
        if (scopes.has(location) || locations.has(location)) continue
        const reason = refusal(place.scope.file.location ?? "", location)
        // Another file may refer to it.
        if (reason !== undefined) problems.push(problemAt(place.scope, place.pointer, `${location} ${reason}.`))
        else if (count < maxFiles) {
          locations.add(location)
          count += 1
        } else {
          scopes.set(location, "is in a file that was not read")
          const message = `${location} was not read: a document can have at most ${maxFiles} files.`
          problems.push(problemAt(place.scope, place.pointer, message))
        }
      }
      const parse = (location: string) =>
        Effect.map(
          Effect.either(Effect.flatMap(read(location), (text) => parseText(text, location))),
          (parsed) => [location, parsed] as const
        )
      const next: Array<Scan["references"][number]> = []
      for (const [location, parsed] of yield* Effect.forEach(locations, parse, { concurrency: 8 })) {
        if (Either.isLeft(parsed)) {
          scopes.set(location, `can't be read: ${parsed.left.message}`)
          continue
        }
        const scope = scopeOfFile({ location, json: parsed.right.json, isRoot: false })
        scopes.set(location, scope)
        if (!scopes.has(scope.base)) scopes.set(scope.base, scope)
        positions.set(location, parsed.right.position)
        for (const problem of parsed.right.problems) problems.push({ ...problem, source: location })
        next.push(...add(scope, true).references)
      }
      references = next
    }
    return { reader: { root, scopes, resources, anchors }, problems, positions }
  })
