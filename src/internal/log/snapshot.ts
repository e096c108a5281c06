import * as Inspectable from "effect/Inspectable"
import * as Redacted from "effect/Redacted"
import type { IsSecret } from "./secretNames.js"

/** The replacement of a secret. */
export const redacted = "<redacted>"

/** The longest text in a record, in characters. A longer one is cut. */
export const longestText = 16_384

/** The largest number of characters of all texts in a record together. */
const mostCharacters = 65_536

/** The largest number of values in a record. */
const mostValues = 2_000

/** The approximate size of a value beside its texts, in characters of JSON. */
const charactersPerValue = 8

/** The deepest level of nested values. */
const deepest = 10

/** Counts what a record holds, so that it is bounded. */
export interface Budget {
  characters: number
  values: number
}

export const newBudget = (): Budget => ({ characters: mostCharacters, values: mostValues })

/** Returns the approximate size of what was counted, in characters of JSON. */
export const sizeOf = ({ characters, values }: Budget): number =>
  mostCharacters - characters + charactersPerValue * (mostValues - values)

/** Cuts a text that is longer than the record has room for, with a note. */
export const cutText = (text: string, budget: Budget): string => {
  const room = Math.min(longestText, budget.characters)
  if (text.length <= room) {
    budget.characters -= text.length
    return text.isWellFormed() ? text : text.toWellFormed()
  }
  budget.characters -= room
  // A cut may divide a pair of surrogates.
  return `${text.slice(0, room).toWellFormed()}... (cut: ${text.length} characters)`
}

/** Sets a property. An assignment to `__proto__` would set the prototype. */
export const setProperty = (out: Record<string, unknown>, name: string, value: unknown): void => {
  if (name === "__proto__") Object.defineProperty(out, name, { value, enumerable: true })
  else out[name] = value
}

/** Reads a property, which may be a getter that throws. */
const read = (object: object, key: string): unknown => {
  try {
    return (object as Record<string, unknown>)[key]
  } catch {
    return "(getter threw)"
  }
}

/**
 * Copies a value as plain JSON. The copy does not change when the value does, and has no secrets: `Redacted` values, and the values of
 * properties whose names are those of secrets, are replaced. It never throws: what can't be read is replaced by a note.
 */
export const snapshot = (value: unknown, isSecret: IsSecret, budget: Budget): unknown => {
  const ancestors: Array<object> = []

  const properties = (object: object): Record<string, unknown> => {
    const out: Record<string, unknown> = {}
    for (const key of Object.keys(object)) {
      if (budget.values <= 0) {
        out["..."] = "(cut)"
        break
      }
      set(out, key, read(object, key))
    }
    return out
  }

  const set = (out: Record<string, unknown>, key: string, one: unknown) => {
    if (one === undefined) return
    const copied = isSecret(key, one) ? redacted : copy(one)
    setProperty(out, cutText(key, budget), copied)
  }

  /** Reports whether an array is a pair of a name and a secret, as a `HashMap` and headers have. */
  const isSecretEntry = (value: ReadonlyArray<unknown>): boolean =>
    value.length === 2 && typeof value[0] === "string" && isSecret(value[0], value[1])

  const items = (values: Iterable<unknown>): ReadonlyArray<unknown> => {
    const out: Array<unknown> = []
    for (const one of values) {
      if (budget.values <= 0) {
        out.push("(cut)")
        break
      }
      out.push(copy(one))
    }
    return out
  }

  const error = (value: Error): Record<string, unknown> => {
    const out: Record<string, unknown> = {}
    set(out, "name", read(value, "name"))
    set(out, "message", read(value, "message"))
    for (const key of Object.keys(value)) {
      if (budget.values <= 0) break
      if (key !== "name" && key !== "message" && key !== "stack" && key !== "cause") set(out, key, read(value, key))
    }
    set(out, "stack", read(value, "stack"))
    set(out, "cause", read(value, "cause"))
    return out
  }

  const object = (value: object): unknown => {
    if (ancestors.includes(value)) return "[Circular]"
    if (ancestors.length >= deepest) return Array.isArray(value) ? "[Array]" : "[Object]"
    ancestors.push(value)
    try {
      if (Array.isArray(value)) return isSecretEntry(value) ? [value[0], redacted] : items(value)
      const toJSON = (value as { readonly toJSON?: unknown }).toJSON
      if (
        Object.getPrototypeOf(value) === Object.prototype &&
        typeof toJSON !== "function" &&
        !(Inspectable.symbolRedactable in value)
      ) {
        return properties(value)
      }
      if (Redacted.isRedacted(value)) return redacted
      if (value instanceof Error) return error(value)
      const shown = Inspectable.isRedactable(value) ? Inspectable.redact(value) : value
      if (shown !== value) return copy(shown)
      // The `toJSON` of a buffer has all its bytes.
      if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `(${value.byteLength} bytes)`
      // `toJSON` of a class may need its `this`.
      if (typeof toJSON === "function") return copy((value as { readonly toJSON: () => unknown }).toJSON())
      if (value instanceof Map) {
        const out: Record<string, unknown> = {}
        for (const [key, one] of value) {
          if (budget.values <= 0) break
          // Objects have the same text, so their entries are pairs.
          if (typeof key === "object" && key !== null) return items(value)
          set(out, typeof key === "string" ? key : String(key), one)
        }
        return out
      }
      if (value instanceof Set) return items(value)
      return properties(value)
    } catch {
      return "(can't be read)"
    } finally {
      ancestors.pop()
    }
  }

  const copy = (one: unknown): unknown => {
    budget.values -= 1
    switch (typeof one) {
      case "string":
        return cutText(one, budget)
      case "number":
        // JSON has no negative zero.
        return Object.is(one, -0) ? 0 : Number.isFinite(one) ? one : String(one)
      case "boolean":
        return one
      case "undefined":
        return null
      case "bigint":
      case "symbol":
        return cutText(String(one), budget)
      case "function":
        return `(function ${cutText(nameOf(one), budget)})`
      default:
        return one === null ? null : object(one as object)
    }
  }

  return copy(value)
}

const nameOf = (value: unknown): string => {
  try {
    return String((value as { readonly name?: unknown }).name)
  } catch {
    return ""
  }
}
