import type { Descriptor } from "effect-herald/descriptor"
import { callOptions, commonOptions, documentOptions } from "../commands.js"
import { usage } from "../Failure.js"
import type { Flag, OperationArguments } from "../flags.js"
import type { Io } from "../Io.js"
import { didYouMean } from "../nearest.js"
import { type Argument, type Option, parse } from "../options.js"
import { acceptedBy } from "../shapes.js"
import { decodeText, parseJsonText, quoted, readFlag, readInput } from "../values.js"

/** The input of an operation, in its parts. */
export interface Input {
  readonly [name: string]: unknown
}

/** The arguments after the name of an operation, parsed. */
export interface ParsedCall {
  /** The command's own options. */
  readonly own: ReadonlyArray<Argument<Option>>
  /** The texts that were given for each parameter. */
  readonly given: ReadonlyMap<Flag, Given>
  readonly operands: ReadonlyArray<string>
}

interface Given {
  /** The name as it was given, for messages. */
  readonly shown: string
  readonly texts: ReadonlyArray<string>
}

/** An option that is a parameter of the operation. */
interface ParameterOption extends Option {
  readonly parameter: Flag
}

const isParameter = (option: Option): option is ParameterOption => "parameter" in option

/** Options that are the command's own even if the operation has a parameter of that name. */
const reserved = new Set([...documentOptions.map(({ name }) => name), "help", "param"])

/** Parses the arguments after the name of an operation. `shown` names the operation, such as `pets get`. */
export const parseCall = (
  rest: ReadonlyArray<string>,
  { find, flags, positional }: OperationArguments,
  shown: string
): ParsedCall => {
  const own = [...callOptions, ...documentOptions, ...commonOptions]
  const parsed = parse<Option>(rest, {
    find: (name, short) => {
      const option = own.find((option) => (short ? option.short : option.name) === name)
      if (short || (option !== undefined && reserved.has(name))) return option
      const flag = find(name)
      return flag === undefined ? option : optionOf(flag)
    },
    unknown: (text) => {
      const names = [...flags.map(({ flag }) => flag), ...own.map(({ name }) => name)]
      const all = flags.filter((flag) => !positional.includes(flag)).map(({ flag }) => `--${flag}`)
      return usage(
        `${shown} has no parameter ${text}.${didYouMean(text, names, (name) => `--${name}`)}`,
        ...(all.length > 0 && all.length <= 12 ? [`Its parameters: ${all.join(", ")}.`] : []),
        `\`herald call ${shown} --help\` shows its arguments.`
      )
    }
  })
  const given = new Map<Flag, { shown: string; texts: Array<string> }>()
  const add = (flag: Flag, shown: string, text: string) => {
    const known = given.get(flag)
    if (known === undefined) given.set(flag, { shown, texts: [text] })
    else known.texts.push(text)
  }
  const others: Array<Argument<Option>> = []
  const operands: Array<string> = []
  for (const argument of parsed.arguments) {
    if (argument.kind === "operand") operands.push(argument.text)
    else if (isParameter(argument.option)) add(argument.option.parameter, `--${argument.option.name}`, argument.text)
    else if (argument.option.name === "param") {
      const equals = argument.text.indexOf("=")
      const name = argument.text.slice(0, equals)
      const flag = equals === -1 ? undefined : (flags.find((flag) => flag.name === name) ?? find(name))
      if (equals === -1) throw usage(`--param ${quoted(argument.text)} has no value: give --param NAME=VALUE.`)
      if (flag === undefined) {
        throw usage(
          `${shown} has no parameter ${quoted(name)}.${didYouMean(
            name,
            flags.map((flag) => flag.name),
            quoted
          )}`,
          `\`herald call ${shown} --help\` shows its arguments.`
        )
      }
      add(flag, `--param ${name}`, argument.text.slice(equals + 1))
    } else others.push(argument)
  }
  // Operands fill the positional parameters that have no value yet, in order.
  const open = positional.filter((flag) => !given.has(flag))
  if (operands.length > open.length) {
    throw usage(
      `${shown} has ${operands.length - open.length === 1 ? "an argument" : "arguments"} too many: ${operands
        .slice(open.length)
        .map(quoted)
        .join(", ")}.`,
      usageLine(shown, positional),
      "Other parameters are options, such as --name VALUE."
    )
  }
  for (const [index, text] of operands.entries()) add(open[index]!, operandName(open[index]!), text)
  return { own: others, given, operands }
}

/** The name of a positional argument in usages and messages: `PAGE-NUM`. */
export const operandName = ({ flag }: Flag): string => flag.toUpperCase()

/** Returns the usage of an operation on one line. */
export const usageLine = (shown: string, positional: ReadonlyArray<Flag>): string =>
  `Usage: herald call ${[shown, ...positional.map(operandName)].join(" ")} [OPTIONS]`

