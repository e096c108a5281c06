import type { Io, Output } from "../Io.js"

/** The colours of an output. Without colours its functions return their text. */
export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly yellow: (text: string) => string
}

const code = (start: number, end: number) => (text: string) => `\u001b[${start}m${text}\u001b[${end}m`
const same = (text: string) => text

/** When colours are used: `--color`. */
export type ColorChoice = "auto" | "always" | "never"

/** Returns the style of an output. By default a terminal has colours, unless `NO_COLOR` (no-color.org) is set or `TERM` is `dumb`. */
export const styleOf = (io: Pick<Io, "env">, output: Output, choice: ColorChoice = "auto"): Style => {
  const colors =
    choice === "auto"
      ? output.isTerminal && (io.env["NO_COLOR"] ?? "") === "" && io.env["TERM"] !== "dumb"
      : choice === "always"
  return colors
    ? { bold: code(1, 22), dim: code(2, 22), red: code(31, 39), yellow: code(33, 39) }
    : { bold: same, dim: same, red: same, yellow: same }
}
