import { type Command, commands, documentOptions, optionsOf } from "../commands.js"
import type { Option } from "../options.js"
import type { CompletionData, FlagData, MethodData } from "./CompletionData.js"

/** A candidate for the current word. */
export interface Candidate {
  readonly text: string
  readonly description: string
}

/** The candidates for a word, or the kind of paths that the shell completes itself. */
export interface Candidates {
  /** The beginning of the word that stays as it is, such as `--status=`. */
  readonly prefix: string
  readonly candidates: ReadonlyArray<Candidate>
  readonly paths?: "files" | "directories" | undefined
}

const none: Candidates = { prefix: "", candidates: [] }

const plain = (texts: ReadonlyArray<string>): ReadonlyArray<Candidate> =>
  texts.map((text) => ({ text, description: "" }))

const shells = ["bash", "zsh", "fish"]

/** An option or a flag, as completion sees both. */
interface Known {
  readonly typed: string
  readonly description: string
  /** Takes the next word as its value. */
  readonly takesValue: boolean
  readonly values: ReadonlyArray<string> | undefined
  readonly paths: Candidates["paths"]
}

const knownOption = ({ choices, help, name, value }: Option): Known => ({
  typed: `--${name}`,
  description: help,
  takesValue: value !== undefined,
  values: choices,
  paths: value === "DIR" ? "directories" : value !== undefined && /FILE/.test(value) ? "files" : undefined
})

const knownFlag = ({ description, flag, switch: isSwitch, values }: FlagData): Known => ({
  typed: `--${flag}`,
  description,
  takesValue: isSwitch !== true,
  values,
  paths: undefined
})

/** Returns the values of the options that name the document, from the words of a command line. */
export const documentWords = (
  words: ReadonlyArray<string>
): {
  readonly spec: string | undefined
  readonly overlays: ReadonlyArray<string>
  readonly convention: string | undefined
} => {
  const found = new Map<string, Array<string>>()
  for (const [index, word] of words.entries()) {
    for (const { name } of documentOptions) {
      const value =
        word === `--${name}` && index + 1 < words.length
          ? words[index + 1]
          : word.startsWith(`--${name}=`)
            ? word.slice(name.length + 3)
            : undefined
      if (value !== undefined) found.set(name, [...(found.get(name) ?? []), value])
    }
  }
  return {
    spec: found.get("spec")?.at(-1),
    overlays: found.get("overlay") ?? [],
    convention: found.get("convention")?.at(-1)
  }
}

/** Returns the candidates for the last of these words, which follow `herald`. */
export const candidatesFor = (words: ReadonlyArray<string>, data: CompletionData): Candidates => {
  const [name, ...others] = words
  if (name === undefined) return none
  if (others.length === 0) {
    const named = commands.map(({ name, summary }) => ({ text: name, description: summary }))
    return startingWith(name, [...named, ...plain(name.startsWith("-") ? ["--help", "--version"] : [])])
  }
  const command = commands.find((command) => command.name === name)
  return command === undefined ? none : within(command, others, data)
}

const startingWith = (word: string, candidates: ReadonlyArray<Candidate>): Candidates => ({
  prefix: "",
  candidates: candidates.filter(({ text }) => text.startsWith(word))
})

