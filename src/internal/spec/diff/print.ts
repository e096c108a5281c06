import type { Change, Level } from "./change.js"

/** The number of operations of a change that are named. */
const namedOperations = 3

const titles: ReadonlyArray<readonly [Level, string]> = [
  ["breaking", "Breaking changes"],
  ["compatible", "Compatible changes"],
  ["documentation", "Changes of documentation"]
]

const headingOf = ({ operations }: Change): string => {
  if (operations.length === 0) return "The document"
  const named = operations.slice(0, namedOperations).join(", ")
  return operations.length > namedOperations ? `${named} and ${operations.length - namedOperations} more` : named
}

const printLevel = (title: string, changes: ReadonlyArray<Change>): string => {
  const groups = new Map<string, Array<string>>()
  for (const change of changes) {
    const heading = headingOf(change)
    const messages = groups.get(heading) ?? []
    groups.set(heading, messages)
    messages.push(`    ${change.message}`)
  }
  const lines = [...groups].flatMap(([heading, messages]) => [`  ${heading}`, ...messages])
  // The names of a document can have characters that control a terminal.
  return `${title} (${changes.length})\n${lines.map((line) => line.replaceAll(/\p{Cc}/gu, "\ufffd")).join("\n")}\n`
}

export const print = (changes: ReadonlyArray<Change>): string => {
  if (changes.length === 0) return "No changes.\n"
  return titles
    .flatMap(([level, title]) => {
      const own = changes.filter((change) => change.level === level)
      return own.length === 0 ? [] : [printLevel(title, own)]
    })
    .join("\n")
}