const optionOf = (parameter: Flag): ParameterOption => {
  const { types } = acceptedBy(parameter.shape)
  const isSwitch = types.has("boolean") && [...types].every((type) => type === "boolean" || type === "null")
  return {
    name: parameter.flag,
    value: isSwitch ? undefined : "VALUE",
    negatable: isSwitch,
    many: true,
    help: "",
    parameter
  }
}

/** Makes the input of an operation. Fails if a required parameter is missing, or a text can't be read as the type of its parameter. */
export const makeInput = async (
  call: ParsedCall,
  { flags, positional }: OperationArguments,
  descriptor: Descriptor,
  options: { readonly body: string | undefined; readonly contentType: string | undefined; readonly shown: string },
  io: Io
): Promise<Input> => {
  const { contentType, shown } = options
  const input: Record<string, unknown> = Object.create(null)
  const parts = new Map<Flag["part"], Record<string, unknown>>([["input", input]])
  const bodyFields = descriptor.parameters?.some((parameter) => parameter.in === "body") === true
  if (options.body !== undefined) {
    if (bodyFields) Object.assign(input, await fieldsOfBody(options.body, descriptor, io))
    else if (descriptor.body === undefined) {
      throw usage(`${shown} has no body: leave out --body.`, `\`herald call ${shown} --help\` shows its arguments.`)
    } else {
      const body = await readBody(options.body, contentType ?? Object.keys(descriptor.body.content)[0] ?? "", io)
      input["body"] = body
      // The bytes of a file have no properties to which options could be added.
      if (typeof body === "object" && body !== null && !Array.isArray(body) && !(body instanceof Uint8Array)) {
        parts.set("body", { ...body })
      }
    }
  }
  for (const [flag, { shown: name, texts }] of call.given) {
    const value = await readFlag(flag, texts, name, io)
    let part = parts.get(flag.part)
    if (part === undefined) {
      if (flag.part === "body" && options.body !== undefined) {
        throw usage(`${name} is a property of the body, but the body that --body gives is no object.`)
      }
      part = Object.create(null) as Record<string, unknown>
      parts.set(flag.part, part)
    }
    part[flag.name] = value
  }
  for (const [name, part] of parts) if (name !== "input") input[name] = part

  const missing = flags.filter(
    (flag) => flag.required && !call.given.has(flag) && !Object.hasOwn(parts.get(flag.part) ?? {}, flag.name)
  )
  if (missing.length > 0) {
    const names = missing.map((flag) => (positional.includes(flag) ? operandName(flag) : `--${flag.flag}`))
    throw usage(
      `${shown} needs ${names.join(", ")}.`,
      usageLine(shown, positional),
      `\`herald call ${shown} --help\` explains them.`
    )
  }
  if (descriptor.body?.required === true && input["body"] === undefined) {
    throw usage(
      `${shown} needs a body.`,
      "Give it as --body JSON, --body @FILE, or --body - for the standard input.",
      `\`herald call ${shown} --help\` explains it.`
    )
  }
  if (contentType !== undefined && descriptor.body !== undefined) input["contentType"] = contentType
  return input
}

const isJson = (mediaType: string) => /^[^;]*[/+]json\b/i.test(mediaType)

/** Reads the body: JSON for the media types that are sent as fields, else the bytes as they are. */
const readBody = async (text: string, mediaType: string, io: Io): Promise<unknown> => {
  const path = text === "-" || text === "@-" ? "-" : text.startsWith("@") ? text.slice(1) : undefined
  const bytes = path === undefined ? undefined : await readInput(path, io, "--body")
  const where = path === undefined ? "--body" : path === "-" ? "The standard input" : `The file ${quoted(path)}`
  const asText = () => (bytes === undefined ? text : decodeText(bytes, where))
  if (isJson(mediaType) || /^multipart\/|^application\/x-www-form-urlencoded\b/i.test(mediaType)) {
    return parseJsonText(asText(), where)
  }
  if (/^\*\/\*|^$/.test(mediaType)) {
    try {
      return parseJsonText(asText(), where)
    } catch {
      return bytes ?? text
    }
  }
  return bytes ?? text
}

/** Reads a body whose properties are parameters. Its keys are the names of the parameters, or those that are sent. */
const fieldsOfBody = async (text: string, descriptor: Descriptor, io: Io): Promise<Record<string, unknown>> => {
  const body = await readBody(text, "application/json", io)
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw usage("--body must be a JSON object: its properties are parameters of this operation.")
  }
  const names = new Map<string, string>()
  for (const parameter of descriptor.parameters ?? []) {
    if (parameter.in !== "body") continue
    names.set(parameter.wire ?? parameter.name, parameter.name)
    names.set(parameter.name, parameter.name)
  }
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => {
      const name = names.get(key)
      if (name === undefined) {
        throw usage(`The body has no property ${quoted(key)}.${didYouMean(key, names.keys(), quoted)}`)
      }
      return [name, value]
    })
  )
}
