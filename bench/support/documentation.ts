import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { withGeneratedPart } from "../../tools/generatedPart.js"
import type { Bench, Figures, Rows } from "./bench.js"

const pathOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** The pages with the tables of benchmarks. */
const pages = ["docs/guides/performance.md", "docs/guides/sizes.md"]

/** A table in Markdown, with columns of equal width. */
export const markdown = (rows: Rows): string => {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const isNumeric = (column: string) => rows.every((row) => typeof (row[column] ?? 0) === "number")
  const lines = [
    columns.map((column) => column.trim()),
    ...rows.map((row) => columns.map((column) => String(row[column] ?? "")))
  ]
  const widths = columns.map((_, index) => Math.max(3, ...lines.map((line) => line[index]!.length)))
  const cells = (line: ReadonlyArray<string>) =>
    `| ${line.map((cell, index) => (isNumeric(columns[index]!) ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!))).join(" | ")} |`
  const rule = `| ${columns.map((column, index) => (isNumeric(column) ? `${"-".repeat(widths[index]! - 1)}:` : "-".repeat(widths[index]!))).join(" | ")} |`
  return [cells(lines[0]!), rule, ...lines.slice(1).map(cells)].join("\n")
}

/** Replaces the tables of a benchmark in the documentation, each between two comments, and its picture. */
export const document = ({ name, picture }: Bench, figures: Figures): void => {
  for (const [title, rows] of Object.entries(figures.tables)) {
    const part = `bench ${name}: ${title}`
    const page = pages.find((path) => readFileSync(pathOf(path), "utf8").includes(`<!-- ${part} -->`))
    if (page === undefined) throw new Error(`${pages.join(" and ")} have no comment "<!-- ${part} -->"`)
    writeFileSync(pathOf(page), withGeneratedPart(pathOf(page), part, markdown(rows)))
  }
  if (picture === undefined) return
  mkdirSync(dirname(pathOf(picture.path)), { recursive: true })
  writeFileSync(pathOf(picture.path), picture.draw(figures))
}
