/**
 * A detector of cycles in a sequence, of any length, which keeps one element (Brent's algorithm): each element is compared with
 * a marked one before it, and the mark moves on at distances that double. It returns true once an element was found equal to
 * the mark more often than is tolerated.
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
