import type { Problem } from "../../spec/Problem.js"
import type { Position } from "./positions.js"

/** A text as it was parsed. */
export interface Parsed {
  readonly json: unknown
  /** Problems of the text, such as keys that it has twice. */
  readonly problems: ReadonlyArray<Problem>
  /** Finds a JSON pointer, or the nearest part above it. */
  readonly position: (pointer: string) => Position
}
