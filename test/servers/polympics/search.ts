import * as Collation from "./collation.js"
import * as Like from "./like.js"

/** What can be searched: it has a name, and an id that orders those of the same name. */
export interface Entry extends Collation.Sortable {
  readonly id: bigint
}

/**
 * Rows by name, then id. The order is made at the first search and kept up to date from then on, and what a search found is
 * kept until a row changes, so that reading a long list page by page costs a slice per page.
 */
export interface Index<A extends Entry> {
  /** Of these rows, those that hold the text and pass; `key` says what passes. */
  readonly find: (q: string, key: string, passes: ((row: A) => boolean) | undefined) => ReadonlyArray<A>
  readonly add: (row: A) => void
  /** To be called while the row still has the name that it was added with. */
  readonly remove: (row: A) => void
  /** Something changed that a search may depend on, but neither names nor rows. */
  readonly changed: () => void
}

/** The least recently made go first, so that somebody who never asks twice does not fill the memory. */
const kept = 64

const compare = (a: Entry, b: Entry): number => Collation.compare(a, b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

export const make = <A extends Entry>(rows: ReadonlyMap<bigint, A>): Index<A> => {
  let sorted: Array<A> | undefined
  const found = new Map<string, ReadonlyArray<A>>()

  /** Where the row is, or would be. */
  const place = (all: ReadonlyArray<A>, row: A): number => {
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
      const before = found.get(query)
      if (before !== undefined) return before
      const holds = q === "" ? undefined : Like.contains(q)
      const result = sorted.filter((row) => (passes?.(row) ?? true) && (holds?.(row.name) ?? true))
      if (found.size >= kept) for (const oldest of found.keys()) if (found.size >= kept) found.delete(oldest)
      found.set(query, result)
      return result
    },
    add: (row) => {
      found.clear()
      sorted?.splice(place(sorted, row), 0, row)
    },
    remove: (row) => {
      found.clear()
      sorted?.splice(place(sorted, row), 1)
    },
    changed: () => found.clear()
  }
}
