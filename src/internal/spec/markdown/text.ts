import { oneLine } from "../prose.js"

/** The length of the text of a table's cell, in characters. */
const cellLength = 1000

/** The length of a description, in characters. */
const descriptionLength = 20_000

/** Matches code in Markdown, in which nothing is markup. */
const code = /(```[\s\S]*?```|``[^\n]*?``|`[^`\n]*`)/

/** Replaces in a text what is not within code. */
const outsideCode = (text: string, replace: (part: string) => string): string =>
  text
    .split(code)
    .map((part, index) => (index % 2 === 0 ? replace(part) : part))
    .join("")

/** Escapes HTML, and addresses that run scripts. A document's descriptions are Markdown of its author. */
const withoutHtml = (text: string): string =>
  outsideCode(text, (part) =>
    part.replace(/<(?=\S)|&(?=#?\w+;)/g, (found) => (found === "<" ? "&lt;" : "&amp;"))
  ).replace(/\]\(\s*(?:javascript|data|vbscript):/gi, "](")

/** Writes a text as a line, without markup of its own. */
export const plain = (text: string, length = cellLength): string =>
  oneLine(text, length).replace(/[\\`*_[\]<>#|~!&]/g, (found) =>
    found === "<" ? "&lt;" : found === "&" ? "&amp;" : `\\${found}`
  )

/** Writes a description as a line of a table's cell. */
export const cell = (text: string): string => withoutHtml(oneLine(text, cellLength)).replaceAll("|", "\\|")

/** Writes a text as code, on one line. */
export const codeSpan = (text: string, isInTable = false): string => {
  const line = oneLine(text, cellLength)
  if (line === "") return ""
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const ticks = "`".repeat(longest + 1)
  const inner = longest === 0 ? line : ` ${line} `
  // A table's columns are told apart before code is.
  return ticks + (isInTable ? inner.replaceAll("|", "\\|") : inner) + ticks
}

/** Writes a description as paragraphs. Its headings are no headings of the page. */
export const prose = (text: string): string => {
  const cut = text.length > descriptionLength ? `${text.slice(0, descriptionLength)}…` : text
  const lines = cut
    .replaceAll("\r\n", "\n")
    .replace(/[^\P{Cc}\n\t]/gu, "")
    .trim()
  // Code without an end would be that of the rest of the page.
  const closed = (lines.match(/^\s*```/gm) ?? []).length % 2 === 0 ? lines : `${lines}\n\`\`\``
  return outsideCode(withoutHtml(closed), (part) =>
    part.replace(/^ {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*$/gm, "**$1**").replace(/^ {0,3}(?:=+|-{2,})[ \t]*$/gm, "")
  )
}

/** Writes lines as a block of code. */
export const block = (language: string, lines: ReadonlyArray<string>): string => {
  const body = lines.join("\n")
  const longest = Math.max(2, ...[...body.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = "`".repeat(longest + 1)
  return `${fence}${language}\n${body}\n${fence}`
}

/** Writes a table. Cells are Markdown. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")
