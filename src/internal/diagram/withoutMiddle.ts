/** The number of rows up to which a diagram is drawn whole. */
const maxRows = 48

/** Replaces the rows in the middle of a long diagram by one, which is made from their number. */
export const withoutMiddle = <A, B>(rows: ReadonlyArray<A>, gapOf: (leftOut: number) => B): ReadonlyArray<A | B> => {
  if (rows.length <= maxRows) return rows
  const half = maxRows / 2 - 1
  return [...rows.slice(0, half), gapOf(rows.length - 2 * half), ...rows.slice(-half)]
}
