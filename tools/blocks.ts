/** The code blocks that people read: those in docstrings, in README.md and in docs/. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { pages } from "./pages.js"

/** A code block. */
export interface Block {
  /** The path of the page or module, from the root of the project. */
  readonly source: string
  /** The line of the fence, from 1. */
  readonly line: number
  /** The language after the fence, in lower case; an empty text if there is none. */
  readonly language: string
  /** The name in brackets after the language, such as `weather.ts`: other blocks of the page can import this file. */
  readonly name: string | undefined
  /** The lines, as long as in their source: an asterisk of a docstring is a space. */
  readonly lines: ReadonlyArray<string>
  /** The block right before this one, if only empty lines are between them. */
  readonly previous: Block | undefined
}

/** The place of a block in a message. */
export const placeOf = ({ line, source }: Block): string => `${source}:${line}`

/** Whether a block is TypeScript. */
export const isTypeScript = ({ language }: Block): boolean => language === "ts" || language === "typescript"

/** The path of a block's module, from the folder that has the modules of all blocks. */
export const moduleOf = ({ line, name, source }: Block): string => join(source, name ?? `${line}.ts`)

/** The text of a block, at the same lines as in its source. */
export const textOf = ({ line, lines }: Block): string => `${"\n".repeat(line)}${lines.join("\n")}\n`

/** Returns the blocks of a file. `prefix` matches the start of their lines: the asterisk of a docstring, or an indent. */
const blocksOf = (source: string, prefix: RegExp): ReadonlyArray<Block> => {
  const blocks: Array<Block> = []
  let open: (Omit<Block, "lines"> & { readonly lines: Array<string> }) | undefined
  let previous: Block | undefined
  for (const [index, line] of readFileSync(source, "utf8").split("\n").entries()) {
    const start = prefix.exec(line)?.[0] ?? ""
    const rest = line.slice(start.length)
    if (open === undefined) {
      const fence = prefix.test(line) ? /^\s*```\s*([\w-]*)\s*(?:\[([^\]]+)\])?/.exec(rest) : null
      if (fence !== null) {
        const [, language = "", name] = fence
        open = { source, line: index + 1, language: language.toLowerCase(), name, lines: [], previous }
      } else if (rest.trim() !== "") previous = undefined
    } else if (/^\s*```\s*$/.test(rest)) {
      blocks.push(open)
      previous = open
      open = undefined
    } else {
      // In a docstring the end of an inner comment is written as `*\/`.
      open.lines.push(" ".repeat(start.length) + rest.replaceAll("*\\/", "*/"))
    }
  }
  if (open !== undefined) throw new Error(`${placeOf(open)}: this block never ends`)
  return blocks
}

const modules = ["src", "schemas", "services"].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name))
    .sort()
)

/** The blocks in docstrings. */
export const inDocstrings: ReadonlyArray<Block> = modules.flatMap((path) => blocksOf(path, /^\s*\* ?/))

/** The blocks of README.md and docs/. */
export const inPages: ReadonlyArray<Block> = pages.flatMap((path) => blocksOf(path, /^\s*/))

if (inDocstrings.length === 0)
  throw new Error("no example was found in a docstring: the paths of this tool may be wrong")
