/** The longest name that is compared and shown, in characters. Names in documents have any length. */
const longest = 60

/** The number of names that a message lists. */
const listed = 20

/** The number of names that are compared. */
const compared = 1000

/** Returns a name in a form in which spellings such as `page_num`, `pageNum` and `Page-Num` are the same. */
const folded = (name: string): string =>
  name
    .slice(0, longest)
    .toLowerCase()
    .replaceAll(/[\s_.-]/g, "")

/** Returns the number of characters to insert, delete or replace (Levenshtein). */
const distance = (one: string, other: string): number => {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let row = 0; row < one.length; row += 1) {
    const current = [row + 1]
    for (let column = 0; column < other.length; column += 1) {
      current.push(
        Math.min(
          current[column]! + 1,
          previous[column + 1]! + 1,
          previous[column]! + (one[row] === other[column] ? 0 : 1)
        )
      )
    }
    previous = current
  }
  return previous.at(-1)!
}

/** Returns the name that is nearest to another. Undefined if none is near: a third of its characters differ. */
export const nearestName = (name: string, names: ReadonlyArray<string>): string | undefined => {
  const wanted = folded(name)
  let nearest: string | undefined
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const candidate of names.slice(0, compared)) {
    const other = folded(candidate)
    if (Math.abs(other.length - wanted.length) >= least) continue
    const count = distance(wanted, other)
    if (count < least) {
      least = count
      nearest = candidate
    }
  }
  return nearest
}

const shown = (name: string): string => (name.length > longest ? `${name.slice(0, longest)}…` : name)

/** Formats names as a list of bounded length. */
export const listNames = (names: ReadonlyArray<string>): string => {
  const more = names.length - listed
  return `${names.slice(0, listed).map(shown).join(", ")}${more > 0 ? `, and ${more} more` : ""}`
}

/**
 * Makes the message about a name that is none of those that there are, such as `is not a parameter; did you mean pageNum? There are: limit,
 * pageNum`. The name itself is in the path of the issue.
 *
 * - `kind`: the kind of the names, with its article, such as `a parameter`
 */
export const unknownName = (name: string, names: ReadonlyArray<string>, kind: string): string => {
  if (names.length === 0) return `is not ${kind}: there are none`
  const nearest = nearestName(name, names)
  const guess = nearest === undefined ? "." : `; did you mean ${shown(nearest)}?`
  return `is not ${kind}${guess} There are: ${listNames(names)}`
}
