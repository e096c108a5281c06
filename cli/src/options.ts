import { usage, type Failure } from "./Failure.js"

/** An option of the command line. */
export interface Option {
  /** The name, without dashes. */
  readonly name: string
  /** A letter, for `-o`. */
  readonly short?: string | undefined
  /** Names the value in the help, such as `FILE`. Absent for a switch. */
  readonly value?: string | undefined
  /** The values, where they are a closed list. */
  readonly choices?: ReadonlyArray<string> | undefined
  /** True if it can be given more than once. */
  readonly many?: boolean | undefined
  /** True for a switch that takes `true` or `false` as the next argument, and that `--no-NAME` turns off. */
  readonly negatable?: boolean | undefined
  readonly help: string
}

/** Returns the option of a name, or undefined. */
export type FindOption<O extends Option> = (name: string, short: boolean) => O | undefined

/** Makes the function that finds one of these options. */
export const among =
  (options: ReadonlyArray<Option>): FindOption<Option> =>
  (name, short) =>
    options.find((option) => (short ? option.short : option.name) === name)

/** A part of a parsed command line, in its order. */
export type Argument<O extends Option> =
  | { readonly kind: "operand"; readonly text: string }
  | { readonly kind: "option"; readonly option: O; readonly text: string }

/** A parsed command line. */
export interface Parsed<O extends Option> {
  readonly arguments: ReadonlyArray<Argument<O>>
  /** The arguments after the last one that was parsed, where the parser was told to stop. */
  readonly rest: ReadonlyArray<string>
}

/** How to parse. */
export interface Grammar<O extends Option> {
  readonly find: FindOption<O>
  /** Makes the failure of an option that `find` does not know. `text` is as it was given, such as `--pge`. */
  readonly unknown: (text: string) => Failure
  /** Reports whether to stop after this operand, which is the last of `operands`. */
  readonly stopAfter?: ((operands: ReadonlyArray<string>) => boolean) | undefined
}

const isNegativeNumber = (text: string) => /^-\.?\d/.test(text)

/**
 * Parses a command line as `getopt_long` does (`--name value`, `--name=value`, `-n value`, `-nvalue`; `--` ends the options), with two
 * additions: negative numbers are operands and values, and a value that begins with two dashes must be given with `=`, so that a
 * forgotten value is noticed.
 */
export const parse = <O extends Option>(args: ReadonlyArray<string>, grammar: Grammar<O>): Parsed<O> => {
  const parsed: Array<Argument<O>> = []
  const operands: Array<string> = []
  let index = 0
  const operand = (text: string) => {
    parsed.push({ kind: "operand", text })
    operands.push(text)
    return grammar.stopAfter?.(operands) === true
  }
  const done = () => ({ arguments: parsed, rest: args.slice(index) })

  const long = (text: string) => {
    const equals = text.indexOf("=")
    const name = text.slice(2, equals === -1 ? undefined : equals)
    const given = equals === -1 ? undefined : text.slice(equals + 1)
    const option = grammar.find(name, false)
    if (option === undefined) {
      const positive = name.startsWith("no-") ? grammar.find(name.slice(3), false) : undefined
      if (positive?.negatable !== true || given !== undefined) throw grammar.unknown(`--${name}`)
      parsed.push({ kind: "option", option: positive, text: "false" })
    } else parsed.push({ kind: "option", option, text: valueOf(option, `--${name}`, given) })
  }

  const valueOf = (option: O, shown: string, given: string | undefined): string => {
    if (option.value === undefined) {
      if (option.negatable !== true) {
        if (given === undefined) return "true"
        throw usage(`${shown} takes no value, but ${JSON.stringify(given)} is given.`)
      }
      if (given !== undefined) return given
      const next = args[index]
      if (next !== "true" && next !== "false") return "true"
      index += 1
      return next
    }
    if (given !== undefined) return given
    const next = args[index]
    if (next === undefined || (next.startsWith("-") && next !== "-" && !isNegativeNumber(next))) {
      throw usage(
        `${shown} needs a value: ${shown}${shown.startsWith("--") ? "=" : " "}${option.value}.`,
        ...(next === undefined ? [] : [`A value that begins with a dash is given as ${shown}=${next}.`])
      )
    }
    index += 1
    return next
  }

  const short = (text: string) => {
    for (let at = 1; at < text.length; at += 1) {
      const letter = text[at]!
      const option = grammar.find(letter, true)
      if (option === undefined) throw grammar.unknown(`-${letter}`)
      if (option.value === undefined) parsed.push({ kind: "option", option, text: "true" })
      else {
        const given = text.slice(at + 1)
        parsed.push({ kind: "option", option, text: valueOf(option, `-${letter}`, given === "" ? undefined : given) })
        return
      }
    }
  }

  while (index < args.length) {
    const text = args[index++]!
    if (text === "--") {
      while (index < args.length) {
        if (operand(args[index++]!)) {
          // What follows is still after the end of the options.
          return { arguments: parsed, rest: ["--", ...args.slice(index)] }
        }
      }
    } else if (text.startsWith("--")) long(text)
    else if (text.startsWith("-") && text !== "-" && !isNegativeNumber(text)) short(text)
    else if (operand(text)) break
  }
  return done()
}

/** The values of parsed options, by name. */
export interface Values {
  readonly has: (name: string) => boolean
  /** The value of an option. Given twice, it is a usage error unless it may be given more than once. */
  readonly get: (name: string) => string | undefined
  readonly all: (name: string) => ReadonlyArray<string>
}

/** Collects the options of a parsed command line. Fails for a value that is not among the choices, or one that is given twice. */
export const valuesOf = (parsed: ReadonlyArray<Argument<Option>>): Values => {
  const values = new Map<string, Array<string>>()
  for (const argument of parsed) {
    if (argument.kind !== "option") continue
    const { option, text } = argument
    if (option.choices !== undefined && !option.choices.includes(text)) {
      throw usage(`--${option.name} must be one of ${option.choices.join(", ")}, not ${JSON.stringify(text)}.`)
    }
    const known = values.get(option.name)
    if (known === undefined) values.set(option.name, [text])
    else if (option.many === true) known.push(text)
    else if (option.value !== undefined) throw usage(`--${option.name} is given twice.`)
  }
  return {
    has: (name) => values.has(name),
    get: (name) => values.get(name)?.[0],
    all: (name) => values.get(name) ?? []
  }
}

/** Returns the operands of a parsed command line. */
export const operandsOf = (parsed: ReadonlyArray<Argument<Option>>): ReadonlyArray<string> =>
  parsed.flatMap((argument) => (argument.kind === "operand" ? [argument.text] : []))

/** Parses a duration: a number with a unit (`500ms`, `30s`, `2m`, `1h`), or a number of seconds. Returns milliseconds. */
export const parseDuration = (option: string, text: string): number => {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(text)
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match?.[2] ?? "s"] ?? 1000
  const milliseconds = match === null ? Number.NaN : Number(match[1]) * unit
  if (!(milliseconds > 0 && milliseconds <= 2 ** 31)) {
    throw usage(`--${option} must be a duration, such as 30s, 500ms or 2m, not ${JSON.stringify(text)}.`)
  }
  return milliseconds
}

/** Parses a whole number from `least` up. */
export const parseCount = (option: string, text: string, least: number): number => {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(count >= least && count <= Number.MAX_SAFE_INTEGER)) {
    throw usage(`--${option} must be a whole number from ${least} up, not ${JSON.stringify(text)}.`)
  }
  return count
}
