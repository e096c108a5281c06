import type { Json } from "./json.js"

/*
 * Python's conversions. The API converts ids and numbers by `int()`, and numbers to text by `str()`, which determines the values
 * that it accepts.
 */

export type Int =
  | { readonly _tag: "Int"; readonly value: bigint }
  | { readonly _tag: "ValueError" }
  | { readonly _tag: "TypeError"; readonly message: string }
  | { readonly _tag: "OverflowError" }

const int = (value: bigint): Int => ({ _tag: "Int", value })

/** The largest number of digits that Python converts, since the time is quadratic. */
const maxDigits = 4300

/** `int(value)`: truncates fractions, takes `True` as 1, and permits space around digits and underscores between them. */
export const toInt = (value: Json): Int => {
  switch (typeof value) {
    case "bigint":
      return int(value)
    case "boolean":
      return int(value ? 1n : 0n)
    case "number":
      return Number.isFinite(value) ? int(BigInt(Math.trunc(value))) : { _tag: "OverflowError" }
    case "string": {
      const text = value.trim()
      const digits = text.replace(/[-+_]/g, "")
      if (!/^[-+]?\d+(_\d+)*$/.test(text) || digits.length > maxDigits) return { _tag: "ValueError" }
      return int(text.startsWith("-") ? -BigInt(digits) : BigInt(digits))
    }
    default: {
      const type = value === null ? "NoneType" : Array.isArray(value) ? "list" : "dict"
      return {
        _tag: "TypeError",
        message: `int() argument must be a string, a bytes-like object or a real number, not '${type}'`
      }
    }
  }
}

/** `str(value)` of a number or a boolean. */
export const toText = (value: bigint | number | boolean): string => {
  if (typeof value === "boolean") return value ? "True" : "False"
  if (typeof value === "bigint") return value.toString()
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf"
  const [digits, exponent] = value.toExponential().split("e")
  const power = Number(exponent)
  if (value !== 0 && (power < -4 || power >= 16)) {
    return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`
  }
  const text = Object.is(value, -0) ? "-0" : String(value)
  return Number.isInteger(value) ? `${text}.0` : text
}
