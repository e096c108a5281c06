import { readFile } from "node:fs/promises"
import { type Command, commands, optionsOf } from "./commands.js"
import { exitCodes } from "./exitCodes.js"
import { type Failure, usage } from "./Failure.js"
import { commandHelp, generalHelp, textColumns } from "./help.js"
import type { Program } from "./Invocation.js"
import type { Io } from "./Io.js"
import { didYouMean } from "./nearest.js"
import { among, operandsOf, type Option, parse, valuesOf } from "./options.js"
import { isReaderGone, report, writeError } from "./report.js"
import { type ColorChoice, type Style, styleOf } from "./text/style.js"
import { visible } from "./text/visible.js"

/** The program of each command, loaded when it runs. */
const programs: Readonly<Record<string, () => Promise<{ readonly program: Program }>>> = {
  list: () => import("./commands/list.js"),
  call: () => import("./commands/call.js"),
  generate: () => import("./commands/generate.js"),
  diff: () => import("./commands/diff.js"),
  learn: () => import("./commands/learn.js"),
  docs: () => import("./commands/docs.js"),
  completion: () => import("./commands/completion.js")
}

/** Runs the command with these arguments. Never rejects. Returns the exit code. */
export const main = async (args: ReadonlyArray<string>, io: Io): Promise<number> => {
  const errorStyle = styleOf(io, io.stderr, colorOf(args))
  try {
    return await run(args, io, errorStyle)
  } catch (error) {
    if (isReaderGone(error) || io.signal.reason === "EPIPE") return exitCodes.ok
    if (io.signal.aborted) return io.signal.reason === "SIGTERM" ? exitCodes.terminated : exitCodes.interrupted
    if (io.env["HERALD_DEBUG"] === "1" && error instanceof Error) await writeError(io, `${error.stack}\n`)
    return await report(io, errorStyle, error)
  }
}

/** The colours for messages about arguments that can't be parsed. */
const colorOf = (args: ReadonlyArray<string>): ColorChoice => (args.includes("--color=never") ? "never" : "auto")

const run = async (args: ReadonlyArray<string>, io: Io, errorStyle: Style): Promise<number> => {
  const [name, ...others] = args
  const columns = textColumns(io.stdout)
  const print = async (text: string) => {
    await io.stdout.write(text)
    return exitCodes.ok
  }
  if (name === undefined) {
    await writeError(io, generalHelp(errorStyle, textColumns(io.stderr)))
    return exitCodes.usage
  }
  if (name === "--version") return await print(`${await version()}\n`)
  const style = styleOf(io, io.stdout)
  if (name === "--help" || name === "-h") return await print(generalHelp(style, columns))
  if (name.startsWith("-")) throw usage("The command comes first: herald COMMAND [OPTIONS].", seeHelp)
  const command = commandOf(name)
  if (command.name === "help") {
    const [topic = others.length > 0 ? "help" : undefined] = others.filter((argument) => !argument.startsWith("-"))
    return await print(
      topic === undefined ? generalHelp(style, columns) : commandHelp(commandOf(topic), style, columns)
    )
  }

  const options = optionsOf(command)
  const { arguments: parsed, rest } = parse(others, {
    find: among(options),
    unknown: (text) => unknownOption(command, options, text),
    // The rest is for the operation.
    stopAfter: command.name === "call" ? (operands) => operands.length === 2 || operands[0]!.includes(".") : undefined
  })
  const values = valuesOf(parsed)
  // The choices of the option are these.
  const color = (values.get("color") ?? "auto") as ColorChoice
  const ownStyle = styleOf(io, io.stdout, color)
  const operands = operandsOf(parsed)
  if (values.has("help")) return await print(commandHelp(command, ownStyle, columns))
  const { program } = await programs[command.name]!()
  const yellow = styleOf(io, io.stderr, color).yellow("warning:")
  return await program({
    command,
    operands,
    values,
    parsed,
    rest,
    io,
    style: ownStyle,
    columns,
    warn: (message) => writeError(io, `${yellow} ${visible(message)}\n`)
  })
}

const seeHelp = "`herald --help` shows the commands."

const commandOf = (name: string): Command => {
  const command = commands.find((command) => command.name === name)
  if (command !== undefined) return command
  throw usage(
    `There is no command ${JSON.stringify(name)}.${didYouMean(
      name,
      commands.map(({ name }) => name)
    )}`,
    seeHelp
  )
}

const unknownOption = (command: Command, options: ReadonlyArray<Option>, text: string): Failure =>
  usage(
    `herald ${command.name} has no option ${text}.${didYouMean(
      text,
      options.map(({ name }) => name),
      (name) => `--${name}`
    )}`,
    `\`herald help ${command.name}\` shows its options.`
  )

/** Returns the version in the package's manifest. */
const version = async (): Promise<string> => {
  const manifest: unknown = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"))
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "unknown"
}
