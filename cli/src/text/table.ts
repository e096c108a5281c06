import { toJson } from "./json.js"
import { visibleLine } from "./visible.js"
import { cut, fill, widthOf } from "./width.js"

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Returns a value as the text of a cell, on one line. */
export const cellOf = (value: unknown): string => {
  if (value === null || value === undefined) return ""
  // No more is shown than this, and the text may be long.
  if (typeof value === "string") return visibleLine(value.slice(0, 500))
  return typeof value === "object" ? visibleLine(toJson(value, { atMost: 500 })) : String(value)
}

/** A column of a table. */
interface Column {
  readonly key: string
  readonly width: number
  readonly right: boolean
}

/** A table of the items of a list. Its columns are chosen by the first items, so that later ones can be printed as they arrive. */
export interface Table {
  readonly header: string
  readonly row: (item: unknown) => string
  /** The names of the columns for which there is no room. */
  readonly hidden: ReadonlyArray<string>
}

const gap = 2
/** No column is wider than this while others want the room. */
const widest = 40

/** The column of items that are no objects. */
const whole = ""

const valueOf = (item: unknown, key: string): unknown => {
  if (key === whole) return isObject(item) ? undefined : item
  return isObject(item) && Object.hasOwn(item, key) ? item[key] : undefined
}

/** Makes a table for these first items, at most so wide. */
export const makeTable = (items: ReadonlyArray<unknown>, columns: number): Table => {
  const keys = new Map<string, { width: number; numbers: boolean; filled: boolean; nested: boolean }>()
  for (const item of items) {
    for (const key of isObject(item) ? Object.keys(item) : [whole]) {
      const known = keys.get(key) ?? { width: widthOf(visibleLine(key)), numbers: true, filled: false, nested: false }
      const value = valueOf(item, key)
      known.width = Math.max(known.width, widthOf(cellOf(value)))
      if (value !== null && value !== undefined) {
        known.filled = true
        if (typeof value !== "number" && typeof value !== "bigint") known.numbers = false
        if (typeof value === "object") known.nested = true
      }
      keys.set(key, known)
    }
  }
  // Columns without a value, and those of nested values, give way to the others.
  const rank = ({ filled, nested }: { readonly filled: boolean; readonly nested: boolean }) =>
    filled ? (nested ? 1 : 0) : 2
  const ranked = [...keys].sort((one, other) => rank(one[1]) - rank(other[1]))
  const chosen: Array<Column> = []
  const hidden: Array<string> = []
  let room = columns
  for (const [key, { filled, numbers, width }] of ranked) {
    const wanted = Math.min(width, widest)
    const before = chosen.length === 0 ? 0 : gap
    const given = chosen.length === 0 ? Math.min(wanted, room) : wanted
    if (hidden.length > 0 || before + given > room) hidden.push(key)
    else {
      chosen.push({ key, width: given, right: filled && numbers })
      room -= before + given
    }
  }
  // The rest of the room is for the columns that were cut.
  const shown = chosen.map((column) => {
    const more = Math.min(keys.get(column.key)!.width - column.width, room)
    room -= more
    return { ...column, width: column.width + more }
  })
  const line = (textOf: (column: Column) => string) =>
    shown
      .map((column) => {
        const text = cut(textOf(column), column.width)
        return column.right ? " ".repeat(Math.max(0, column.width - widthOf(text))) + text : fill(text, column.width)
      })
      .join(" ".repeat(gap))
      .trimEnd()
  return {
    header: line(({ key }) => (key === whole ? "" : visibleLine(key))),
    row: (item) => line(({ key }) => cellOf(valueOf(item, key))),
    hidden
  }
}

/** Lays out rows of texts in two or more columns, of which the last is cut to the width of the terminal. */
export const layOut = (
  rows: ReadonlyArray<ReadonlyArray<string>>,
  columns: number,
  indent = 2
): ReadonlyArray<string> => {
  const count = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, index) =>
    rows.reduce((most, row) => Math.max(most, widthOf(row[index] ?? "")), 0)
  )
  return rows.map((row) => {
    const line = row.map((text, index) => (index < count - 1 ? fill(text, widths[index]!) : text)).join(" ".repeat(gap))
    return (" ".repeat(indent) + cut(line, Math.max(20, columns - indent))).trimEnd()
  })
}
