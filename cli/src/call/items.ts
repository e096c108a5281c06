import type { List } from "effect-herald/descriptor"

/** Returns the items of a page of a list: the array at the pointer of its items (RFC 6901). Undefined if there is none. */
export const itemsAt = (
  value: unknown,
  { items: pointer }: Pick<List, "items">
): ReadonlyArray<unknown> | undefined => {
  const keys =
    pointer === ""
      ? []
      : pointer
          .slice(1)
          .split("/")
          .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"))
  let found = value
  for (const key of keys) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Readonly<Record<string, unknown>>)[key]
  }
  return Array.isArray(found) ? found : undefined
}
