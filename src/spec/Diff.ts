import type { Change } from "../internal/spec/diff/change.js"
import { compare as compareDocuments } from "../internal/spec/diff/compare.js"
import { print as printChanges } from "../internal/spec/diff/print.js"
import type { Document } from "./Document.js"

export type { Change, Level } from "../internal/spec/diff/change.js"

/**
 * Compares two documents: returns what changed, sorted by its effect on callers, then by operation and place. Documents may be of
 * different versions.
 *
 * A change breaks callers if what they send is refused or sent in another way, or if what they read is no longer there or of another
 * type. In requests that is less than what was allowed before, such as a new required parameter; in responses it is more, such as a null.
 * Values that are added to the enum of a response break nothing, since enums are open there. A change of an `operationId` or of a first tag
 * breaks callers, since methods and resources are named by them.
 *
 * Shapes are compared by their structure: a schema that is renamed, moved to a component, or composed in another way is no change. A
 * change of a schema is reported once, with all operations that have it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Document } from "effect-herald/spec"
 * import { Diff } from "effect-herald/spec/tools"
 *
 * const breaks = (before: string, after: string) =>
 *   Effect.map(Effect.all([Document.parse(before), Document.parse(after)]), ([one, other]) =>
 *     Diff.compare(one, other).some(({ level }) => level === "breaking")
 *   )
 * ```
 */
export const compare: (before: Document, after: Document) => ReadonlyArray<Change> = compareDocuments

/** Prints changes as text, for people: by their effect on callers, those of one operation together. */
export const print: (changes: ReadonlyArray<Change>) => string = printChanges
