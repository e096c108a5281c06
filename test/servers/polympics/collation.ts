/**
 * The order of names in the API's database: punctuation, space and symbols count only between names that are otherwise
 * equal, then letters without accents and case, then accents, then case.
 */

const collator = new Intl.Collator("en")

/** What counts of a name at first. */
const strip = (name: string): string => name.replace(/[\p{S}\p{P}\p{Z}\p{C}]/gu, "")

/** A name with what makes comparing it cheap; a collator takes seconds for a million names. */
export interface Sortable {
  readonly name: string
  readonly sortKey: string | undefined
}

/** Of a name in ASCII, what orders as the collator would; undefined for any other. */
export const sortKey = (name: string): string | undefined =>
  /^[\0-\x7f]*$/.test(name) ? name.replace(/[^A-Za-z0-9]/g, "").toLowerCase() : undefined

export const compare = (a: Sortable, b: Sortable): number => {
  if (a.sortKey !== undefined && b.sortKey !== undefined && a.sortKey !== b.sortKey) {
    return a.sortKey < b.sortKey ? -1 : 1
  }
  if (a.name === b.name) return 0
  return collator.compare(strip(a.name), strip(b.name)) || (a.name < b.name ? -1 : 1)
}
