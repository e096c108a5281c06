/**
 * Type-checks every example that a reader may copy: the `ts` blocks in docstrings, in README.md and in docs/. No block is exempt. A `ts`
 * block with a block without a language right after it is a program and its output: it is run, and has to print this.
 *
 * Each block becomes a module under `.examples/`. It is at the same line and column as in its source, so that only the file name in
 * the compiler's messages has to be replaced. A block of a page that begins with its file name, such as `// weather.ts`, becomes a
 * module of this name, which other blocks of the folder's pages can import.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { pages } from "./pages.js"

const documented = ["src", "schemas", "services"]
const output = ".examples"

interface Block {
  readonly source: string
  readonly line: number
  readonly text: string
  /** The text that the program prints. */
  output?: string
}

/** Returns the blocks of a file. `prefix` matches the start of their lines: the asterisk of a docstring, or an indent. */
const blocksOf = (source: string, prefix: RegExp): ReadonlyArray<Block> => {
  const blocks: Array<Block> = []
  let open: { readonly line: number; readonly language: string; readonly lines: Array<string> } | undefined
  /** The last block, if nothing but empty lines came after it. */
  let previous: Block | undefined
  for (const [index, line] of readFileSync(source, "utf8").split("\n").entries()) {
    const start = prefix.exec(line)?.[0] ?? ""
    const rest = line.slice(start.length)
    if (open === undefined) {
      const fence = prefix.test(line) ? /^\s*```\s*([\w-]*)/.exec(rest) : null
      if (fence !== null) open = { line: index + 1, language: fence[1]!.toLowerCase(), lines: [] }
      else if (rest.trim() !== "") previous = undefined
    } else if (/^\s*```\s*$/.test(rest)) {
      const { language, line, lines } = open
      if (language === "" && previous !== undefined) previous.output = lines.map((line) => `${line}\n`).join("")
      previous = undefined
      if (language === "ts" || language === "typescript") {
        previous = { source, line, text: "\n".repeat(line) + lines.join("\n") }
        blocks.push(previous)
      }
      open = undefined
    } else {
      // In a docstring the end of an inner comment is written as `*\/`.
      open.lines.push(" ".repeat(start.length) + rest.replaceAll("*\\/", "*/"))
    }
  }
  if (open !== undefined) throw new Error(`${source}:${open.line}: this block never ends`)
  return blocks
}

const modules = documented.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name))
    .sort()
)
const inDocstrings = modules.flatMap((path) => blocksOf(path, /^\s*\* ?/))
const inPages = pages.flatMap((path) => blocksOf(path, /^\s*/))
const blocks = [...inDocstrings, ...inPages]
if (inDocstrings.length === 0)
  throw new Error("no example was found in a docstring: the paths of this tool may be wrong")

rmSync(output, { recursive: true, force: true })
/** The blocks by the files of their modules. */
const blockOf = new Map<string, Block>()
const fileOf = ({ line, source, text }: Block): string => {
  const name = /^\n*\/\/ (\S+\.ts)\n/.exec(text)?.[1]
  return name === undefined ? `${source}.${line}.ts` : join(dirname(source), name)
}
for (const block of blocks) {
  const file = fileOf(block)
  const other = blockOf.get(file)
  if (other !== undefined)
    throw new Error(`${block.source}:${block.line}: the block at ${other.source}:${other.line} has this file name, too`)
  blockOf.set(file, block)
  mkdirSync(dirname(join(output, file)), { recursive: true })
  writeFileSync(join(output, file), `${block.text}\n`)
}
writeFileSync(
  join(output, "tsconfig.json"),
  JSON.stringify({
    extends: "../tsconfig.json",
    // Examples may declare names that they do not use, and may have no import or export.
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false, moduleDetection: "force" },
    include: [],
    files: [...blockOf.keys()]
  })
)

const { error, status, stdout } = spawnSync("tsc", ["-p", output, "--pretty", "false"], { encoding: "utf8" })
if (error !== undefined) throw error
process.stdout.write(
  stdout.replace(
    /^\.examples\/(.+?)\((\d+),(\d+)\)/gm,
    (_, file, line, column) => `${blockOf.get(file)?.source}:${line}:${column}`
  )
)
console.log(`${blocks.length} examples: ${inDocstrings.length} in docstrings, ${inPages.length} in README.md and docs/`)

/** Runs a program, and compares what it prints. The empty lines at the end do not count. */
const prints = (block: Block): boolean => {
  const parameters = ["--tsconfig", join(output, "tsconfig.json"), join(output, fileOf(block))]
  const { signal, stderr, stdout } = spawnSync("tsx", parameters, { encoding: "utf8", timeout: 60_000 })
  const [expected, printed] = [block.output!, stdout].map((text) => text.replaceAll(/ +$/gm, "").trimEnd())
  if (printed === expected) return true
  console.error(`${block.source}:${block.line}: this program prints\n${printed}\nbut the page says\n${expected}`)
  if (signal !== null || stderr !== "") console.error(`${signal ?? ""}\n${stderr}`)
  return false
}

const programs = blocks.filter((block) => block.output !== undefined)
const wrong = status === 0 ? programs.filter((program) => !prints(program)) : []
if (status === 0)
  console.log(`${programs.length - wrong.length} of ${programs.length} programs print what the page says`)
process.exitCode = status === 0 && wrong.length === 0 ? 0 : 1
