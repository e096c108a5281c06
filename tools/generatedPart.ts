/** The parts of pages that are generated, each between two comments. */
import { readFileSync } from "node:fs"

/** Returns the text of a page with this content after the comment with this name, up to the comment `<!-- end -->`. */
export const withGeneratedPart = (page: string, name: string, content: string): string => {
  const text = readFileSync(page, "utf8")
  const begin = `<!-- ${name} -->`
  const start = text.indexOf(begin)
  if (start === -1) throw new Error(`${page} has no comment "${begin}"`)
  const end = text.indexOf("<!-- end -->", start)
  if (end === -1) throw new Error(`${page} has no comment "<!-- end -->" after "${begin}"`)
  return `${text.slice(0, start + begin.length)}\n\n${content}\n\n${text.slice(end)}`
}
