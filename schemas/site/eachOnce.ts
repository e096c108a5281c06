/**
 * Makes a filter of lists that refuses an id that is given twice.
 *
 * - `name`: the kind of the items, for the message
 */
export const eachOnce = (name: string) => (items: ReadonlyArray<{ readonly id: string }>) => {
  const seen = new Map<string, number>()
  for (const [index, { id }] of items.entries()) {
    const first = seen.get(id)
    if (first !== undefined) {
      return { path: [index, "id"], message: `is the id of item ${first}, too: give each ${name} once` }
    }
    seen.set(id, index)
  }
  return true
}
