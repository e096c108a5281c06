import * as JsonText from "../http/json.js"
import type { Json } from "./Shape.js"

/** Reports whether a value is the JSON of an enum. Objects are compared with the order of their keys. */
export const sameJson = (one: Json, value: unknown): boolean => {
  if (one === value) return true
  // Both forms of an integer are the same number.
  if (typeof one === "bigint" || typeof value === "bigint") {
    return typeof one !== "string" && typeof value !== "string" && String(one) === String(value)
  }
  if (typeof one !== "object" || one === null || typeof value !== "object" || value === null) return false
  try {
    return JsonText.stringify(one) === JsonText.stringify(value)
  } catch {
    return false
  }
}

/** Reports whether an enum lists a value. */
export const isListed = (values: ReadonlyArray<Json>, value: unknown): boolean =>
  values.some((one) => sameJson(one, value))
