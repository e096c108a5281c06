/** A place in a text, each from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Returns a function that finds the line and column of an offset. The lines are found at its first use. */
export const lineOf = (text: string): ((offset: number) => Position) => {
  let starts: Array<number> | undefined
  return (offset) => {
    if (starts === undefined) {
      starts = [0]
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) starts.push(end + 1)
    }
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - starts[low]! + 1 }
  }
}
