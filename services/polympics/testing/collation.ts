/**
 * The order of names in the API's database. Names are compared by their letters without accents and case, then by accents, then
 * by case. Punctuation, spaces and symbols are compared only if the names are equal otherwise.
 */

const collator = new Intl.Collator("en")

/** The part of a name that is compared first. */
const strip = (name: string): string => name.replace(/[\p{S}\p{P}\p{Z}\p{C}]/gu, "")

/** A name with a key that is fast to compare. A collator takes seconds to sort a million names. */
export interface Sortable {
  readonly name: string
  readonly sortKey: string | undefined
}

/** The key of an ASCII name, which has the order of the collator; undefined for any other name. */
export const sortKey = (name: string): string | undefined =>
  /^[\0-\x7f]*$/.test(name) ? name.replace(/[^A-Za-z0-9]/g, "").toLowerCase() : undefined

export const compare = (a: Sortable, b: Sortable): number => {
  if (a.sortKey !== undefined && b.sortKey !== undefined && a.sortKey !== b.sortKey) {
    return a.sortKey < b.sortKey ? -1 : 1
  }
  if (a.name === b.name) return 0
  return collator.compare(strip(a.name), strip(b.name)) || (a.name < b.name ? -1 : 1)
}
