import { exitCodes } from "./exitCodes.js"
import { Failure, usage } from "./Failure.js"
import type { Invocation } from "./Invocation.js"

/** What writing files to a directory changes. */
export interface Difference {
  readonly added: ReadonlyArray<string>
  readonly changed: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
  readonly unchanged: ReadonlyArray<string>
}

/** Returns the directory that `--out` names. */
export const outDirectory = ({ command, values }: Pick<Invocation, "command" | "values">): string => {
  const directory = values.get("out")
  if (directory !== undefined && directory !== "") return directory
  throw usage(`herald ${command.name} needs the directory to write to: --out DIR.`)
}

const isSame = ({ added, changed, removed }: Difference) => added.length + changed.length + removed.length === 0

const fileLines = ({ added, changed, removed }: Difference): ReadonlyArray<string> => [
  ...added.map((path) => `new      ${path}`),
  ...changed.map((path) => `changed  ${path}`),
  ...removed.map((path) => `removed  ${path}`)
]

/** Reports the files that were written. Returns the exit code. */
export const reportWritten = async (difference: Difference, directory: string, { io }: Pick<Invocation, "io">) => {
  const total = difference.added.length + difference.changed.length + difference.unchanged.length
  const summary = isSame(difference)
    ? `${directory}: ${total} files, unchanged`
    : `${directory}: ${total} files, ${difference.added.length} new, ${difference.changed.length} changed, ${difference.removed.length} removed`
  await io.stdout.write(`${summary}\n`)
  return exitCodes.ok
}

/** Reports whether the files are up to date, for `--check`. Fails if they are not. */
export const reportCheck = async (
  difference: Difference,
  directory: string,
  { command, io }: Pick<Invocation, "io" | "command">
) => {
  if (isSame(difference)) {
    await io.stdout.write(`${directory}: ${difference.unchanged.length} files are up to date\n`)
    return exitCodes.ok
  }
  const lines = fileLines(difference)
  throw new Failure(exitCodes.failed, `${directory} is not up to date.`, [
    ...lines.slice(0, 20),
    ...(lines.length > 20 ? [`and ${lines.length - 20} more`] : []),
    `\`herald ${command.name}\` with the same options, without --check, writes them.`
  ])
}

/** Fails for operands of a command that has none. */
export const noOperands = ({ command, operands }: Pick<Invocation, "command" | "operands">): void => {
  if (operands.length === 0) return
  throw usage(
    `herald ${command.name} takes no arguments but options: ${operands.map((text) => JSON.stringify(text)).join(", ")}.`,
    `\`herald help ${command.name}\` shows its options.`
  )
}