const within = (command: Command, words: ReadonlyArray<string>, data: CompletionData): Candidates => {
  const own = optionsOf(command)
  const ownKnown = own.map(knownOption)
  const current = words.at(-1)!
  const operands: Array<string> = []
  let method: MethodData | undefined
  let known: ReadonlyArray<Known> = ownKnown
  let pending: Known | undefined
  const given = new Set<string>()
  let ended = false
  const knownShort = (word: string) => {
    const option = own.find(({ short }) => short !== undefined && word === `-${short}`)
    return option && knownOption(option)
  }
  for (const word of words.slice(0, -1)) {
    if (pending !== undefined) pending = undefined
    else if (ended || !word.startsWith("-") || word === "-") {
      operands.push(word)
      if (command.name === "call" && method === undefined) {
        method = methodOf(operands, data)
        if (method !== undefined) {
          const flags = method.flags.map(knownFlag)
          const names = new Set(flags.map(({ typed }) => typed))
          known = [...flags, ...ownKnown.filter(({ typed }) => !names.has(typed))]
        }
      }
    } else if (word === "--") ended = true
    else {
      given.add(word.replace(/=.*$/s, ""))
      const option = known.find(({ typed }) => typed === word) ?? knownShort(word)
      if (option?.takesValue === true) pending = option
    }
  }
  if (pending !== undefined) return valuesFor(pending, current, "")
  if (!ended && current.startsWith("-")) {
    const equals = current.indexOf("=")
    if (equals !== -1) {
      const option = known.find(({ typed }) => typed === current.slice(0, equals))
      return option === undefined ? none : valuesFor(option, current.slice(equals + 1), current.slice(0, equals + 1))
    }
    const many = new Set(own.flatMap(({ many, name }) => (many === true ? [`--${name}`] : [])))
    return startingWith(
      current,
      known
        .filter(
          ({ typed }) => !given.has(typed) || many.has(typed) || method?.flags.some(({ flag }) => `--${flag}` === typed)
        )
        .map(({ description, typed }) => ({ text: typed, description }))
    )
  }
  return operandFor(command, operands, method, current, data)
}

const valuesFor = (option: Known, current: string, prefix: string): Candidates => {
  if (option.values !== undefined) return { ...startingWith(current, plain(option.values)), prefix }
  return { prefix, candidates: [], paths: option.paths }
}

/** The method that the operands of `call` name: two of them, or one with a dot. */
const methodOf = (operands: ReadonlyArray<string>, data: CompletionData): MethodData | undefined => {
  const [first = "", second] = operands
  const find = (resource: string, method: string | undefined) =>
    data.resources.find((known) => known.resource === resource)?.methods.find((known) => known.method === method)
  const dot = first.indexOf(".")
  return find(first, second) ?? (dot === -1 ? undefined : find(first.slice(0, dot), first.slice(dot + 1)))
}

const operandFor = (
  command: Command,
  operands: ReadonlyArray<string>,
  method: MethodData | undefined,
  current: string,
  { resources }: CompletionData
): Candidates => {
  const ofResources = resources.map(({ resource, summary }) => ({ text: resource, description: summary }))
  switch (command.name) {
    case "list":
      return operands.length === 0 ? startingWith(current, ofResources) : none
    case "call": {
      if (method !== undefined) {
        const dotted = methodOf(operands.slice(0, 1), { resources }) !== undefined
        const index = operands.length - (dotted ? 1 : 2)
        const values = method.flags.filter(({ positional }) => positional === true)[index]?.values
        return values === undefined ? none : startingWith(current, plain(values))
      }
      const [first] = operands
      if (first !== undefined) {
        const methods = resources.find(({ resource }) => resource === first)?.methods ?? []
        return operands.length === 1
          ? startingWith(
              current,
              methods.map(({ method, summary }) => ({ text: method, description: summary }))
            )
          : none
      }
      const dot = current.indexOf(".")
      const methods =
        dot === -1 ? [] : (resources.find(({ resource }) => resource === current.slice(0, dot))?.methods ?? [])
      return startingWith(current, [
        ...ofResources,
        ...methods.map(({ method, summary }) => ({ text: `${current.slice(0, dot)}.${method}`, description: summary }))
      ])
    }
    case "help":
      return operands.length === 0
        ? startingWith(
            current,
            commands.map(({ name, summary }) => ({ text: name, description: summary }))
          )
        : none
    case "completion":
      return operands.length === 0 ? startingWith(current, plain(shells)) : none
    case "diff":
      return { prefix: "", candidates: [], paths: "files" }
    default:
      return none
  }
}
