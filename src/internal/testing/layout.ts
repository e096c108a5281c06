import { stringify } from "../http/json.js"

/** The length of a line, in characters, within which a list or an object stays on one line. */
const width = 100

/** Formats JSON, indented by two spaces, with short objects and lists on one line. Ends with a line break. */
export const layout = (value: unknown): string => `${format(value, "")}\n`

const format = (value: unknown, indent: string): string => {
  if (typeof value !== "object" || value === null) return stringify(value)
  const isList = Array.isArray(value)
  const inner = `${indent}  `
  const parts = isList
    ? value.map((one) => format(one, inner))
    : Object.entries(value).flatMap(([key, one]) =>
        one === undefined ? [] : [`${JSON.stringify(key)}: ${format(one, inner)}`]
      )
  const [open, close] = isList ? ["[", "]"] : ["{", "}"]
  if (parts.length === 0) return open + close
  const line = isList ? `${open}${parts.join(", ")}${close}` : `${open} ${parts.join(", ")} ${close}`
  const isShort = !line.includes("\n") && indent.length + line.length <= width
  return isShort ? line : `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${indent}${close}`
}
