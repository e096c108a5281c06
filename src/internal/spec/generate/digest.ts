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
  /** A list or an object, of which a part was added. */
  interface Open {
    readonly values: ReadonlyArray<unknown>
    readonly keys: ReadonlyArray<string> | undefined
    next: number
  }
  const path: Array<Open> = []
  const begin = (value: unknown) => {
    if (typeof value !== "object" || value === null) add(`${typeof value} ${String(value)}`)
    else if (Array.isArray(value)) {
      add("[")
      path.push({ values: value, keys: undefined, next: 0 })
    } else {
      add("{")
      path.push({ values: Object.values(value), keys: Object.keys(value), next: 0 })
    }
  }
  begin(value)
  for (let open = path.at(-1); open !== undefined; open = path.at(-1)) {
    const { keys, next, values } = open
    if (next === values.length) {
      path.pop()
      add("end")
      continue
    }
    open.next += 1
    if (keys !== undefined) add(keys[next]!)
    begin(values[next])
  }
  const hex = (hash: number) => (hash >>> 0).toString(16).padStart(8, "0")
  return hex(one) + hex(other)
}
