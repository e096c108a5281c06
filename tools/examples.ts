/**
 * Type-checks every example that a reader may copy: the `ts` blocks in docstrings, in README.md and in docs/. No block is exempt.
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
}

/** Returns the blocks of a file. `prefix` matches the start of their lines: the asterisk of a docstring, or an indent. */
const blocksOf = (source: string, prefix: RegExp): ReadonlyArray<Block> => {
  const blocks: Array<Block> = []
  let open: { readonly line: number; readonly checked: boolean; readonly lines: Array<string> } | undefined
  for (const [index, line] of readFileSync(source, "utf8").split("\n").entries()) {
    const start = prefix.exec(line)?.[0] ?? ""
    const rest = line.slice(start.length)
    if (open === undefined) {
      const fence = prefix.test(line) ? /^\s*```\s*([\w-]*)/.exec(rest) : null
      if (fence !== null) open = { line: index + 1, checked: /^(ts|typescript)$/i.test(fence[1] ?? ""), lines: [] }
    } else if (/^\s*```\s*$/.test(rest)) {
      if (open.checked) blocks.push({ source, line: open.line, text: "\n".repeat(open.line) + open.lines.join("\n") })
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
/** The source of each module. */
const sources = new Map<string, string>()
for (const { line, source, text } of blocks) {
  const name = /^\n*\/\/ (\S+\.ts)\n/.exec(text)?.[1]
  const file = name === undefined ? `${source}.${line}.ts` : join(dirname(source), name)
  if (sources.has(file)) throw new Error(`${source}:${line}: ${sources.get(file)} has a block with this file name, too`)
  sources.set(file, source)
  mkdirSync(dirname(join(output, file)), { recursive: true })
  writeFileSync(join(output, file), `${text}\n`)
}
writeFileSync(
  join(output, "tsconfig.json"),
  JSON.stringify({
    extends: "../tsconfig.json",
    // Examples may declare names that they do not use, and may have no import or export.
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false, moduleDetection: "force" },
    include: [],
    files: [...sources.keys()]
  })
)

const { error, status, stdout } = spawnSync("tsc", ["-p", output, "--pretty", "false"], { encoding: "utf8" })
if (error !== undefined) throw error
process.stdout.write(
  stdout.replace(
    /^\.examples\/(.+?)\((\d+),(\d+)\)/gm,
    (_, file, line, column) => `${sources.get(file)}:${line}:${column}`
  )
)
console.log(`${blocks.length} examples: ${inDocstrings.length} in docstrings, ${inPages.length} in README.md and docs/`)
process.exitCode = status === 0 ? 0 : 1
