import { exitCodes } from "./exitCodes.js"
import { Failure } from "./Failure.js"
import type { Io } from "./Io.js"
import type { Style } from "./text/style.js"
import { visible } from "./text/visible.js"

/** Writes to the standard error. A reader that is gone is no failure. */
export const writeError = (io: Pick<Io, "stderr">, text: string): Promise<void> => io.stderr.write(text).catch(() => {})

/** Explains an error to the user, and returns the exit code. */
export const report = async (io: Io, style: Style, error: unknown): Promise<number> => {
  const failure = failureOf(error)
  // A message may have lines of a server's, which must not look like those of the command.
  const indented = (text: string) => visible(text).replaceAll("\n", "\n  ")
  const lines = [
    `${style.red("herald:")} ${indented(failure.message)}`,
    ...failure.advice.map((line) => `  ${indented(line)}`)
  ]
  await writeError(io, `${lines.join("\n")}\n`)
  return failure.exitCode
}

const failureOf = (error: unknown): Failure => {
  if (error instanceof Failure) return error
  // Anything else is a fault of the command. Its message may still help; its stack trace would not help a user.
  const message = error instanceof Error ? error.message : String(error)
  return new Failure(exitCodes.failed, `unexpected failure: ${message}`, [
    "This is a fault of herald. With HERALD_DEBUG=1 it prints where it happened, for a report."
  ])
}

/** Reports whether an error means that the reader of the output is gone, as `head` is when it has its lines. */
export const isReaderGone = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED")
