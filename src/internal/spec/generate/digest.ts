import type { Json } from "../../../Shape.js"

/**
 * Makes a digest of JSON, of 16 hexadecimal digits: the same for the same values in the same order. It tells changes, and is no
 * protection against those that are made to have the same digest. Does not recur, so that nesting has no limit.
 */
export const digestOf = (value: Json): string => {
  // Two hashes by FNV-1a and by multiplication with another prime, over UTF-16 code units.
  let one = 0x811c9dc5
  let other = 0x9e3779b9
  const add = (text: string) => {
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index)
      one = Math.imul(one ^ unit, 0x01000193)
      other = Math.imul(other ^ unit, 0x85ebca6b)
      other ^= other >>> 13
    }
    one = Math.imul(one ^ 0x10000, 0x01000193)
    other = Math.imul(other ^ 0x10000, 0x85ebca6b)
  }
  const stack: Array<Json | { readonly text: string }> = [value]
  const marks = new WeakSet<object>()
  const mark = (text: string) => {
    const marked = { text }
    marks.add(marked)
    return marked
  }
  while (stack.length > 0) {
    const next = stack.pop()!
    if (typeof next !== "object" || next === null) add(`${typeof next} ${String(next)}`)
    // A mark, which this function has made.
    else if (marks.has(next)) add((next as { readonly text: string }).text)
    else if (Array.isArray(next)) {
      const items = next as ReadonlyArray<Json>
      stack.push(mark("]"))
      for (let index = items.length - 1; index >= 0; index -= 1) stack.push(items[index]!)
      stack.push(mark("["))
    } else {
      const entries = Object.entries(next as { readonly [key: string]: Json })
      stack.push(mark("}"))
      for (let index = entries.length - 1; index >= 0; index -= 1) {
        const [key, item] = entries[index]!
        stack.push(item, mark(`:${key}`))
      }
      stack.push(mark("{"))
    }
  }
  const hex = (hash: number) => (hash >>> 0).toString(16).padStart(8, "0")
  return hex(one) + hex(other)
}
