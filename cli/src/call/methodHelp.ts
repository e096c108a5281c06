import type { Descriptor } from "effect-herald/descriptor"
import type { Convention } from "effect-herald/spec"
import { type Entry, layOutEntries } from "../help.js"
import { type Flag, isFlagName, type OperationArguments } from "../flags.js"
import { describeType, shapeOf, textOfJson } from "../shapes.js"
import type { Style } from "../text/style.js"
import { oneLine, visible } from "../text/visible.js"
import { wrap } from "../text/width.js"
import { authVariable } from "./auth.js"
import { operandName, usageLine } from "./input.js"

/** Returns the help of an operation: its arguments, its body, and what it returns. */
export const methodHelp = (
  named: Convention.NamedOperation,
  descriptor: Descriptor,
  { flags, positional }: OperationArguments,
  security: ReadonlyArray<ReadonlyArray<string>>,
  style: Style,
  columns: number
): string => {
  const { operation } = named
  const shown = `${named.resource} ${named.method}`
  const section = (title: string, entries: ReadonlyArray<Entry>) =>
    entries.length === 0 ? [] : ["", style.bold(`${title}:`), ...layOutEntries(entries, columns)]
  const options = flags.filter((flag) => !positional.includes(flag))
  const required = options.filter((flag) => flag.required)
  const optional = options.filter((flag) => !flag.required)
  const deprecated = operation.deprecated
    ? [style.yellow(visible(["This operation is deprecated.", operation.deprecation ?? ""].join(" ").trim()))]
    : []
  const summary = oneLine(operation.summary ?? "")
  const description = visible((operation.description ?? "").trim())
  return [
    ...(summary === "" ? [] : wrap(summary, columns).map(style.bold)),
    visible(`${operation.method} ${operation.path}`),
    ...deprecated,
    ...(description === "" || oneLine(description) === summary ? [] : ["", ...wrap(description, columns)]),
    "",
    usageLine(shown, positional).replace("Usage:", style.bold("Usage:")),
    ...section(
      "Arguments",
      positional.map((flag) => entryOf(flag, operandName(flag)))
    ),
    ...section(
      "Required options",
      required.map((flag) => entryOf(flag, typedFlag(flag)))
    ),
    ...section(
      "Options",
      optional.map((flag) => entryOf(flag, typedFlag(flag)))
    ),
    ...section("Body", bodyEntries(descriptor)),
    ...section("Returns", returnEntries(descriptor, operation)),
    ...section("Credentials", securityEntries(security)),
    "",
    "`herald help call` shows the options of all calls, such as --dry-run and --json.",
    ""
  ].join("\n")
}

const typedFlag = ({ flag, name, shape }: Flag): string => {
  const type = oneLine(describeType(shape))
  if (!isFlagName(flag)) return `--param '${oneLine(name)}=VALUE'`
  return type === "boolean" ? `--${flag}` : `--${visible(flag)} ${/^[a-z.|-]+$/i.test(type) ? type : "VALUE"}`
}

const entryOf = ({ deprecated, description, shape }: Flag, typed: string): Entry => {
  const type = oneLine(describeType(shape))
  const { default: standard, description: ofShape } = shapeOf(shape)
  const sentences = [
    deprecated ? "(deprecated)" : "",
    type === "any" || typed.endsWith(` ${type}`) || (type === "boolean" && typed.startsWith("--")) ? "" : `(${type})`,
    oneLine(description ?? ofShape ?? ""),
    standard === undefined ? "" : `Default: ${oneLine(textOfJson(standard))}.`
  ]
  return [typed, sentences.filter((part) => part !== "").join(" ")]
}

const bodyEntries = ({ body }: Descriptor): ReadonlyArray<Entry> =>
  Object.entries(body?.content ?? {}).map(([type, { shape }], index) => {
    const name = shape === undefined ? "any" : oneLine(shapeOf(shape).name ?? describeType(shape))
    const how = index > 0 ? "with --content-type" : "--body @FILE, --body - or --body JSON"
    return [oneLine(type), `${name}${index === 0 && body?.required === true ? ", required" : ""}: ${how}`]
  })

const returnEntries = (
  descriptor: Descriptor,
  operation: Convention.NamedOperation["operation"]
): ReadonlyArray<Entry> => {
  const { responses } = operation.details()
  const entries = Object.entries(descriptor.responses).map(([status, { content }]): Entry => {
    const [media] = Object.entries(content ?? {})
    const shape = media?.[1].shape
    const description = oneLine(responses.get(status)?.description ?? "")
    const type = media === undefined ? "no body" : shape === undefined ? media[0] : typeName(shape)
    return [status, description === "" ? type : `${type}: ${description}`]
  })
  return descriptor.list === undefined ? entries : [...entries, ["pages", "A list in pages. --all reads all of them."]]
}

const typeName = (shape: Flag["shape"]): string => {
  const { items, name } = shapeOf(shape)
  if (name !== undefined) return oneLine(name)
  return items === undefined ? oneLine(describeType(shape)) : `list of ${shapeOf(items).name ?? describeType(items)}`
}

const securityEntries = (security: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<Entry> =>
  security.map((schemes) => [
    schemes.length === 0 ? "none" : schemes.map(oneLine).join(" and "),
    schemes.map(authVariable).join(", ")
  ])
