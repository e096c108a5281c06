import { byResource, documentHelp, methodHelp, resourceHelp } from "../internal/spec/help.js"
import type { NamedOperation } from "./Convention.js"
import type { Document } from "./Document.js"
import type { Names } from "./Names.js"

/** Options of help. */
export interface Options {
  /** The width of lines, in characters. Words and names that are longer are not broken. Default: 100. */
  readonly width?: number | undefined
}

/**
 * Returns the help of an operation: how it is called, its parameters with types, which are required, its responses, whether it is
 * deprecated, and whether it is a list. Descriptions are cut after 2,000 characters.
 *
 * @example
 * ```ts
 * import { Help, type Names } from "effect-herald/spec"
 *
 * const first = (names: Names.Names) => names.operations.slice(0, 1).map((operation) => Help.ofMethod(operation))
 * ```
 */
export const ofMethod = (operation: NamedOperation, { width = 100 }: Options = {}): string =>
  methodHelp(operation, width).join("\n")

/** Returns the help of a resource: its methods, one line each, in the order of the document. */
export const ofResource = ({ operations }: Names, resource: string, { width = 100 }: Options = {}): string =>
  resourceHelp(resource, byResource(operations).get(resource) ?? [], width).join("\n")

/** Returns the help of a document: its resources, one line each, with their methods. */
export const ofDocument = (
  document: Pick<Document, "title" | "version">,
  { operations }: Names,
  { width = 100 }: Options = {}
): string => documentHelp(document, operations, width).join("\n")
