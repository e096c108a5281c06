import { Console, Effect } from "effect"

const bold = (text: string) => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text)

export const heading = (text: string) => Console.log(`\n${bold(text)}`)

export const line = (text: string) => Console.log(`  ${text}`)

/** Prints progress. On a terminal each call overwrites the previous line; otherwise each call prints a line. */
export const progress = (done: number, total: number, what: string) => {
  const width = 30
  const filled = total === 0 ? width : Math.round((width * done) / total)
  const text = `  [${"#".repeat(filled)}${".".repeat(width - filled)}] ${done} of ${total} ${what}`
  return Effect.sync(() => {
    process.stdout.write(process.stdout.isTTY ? `\r${text}${done >= total ? "\n" : ""}` : `${text}\n`)
  })
}

/** A bar of a chart. */
export const bar = (count: number, of: number) => "█".repeat(Math.round((30 * count) / of))

/** Prints a line in the left or the right of two columns. */
export const column = (side: "left" | "right", text: string) =>
  line(side === "left" ? text : `${" ".repeat(44)}${text}`)
