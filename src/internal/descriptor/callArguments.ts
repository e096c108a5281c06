import * as Predicate from "effect/Predicate"
import type { Descriptor } from "./Descriptor.js"
import type { Issue } from "../../Issue.js"
import { mismatch, prependPath } from "../endpoint/values.js"

/** An input, or a part of one: values by name. */
export type Input = Readonly<Record<string, unknown>>

/** JavaScript permits other values than the types do. */
export const isInput = (value: unknown): value is Input => Predicate.isRecord(value) && !Array.isArray(value)

/** Converts the arguments of a call to its input. */
export interface CallArguments {
  /** Returns the input. Arguments that do not fit stay an array, which no input is. */
  readonly toInput: (args: ReadonlyArray<unknown>) => unknown
  /** The issues of arguments that do not fit. */
  readonly issues: (args: ReadonlyArray<unknown>) => ReadonlyArray<Issue>
}

/** Makes the function that converts the arguments of calls: one input, or the positional parameters and an object of options. */
export const callArguments = ({
  parameters = [],
  positional
}: Pick<Descriptor, "parameters" | "positional">): CallArguments => {
  if (positional === undefined) return { toInput: ([input]) => input, issues: () => [] }
  const { length } = positional

  const issues = (args: ReadonlyArray<unknown>): ReadonlyArray<Issue> => {
    const options = args[length]
    if (args.length > length + 1) {
      const names = length === 0 ? "" : `${positional.join(", ")} and `
      return [{ path: [], message: `the arguments are ${names}an object of options, and there are ${args.length}` }]
    }
    if (Predicate.isNullable(options)) return []
    if (!isInput(options)) return prependPath(["options"], mismatch("an object", options))
    return positional
      .filter((name) => Object.hasOwn(options, name))
      .map((name) => ({ path: [name], message: "is given twice: as an argument, and by its name" }))
  }

  const places = new Map(parameters.map((one) => [one.name, one.in]))
  // A flat parameter counts where several have the name.
  for (const { in: place, name } of parameters) if (place !== "header" && place !== "cookie") places.set(name, place)

  return {
    issues,
    toInput: (args) => {
      if (issues(args).length > 0) return args
      const given = positional.slice(0, args.length).map((name, index) => [name, args[index]] as const)
      const inPart = (place: "header" | "cookie") =>
        Object.fromEntries(given.filter(([name]) => places.get(name) === place))
      const flat = given.filter(([name]) => !["header", "cookie"].includes(places.get(name) ?? ""))
      // `issues` checks that it is an object.
      const options = (args[length] ?? {}) as { readonly headers?: object; readonly cookies?: object }
      const headers = { ...inPart("header"), ...options.headers }
      const cookies = { ...inPart("cookie"), ...options.cookies }
      return {
        ...Object.fromEntries(flat),
        ...options,
        ...(Object.keys(headers).length > 0 && { headers }),
        ...(Object.keys(cookies).length > 0 && { cookies })
      }
    }
  }
}
