import type * as Effect from "effect/Effect"
import type { Problem } from "../../spec/Problem.js"
import type { DocumentError } from "./DocumentError.js"
import type { Correction } from "./model.js"
import type { Position } from "./positions.js"

/** Reads the text of a file or URL. */
export type Read<R> = (location: string) => Effect.Effect<string, DocumentError, R>

/** A document that was parsed. */
export interface Source<R> {
  readonly json: unknown
  readonly problems: ReadonlyArray<Problem>
  readonly location: string | undefined
  /** The text, to find out what is in it. */
  readonly text?: string | undefined
  readonly position?: ((pointer: string) => Position) | undefined
  readonly read: Read<R> | undefined
  readonly corrections: ReadonlyArray<Correction> | undefined
}
