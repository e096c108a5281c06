import type { Keys } from "./Descriptor.js"
import { snakeCase } from "./snakeCase.js"

/** The number of names that are remembered. A server can send any number. */
const maxNames = 10_000

/**
 * Makes a function that renames the keys of a value, to any depth. A key whose new name another one has keeps its own, so that no value is
 * lost.
 */
export const renamer = ({ verbatim = [] }: Keys): ((root: unknown) => unknown) => {
  const unchanged = new Set(verbatim)
  const names = new Map<string, string>()
  const nameOf = (key: string): string => {
    const known = names.get(key)
    if (known !== undefined) return known
    if (names.size >= maxNames) names.clear()
    const name = snakeCase(key)
    names.set(key, name)
    return name
  }
  return (root) => {
    /** The containers whose content is to be copied. Not recursive, since values may be nested deeply. */
    const copies: Array<readonly [from: object, to: object]> = []
    const copyOf = (value: unknown): unknown => {
      if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value
      const copy = Array.isArray(value) ? [] : {}
      copies.push([value, copy])
      return copy
    }
    const renamed = copyOf(root)
    for (let next = copies.pop(); next !== undefined; next = copies.pop()) {
      const [from, to] = next
      if (Array.isArray(from)) {
        for (const item of from) (to as Array<unknown>).push(copyOf(item))
        continue
      }
      for (const [key, value] of Object.entries(from)) {
        const name = nameOf(key)
        const free = name === key || !(Object.hasOwn(from, name) || Object.hasOwn(to, name))
        const content = unchanged.has(key) ? value : copyOf(value)
        // Unlike an assignment, this does not treat a key __proto__ as the prototype.
        Object.defineProperty(to, free ? name : key, {
          value: content,
          configurable: true,
          enumerable: true,
          writable: true
        })
      }
    }
    return renamed
  }
}
