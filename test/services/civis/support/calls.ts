import type * as Descriptor from "effect-herald/descriptor"
import type { Example } from "../../../servers/civis/index.js"

const toSnakeCase = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase()

/** Returns the values of the placeholders of a path. */
const placeholders = (template: string, path: string): ReadonlyArray<readonly [name: string, value: string]> => {
  const segments = path.split("/")
  return template
    .split("/")
    .flatMap((segment, index) =>
      segment.startsWith("{") ? [[segment.slice(1, -1), decodeURIComponent(segments[index] ?? "")] as const] : []
    )
}

/** Converts a text of a path or a query to the type that its parameter declares. */
const typed = (text: string, parameter: Descriptor.Parameter | undefined): unknown => {
  const shape = parameter?.shape
  const type = typeof shape === "function" ? shape().type : shape?.type
  switch (type) {
    case "integer":
    case "number":
      return Number(text)
    case "boolean":
      return text === "true"
    case "array":
      return [text]
    default:
      return text
  }
}

/** Returns the arguments by which a method makes the request of an example. */
export const argumentsOf = (
  { parameters = [], positional = [] }: Descriptor.Descriptor,
  example: Example
): ReadonlyArray<unknown> => {
  const input: Record<string, unknown> = {}
  for (const [name, value] of [...placeholders(example.path, example.target), ...example.query]) {
    const parameter = parameters.find((one) => one.name === toSnakeCase(name) && one.in !== "body")
    // Some recorded queries repeat the parameter of the path.
    if (parameter !== undefined) input[parameter.name] ??= typed(value, parameter)
  }
  for (const [name, value] of Object.entries((example.body ?? {}) as Record<string, unknown>)) {
    input[toSnakeCase(name)] ??= value
  }
  const byName = Object.entries(input).filter(([name]) => !positional.includes(name))
  return [...positional.map((name) => input[name]), ...(byName.length > 0 ? [Object.fromEntries(byName)] : [])]
}
