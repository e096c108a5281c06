import * as Effect from "effect/Effect"
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
    const rest = [...add(root, hasIds).references]
    let count = 1
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
      const { location, place } = next
      if (scopes.has(location) || source.read === undefined) continue
      const from = place.scope.file.location ?? ""
      const reason = refusal(from, location)
      if (reason !== undefined) {
        // Another file may refer to it.
        problems.push(problemAt(place.scope, place.pointer, `${location} ${reason}.`))
        continue
      }
      if (count >= maxFiles) {
        scopes.set(location, "is in a file that was not read")
        problems.push(
          problemAt(
            place.scope,
            place.pointer,
            `${location} was not read: a document can have at most ${maxFiles} files.`
          )
        )
        break
      }
      count += 1
      const parsed = yield* Effect.either(Effect.flatMap(source.read(location), (text) => parseText(text, location)))
      if (parsed._tag === "Left") {
        scopes.set(location, `can't be read: ${parsed.left.message}`)
        continue
      }
      const scope = scopeOfFile({ location, json: parsed.right.json, isRoot: false })
      scopes.set(location, scope)
      if (!scopes.has(scope.base)) scopes.set(scope.base, scope)
      positions.set(location, parsed.right.position)
      for (const problem of parsed.right.problems) problems.push({ ...problem, source: location })
      rest.push(...add(scope, true).references)
    }
    return { reader: { root, scopes, resources, anchors }, problems, positions }
  })
