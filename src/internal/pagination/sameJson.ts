import * as Json from "../http/json.js"

/** Returns the JSON of an item, or the item itself if it has no JSON. */
const jsonOf = (item: unknown): unknown => {
  try {
    return Json.stringify(item)
  } catch {
    return item
  }
}

/**
 * Reports whether two items are known to have different JSON: both are objects, and a field with text or a number differs. Most items
 * have such a field, their id, so that their JSON need not be made.
 */
const haveOtherJson = (one: unknown, other: unknown): boolean => {
  if (typeof one !== "object" || one === null || typeof other !== "object" || other === null) return false
  if ("toJSON" in one || "toJSON" in other) return false
  // Any key of an object can be read.
  const [fields, others] = [one, other] as ReadonlyArray<Readonly<Record<string, unknown>>>
  return Object.keys(one).some((key) => {
    const [field, otherField] = [fields![key], others![key]]
    return (
      typeof field === typeof otherField &&
      field !== otherField &&
      // Numbers that are not finite have the same JSON.
      (typeof field === "string" || Number.isFinite(field))
    )
  })
}

/**
 * Reports whether two items have the same JSON, which is the default identity of items. Items that have no JSON are the same if they are
 * one object.
 */
export const sameJson = (one: unknown, other: unknown): boolean =>
  one === other || (!haveOtherJson(one, other) && jsonOf(one) === jsonOf(other))
