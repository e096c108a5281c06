/**
 * Makes a detector of cycles of any length in a sequence, which stores one element (Brent's algorithm): each element is
 * compared with a marked earlier one, and the mark moves to a later element at distances that double. It returns true once
 * elements were equal to the mark more than `tolerated` times.
 */
export const cycleDetector = <A>(
  equal: (one: A, marked: A) => boolean,
  tolerated: number
): ((element: A) => boolean) => {
  let mark: { readonly element: A } | undefined
  let distance = 0
  let furthest = 1
  let repeats = 0
  return (element) => {
    if (mark !== undefined && equal(element, mark.element)) repeats += 1
    if (repeats > tolerated) return true
    distance += 1
    if (mark === undefined || distance === furthest) {
      mark = { element }
      furthest *= 2
      distance = 0
      repeats = 0
    }
    return false
  }
}
