/** The effect of a change on callers: it breaks them, or it does not, or only the documentation differs. */
export type Level = "breaking" | "compatible" | "documentation"

/** A change between two documents. */
export interface Change {
  readonly level: Level
  /** The JSON pointer of the place: in the later document, or in the earlier one for what was removed. */
  readonly pointer: string
  /** The operations that the change is of, as method and path. Empty for changes of the document as a whole. */
  readonly operations: ReadonlyArray<string>
  readonly message: string
}

/** A change whose operations are not yet known. */
export type Found = Pick<Change, "level" | "pointer" | "message">

/** The value of a list in a message. */
export const listed = (values: Iterable<string>): string => [...values].join(", ")
