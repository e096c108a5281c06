import { type Command, commands, optionsOf } from "./commands.js"
import type { Output } from "./Io.js"
import type { Option } from "./options.js"
import type { Style } from "./text/style.js"
import { fill, widthOf, wrap } from "./text/width.js"

/** The width of text for this output: that of the terminal, at most 100 columns, for which lines are still easy to read. */
export const textColumns = (output: Output): number => Math.max(40, Math.min(output.columns ?? 100, 100))

/** An entry of a list of options: what is typed, and its help. */
export type Entry = readonly [typed: string, help: string]

/** Lays out entries in two columns. The help starts on a line of its own where what is typed is long. */
export const layOutEntries = (entries: ReadonlyArray<Entry>, columns: number): ReadonlyArray<string> => {
  const left = Math.min(30, Math.max(0, ...entries.map(([typed]) => widthOf(typed) + 4)))
  return entries.flatMap(([typed, help]) => {
    const [first = "", ...more] = wrap(help, Math.max(24, columns - left))
    const start = `  ${typed}`
    const lines = more.map((line) => " ".repeat(left) + line)
    return widthOf(start) + 2 <= left
      ? [(fill(start, left) + first).trimEnd(), ...lines]
      : [start, ...(help === "" ? [] : [" ".repeat(left) + first]), ...lines]
  })
}

/** What is typed for an option: `-o, --output FILE`. */
export const typedOption = ({ name, short, value }: Option): string =>
  `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`

/** Returns the help of all commands. */
export const generalHelp = (style: Style, columns: number): string =>
  [
    "Calls the operations of an OpenAPI document, and generates clients from it.",
    "",
    `${style.bold("Usage:")} herald COMMAND [OPTIONS]`,
    "",
    style.bold("Commands:"),
    ...layOutEntries(
      commands.map(({ name, operands, summary }) => [operands === "" ? name : `${name} ${operands}`, summary]),
      columns
    ),
    "",
    style.bold("Options:"),
    ...layOutEntries(
      [
        ["-h, --help", "Shows this help, or that of a command."],
        ["    --version", "Shows the version."]
      ],
      columns
    ),
    "",
    style.bold("Environment:"),
    ...layOutEntries(
      [
        ["HERALD_SPEC", "The document, if --spec is absent."],
        ["HERALD_OVERLAY", "Its overlays, separated by spaces."],
        ["HERALD_BASE_URL", "Its base URL."],
        ["HERALD_AUTH_<SCHEME>", "The secret of one of its security schemes, such as HERALD_AUTH_API_KEY."],
        ["CIVIS_API_KEY", "The key of Civis, for --spec civis and --convention civis."],
        ["NO_COLOR", "No colours."]
      ],
      columns
    ),
    "",
    "`herald help COMMAND` shows the options of a command. `herald list` shows the resources of the document.",
    ""
  ].join("\n")

/** Returns the help of a command. */
export const commandHelp = (command: Command, style: Style, columns: number): string =>
  [
    ...command.description.flatMap((paragraph) => wrap(paragraph, columns)),
    "",
    `${style.bold("Usage:")} herald ${[command.name, command.operands, "[OPTIONS]"].filter((part) => part !== "").join(" ")}`,
    "",
    style.bold("Options:"),
    ...layOutEntries(
      optionsOf(command).map((option) => [typedOption(option), option.help]),
      columns
    ),
    "",
    style.bold("Examples:"),
    ...command.examples.map((example) => `  ${example}`),
    ""
  ].join("\n")
