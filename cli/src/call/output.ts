import { writeFile } from "node:fs/promises"
import { exitCodes } from "../exitCodes.js"
import { Failure } from "../Failure.js"
import type { Invocation } from "../Invocation.js"
import { toJson } from "../text/json.js"
import { makeTable, type Table } from "../text/table.js"
import { visible, visibleLine } from "../text/visible.js"
import { quoted, reasonOf } from "../values.js"

/** Writes the status and the headers of a response, as HTTP has them. */
export const headText = (
  response: { readonly status: number; readonly headers: Readonly<Record<string, string | undefined>> },
  isTerminal: boolean
): string => {
  const lines = Object.entries(response.headers).map(([name, value]) => `${name}: ${value ?? ""}`)
  const text = [`HTTP ${response.status}`, ...lines, "", ""].join("\n")
  return isTerminal ? visible(text) : text
}

/** Where a value is written to. */
export interface Target {
  readonly write: (data: string | Uint8Array) => Promise<void>
  readonly isTerminal: boolean
  readonly columns: number
}

/** The standard output. */
export const standardOutput = ({ io }: Pick<Invocation, "io">): Target => ({
  write: io.stdout.write,
  isTerminal: io.stdout.isTerminal,
  columns: io.stdout.columns ?? 100
})

/** Writes a value to a file. */
export const toFile = async (path: string, data: string | Uint8Array): Promise<void> => {
  try {
    await writeFile(path, data)
  } catch (error) {
    throw new Failure(exitCodes.failed, `--output: the file ${quoted(path)} can't be written: ${reasonOf(error)}.`)
  }
}

/** How a value is printed. */
export interface Printing {
  /** True for one JSON text: `--json`. */
  readonly json: boolean
}

/**
 * Returns the text of a value: a table of a list on a terminal, JSON lines of a list elsewhere, and JSON of other values, in several lines
 * on a terminal. A text is itself.
 */
export const textOf = (value: unknown, { columns, isTerminal }: Target, { json }: Printing): string => {
  if (value === undefined) return ""
  const jsonText = (one: unknown) => `${toJson(one, { pretty: isTerminal, visible: isTerminal })}\n`
  if (json) return jsonText(value)
  if (Array.isArray(value)) {
    if (!isTerminal) return value.map((item) => `${toJson(item)}\n`).join("")
    return tableText(value, columns)
  }
  if (typeof value !== "string") return jsonText(value)
  if (!isTerminal) return value
  return value.endsWith("\n") ? visible(value) : `${visible(value)}\n`
}

const tableText = (items: ReadonlyArray<unknown>, columns: number): string => {
  if (items.length === 0) return ""
  const table = makeTable(items, columns)
  return `${[table.header, ...items.map(table.row)].filter((line, index) => index > 0 || line !== "").join("\n")}\n`
}

/** Tells of the columns for which a terminal has no room. */
export const hiddenColumns = (table: Pick<Table, "hidden">): string | undefined => {
  if (table.hidden.length === 0) return undefined
  const names = table.hidden.slice(0, 8).map(visibleLine).join(", ")
  return `Columns without room: ${names}${table.hidden.length > 8 ? ", …" : ""}. --json prints them all.`
}

/** The items by whose values the columns of a table are chosen. */
const sample = 50

/** Prints the items of a list as they arrive. */
export interface ItemPrinter {
  readonly add: (items: ReadonlyArray<unknown>) => Promise<void>
  /** Prints the items that wait for the columns of their table. */
  readonly flush: () => Promise<void>
  readonly end: () => Promise<void>
  /** The names of the columns for which there was no room. */
  readonly hidden: () => ReadonlyArray<string>
}

/** Makes the printer of a list: a table, JSON lines, or one JSON array (`--json`). */
export const itemPrinter = (target: Target, { json }: Printing): ItemPrinter => {
  let table: Table | undefined
  let waiting: Array<unknown> = []
  let count = 0
  const flush = async () => {
    if (waiting.length === 0) return
    if (table === undefined) {
      table = makeTable(waiting, target.columns)
      if (table.header !== "") await target.write(`${table.header}\n`)
    }
    const { row } = table
    await target.write(waiting.map((item) => `${row(item)}\n`).join(""))
    waiting = []
  }
  return {
    flush,
    add: async (items) => {
      if (items.length === 0) return
      if (json) {
        const texts = items.map((item) => toJson(item, { visible: target.isTerminal }))
        await target.write((count === 0 ? "[\n" : ",\n") + texts.join(",\n"))
      } else if (!target.isTerminal) await target.write(items.map((item) => `${toJson(item)}\n`).join(""))
      else {
        waiting.push(...items)
        if (table !== undefined || waiting.length >= sample) await flush()
      }
      count += items.length
    },
    end: async () => {
      if (json) await target.write(count === 0 ? "[]\n" : "\n]\n")
      else await flush()
    },
    hidden: () => table?.hidden ?? []
  }
}
