/** A queue in memory, with removal from its front in constant time. */
export interface Deque<A> {
  readonly size: () => number
  readonly push: (value: A) => void
  readonly peek: () => A | undefined
  readonly shift: () => A | undefined
}

/** The number of removed places from which the array is made anew. */
const compactFrom = 1_024

export const makeDeque = <A>(): Deque<A> => {
  let values: Array<A | undefined> = []
  let head = 0
  return {
    size: () => values.length - head,
    push: (value) => {
      values.push(value)
    },
    peek: () => values[head],
    shift: () => {
      if (head === values.length) return undefined
      const value = values[head]
      // The array must not hold what was removed.
      values[head] = undefined
      head += 1
      if (head >= compactFrom && head * 2 >= values.length) {
        values = values.slice(head)
        head = 0
      }
      return value
    }
  }
}
