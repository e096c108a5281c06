import { exitCodes } from "../exitCodes.js"
import { usage } from "../Failure.js"
import type { Program } from "../Invocation.js"
import { scripts } from "../completion/scripts.js"
import { didYouMean } from "../nearest.js"

/** Prints a completion script. */
export const program: Program = async ({ io, operands }) => {
  const [shell, ...more] = operands
  const names = Object.keys(scripts)
  if (shell === undefined || more.length > 0 || !names.includes(shell)) {
    const asked =
      shell === undefined || more.length > 0 ? "Name one shell." : `There is no script for ${JSON.stringify(shell)}.`
    throw usage(`${asked}${shell === undefined ? "" : didYouMean(shell, names)}`, `Shells: ${names.join(", ")}.`)
  }
  await io.stdout.write(scripts[shell]!)
  return exitCodes.ok
}
