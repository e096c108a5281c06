import type { Command } from "./commands.js"
import type { Io } from "./Io.js"
import type { Argument, Option, Values } from "./options.js"
import type { Style } from "./text/style.js"

/** A command with its arguments and its surroundings. */
export interface Invocation {
  readonly command: Command
  readonly operands: ReadonlyArray<string>
  readonly values: Values
  /** The arguments that `operands` and `values` are from. */
  readonly parsed: ReadonlyArray<Argument<Option>>
  /** The arguments after the name of the operation, for `call`. */
  readonly rest: ReadonlyArray<string>
  readonly io: Io
  /** The colours of the standard output. */
  readonly style: Style
  /** The width of text. */
  readonly columns: number
  /** Writes a line to the standard error, after `warning: ` or the like. */
  readonly warn: (message: string) => Promise<void>
}

/** A command's program. Returns the exit code. Rejects with a `Failure`. */
export type Program = (invocation: Invocation) => Promise<number>
