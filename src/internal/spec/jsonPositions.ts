import { tokensOf } from "../jsonPointer.js"
import { lineOf, type Position } from "./positions.js"

/** The children of an array or object: the offsets at which they start, by key or index. */
type Children = ReadonlyMap<string, number>

const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9

const skipSpace = (text: string, from: number): number => {
  let index = from
  while (isSpace(text.charCodeAt(index))) index += 1
  return index
}

/** Returns the offset after a string that starts at `from`. */
const skipString = (text: string, from: number): number => {
  let index = from + 1
  for (;;) {
    const end = text.indexOf('"', index)
    if (end < 0) return text.length
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === 92) slashes += 1
    if (slashes % 2 === 0) return end + 1
    index = end + 1
  }
}

/** Returns the offset after a value that starts at `from`. Not recursive: values may be nested deeply. */
const skipValue = (text: string, from: number): number => {
  let depth = 0
  let index = from
  while (index < text.length) {
    const character = text[index]
    if (character === '"') index = skipString(text, index)
    else {
      if (character === "{" || character === "[") depth += 1
      else if (character === "}" || character === "]") {
        depth -= 1
        // The end of what contains a number or a literal.
        if (depth < 0) return index
      } else if (character === "," && depth === 0) return index
      index += 1
    }
    if (depth === 0 && (character === '"' || character === "}" || character === "]")) return index
  }
  return index
}

/** Finds the children of the array or object that starts at an offset. None, of a value that is neither. */
const childrenAt = (text: string, from: number): Children => {
  const children = new Map<string, number>()
  const isArray = text[from] === "["
  if (!isArray && text[from] !== "{") return children
  let index = skipSpace(text, from + 1)
  for (let count = 0; index < text.length && text[index] !== "]" && text[index] !== "}"; count += 1) {
    let key = String(count)
    if (!isArray) {
      const end = skipString(text, index)
      key = JSON.parse(text.slice(index, end)) as string
      index = skipSpace(text, skipSpace(text, end) + 1)
    }
    // The later one of two equal keys is the one that JSON.parse returns.
    children.set(key, index)
    index = skipSpace(text, skipValue(text, index))
    if (text[index] === ",") index = skipSpace(text, index + 1)
  }
  return children
}

/**
 * Returns a function that finds a JSON pointer in JSON, or the nearest part above it. Nothing is scanned before its first use, and
 * no part of the text twice for its children.
 */
export const jsonLocator = (text: string): ((pointer: string) => Position) => {
  const line = lineOf(text)
  const known = new Map<number, Children>()
  return (pointer) => {
    let offset = skipSpace(text, 0)
    for (const token of tokensOf(pointer)) {
      let children = known.get(offset)
      if (children === undefined) known.set(offset, (children = childrenAt(text, offset)))
      const child = children.get(token)
      if (child === undefined) break
      offset = child
    }
    return line(offset)
  }
}
