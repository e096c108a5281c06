import { resolveLocation } from "./locations.js"
import { childOf, type Fields, isFields } from "./node.js"
import { at } from "../jsonPointer.js"
import type { File, Place, Scope } from "./reader.js"

/** The references and the schema resources of a file. */
export interface Scan {
  /** The references to other files, in the order of the file. */
  readonly references: ReadonlyArray<{ readonly place: Place; readonly location: string }>
  /** The schemas with an `$id`. */
  readonly resources: ReadonlyMap<unknown, Scope>
  /** The schemas with an `$anchor` or `$dynamicAnchor`. */
  readonly anchors: ReadonlyMap<Scope, ReadonlyMap<string, Place>>
}

/** Reports whether the fields of an object are names, and no keywords, by the keyword that has it. */
const hasNames = (keyword: string): boolean =>
  keyword === "properties" ||
  keyword === "patternProperties" ||
  keyword === "dependentSchemas" ||
  keyword === "$defs" ||
  keyword === "definitions" ||
  keyword === "schemas" ||
  keyword === "parameters" ||
  keyword === "responses" ||
  keyword === "headers" ||
  keyword === "requestBodies" ||
  keyword === "securitySchemes" ||
  keyword === "content" ||
  keyword === "paths"

/** Reports whether a keyword has values of the API, in which nothing is a reference. */
const hasData = (keyword: string): boolean =>
  keyword === "example" ||
  keyword === "examples" ||
  keyword === "default" ||
  keyword === "enum" ||
  keyword === "const" ||
  keyword.startsWith("x-")

/** Finds the references and schema resources of a file. Not recursive: documents may be nested deeply. */
export const scanFile = (scope: Scope, hasIds: boolean): Scan => {
  const references: Array<{ readonly place: Place; readonly location: string }> = []
  const resources = new Map<unknown, Scope>()
  const anchors = new Map<Scope, Map<string, Place>>()
  const seen = new Set<unknown>()
  const rest: Array<readonly [place: Place, areNames: boolean]> = [
    [{ scope, node: scope.root, pointer: scope.pointer }, false]
  ]
  const readKeywords = (node: Fields, outer: Scope, pointer: string): Scope => {
    let own = outer
    if (hasIds && typeof node.$id === "string" && node !== scope.root) {
      own = { file: scope.file, base: resolveLocation(outer.base, node.$id.replace(/#.*$/, "")), root: node, pointer }
      resources.set(node, own)
    }
    for (const anchor of hasIds ? [node.$anchor, node.$dynamicAnchor] : []) {
      if (typeof anchor !== "string") continue
      const known = anchors.get(own) ?? new Map<string, Place>()
      anchors.set(own, known.set(anchor, { scope: own, node, pointer }))
    }
    for (const reference of [node.$ref, node.$dynamicRef]) {
      if (typeof reference !== "string" || reference.startsWith("#")) continue
      const location = resolveLocation(own.base, reference.replace(/#.*$/, ""))
      references.push({ place: { scope: own, node, pointer }, location })
    }
    return own
  }
  for (let entry = rest.pop(); entry !== undefined; entry = rest.pop()) {
    const [{ node, pointer, scope: outer }, areNames] = entry
    if (typeof node !== "object" || node === null || seen.has(node)) continue
    seen.add(node)
    if (Array.isArray(node)) {
      for (let index = node.length - 1; index >= 0; index -= 1) {
        rest.push([{ scope: outer, node: node[index] as unknown, pointer: at(pointer, index) }, false])
      }
      continue
    }
    const fields = node as Fields
    const own = areNames ? outer : readKeywords(fields, outer, pointer)
    const keys = Object.keys(fields)
    for (let index = keys.length - 1; index >= 0; index -= 1) {
      const key = keys[index]!
      if (!areNames && hasData(key)) continue
      rest.push([{ scope: own, node: fields[key], pointer: at(pointer, key) }, !areNames && hasNames(key)])
    }
  }
  return { references, resources, anchors }
}

/** Makes the scope of a file. */
export const scopeOfFile = (file: File): Scope => {
  const id = childOf(file.json, "$self") ?? childOf(file.json, "$id")
  const location = file.location ?? ""
  const base =
    typeof id === "string" && isFields(file.json) ? resolveLocation(location, id.replace(/#.*$/, "")) : location
  return { file, base, root: file.json, pointer: "" }
}
