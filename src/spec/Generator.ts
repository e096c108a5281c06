import { generateFiles } from "../internal/spec/generate/files.js"
import type { Document } from "./Document.js"
import type { Names } from "./Names.js"

/** Options of `generate`. */
export interface Options {
  /** The name of the API's tag in the code, such as `Petstore`. Default: the title of the document, as a name. */
  readonly name?: string | undefined
}

/**
 * Generates a client in TypeScript. Returns the texts of files by their paths, relative to the directory of the client:
 *
 * - `api.ts`: the tag of the API, its servers and its layer
 * - one file for each resource, with its operations
 * - `shapes.ts`: the types of values, and their descriptors
 * - `descriptors.ts`: the plain data that describe operations and values, which compilers do not check
 * - `index.ts`: the API, the resources and the shapes, and the type of a client that is made at run time
 *
 * The code imports `effect-herald` alone. It sends the requests that a client of the same document sends that is made at run time. The same document, names and
 * options give the same texts on every machine. Each text begins with a header that says what it was made from.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Document, Names } from "effect-herald/spec"
 * import { Generator } from "effect-herald/spec/tools"
 *
 * const files = (text: string) =>
 *   Effect.map(Document.parse(text), (document) => Generator.generate(document, Names.make(document)))
 * ```
 */
export const generate = (
  document: Document,
  names: Pick<Names, "operations">,
  options: Options = {}
): ReadonlyMap<string, string> => generateFiles(document, names.operations, options.name)
