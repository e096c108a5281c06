import * as Collation from "./collation.js"
import * as Like from "./like.js"

/** A row that is searched by its name. Rows of the same name are ordered by id. */
export interface Entry extends Collation.Sortable {
  readonly id: bigint
}

/**
 * Rows ordered by name and then by id. The order is computed by the first search, and updated from then on. The results of a
 * search are cached until a row changes, so that each further page of a long list costs one slice.
 */
export interface Index<A extends Entry> {
  /** Finds the rows that match the pattern and the predicate. `key` identifies the predicate. */
  readonly find: (q: string, key: string, passes: ((row: A) => boolean) | undefined) => ReadonlyArray<A>
  readonly add: (row: A) => void
  /** Removes a row. It must still have the name that it was added with. */
  readonly remove: (row: A) => void
  /** Clears cached results, after a change of the rows that affects predicates, but not names. */
  readonly changed: () => void
}

/** The largest number of cached results. The oldest are removed first. */
const maxResults = 64

const compare = (a: Entry, b: Entry): number => Collation.compare(a, b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

export const make = <A extends Entry>(rows: ReadonlyMap<bigint, A>): Index<A> => {
  let sorted: Array<A> | undefined
  const found = new Map<string, ReadonlyArray<A>>()

  /** Returns the position of a row, or the position to insert it at. */
  const indexOf = (all: ReadonlyArray<A>, row: A): number => {
    let low = 0
    let high = all.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compare(all[middle]!, row) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    find: (q, key, passes) => {
      sorted ??= [...rows.values()].sort(compare)
      if (q === "" && passes === undefined) return sorted
      const query = `${key} ${q}`
      const cached = found.get(query)
      if (cached !== undefined) return cached
      const matches = q === "" ? undefined : Like.contains(q)
      const result = sorted.filter((row) => (passes?.(row) ?? true) && (matches?.(row.name) ?? true))
      if (found.size >= maxResults)
        for (const oldest of found.keys()) if (found.size >= maxResults) found.delete(oldest)
      found.set(query, result)
      return result
    },
    add: (row) => {
      found.clear()
      sorted?.splice(indexOf(sorted, row), 0, row)
    },
    remove: (row) => {
      found.clear()
      sorted?.splice(indexOf(sorted, row), 1)
    },
    changed: () => found.clear()
  }
}
