/** Counts the edits (insertion, deletion, replacement, exchange of neighbours) between two short texts. */
const distance = (one: string, other: string): number => {
  let beforeLast: Array<number> = []
  let last = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1]
      let least = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1))
      if (row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]) {
        least = Math.min(least, beforeLast[column - 2]! + 1)
      }
      current.push(least)
    }
    beforeLast = last
    last = current
  }
  return last[other.length]!
}

/** The form in which names are compared: case and separators do not count. */
const plain = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "")

/** Returns the names that are nearest to a misspelt one, at most three, the nearest first. */
export const nearest = (name: string, names: Iterable<string>): ReadonlyArray<string> => {
  const wanted = plain(name)
  // Longer texts are no misspelling, and would take long to compare.
  if (wanted === "" || wanted.length > 64) return []
  const limit = Math.max(1, Math.floor(wanted.length / 3))
  const found: Array<readonly [name: string, edits: number]> = []
  for (const candidate of names) {
    const given = plain(candidate)
    if (given.length > 64) continue
    const starts = given.startsWith(wanted) || (given.length > 2 && wanted.startsWith(given))
    if (!starts && Math.abs(given.length - wanted.length) > limit) continue
    const edits = distance(wanted, given)
    if (edits <= limit || starts) found.push([candidate, edits])
  }
  return found
    .sort((one, other) => one[1] - other[1])
    .slice(0, 3)
    .map(([candidate]) => candidate)
}

/** The question that ends a message about a misspelt name, or an empty text. */
export const didYouMean = (name: string, names: Iterable<string>, show = (name: string) => name): string => {
  const found = nearest(name, names).map(show)
  if (found.length === 0) return ""
  const last = found.at(-1)!
  return ` Did you mean ${found.length === 1 ? last : `${found.slice(0, -1).join(", ")} or ${last}`}?`
}
