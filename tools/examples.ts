/**
 * Type-checks every example that a reader may copy: the `ts` blocks in docstrings, in README.md and in docs/. No block is exempt.
 * `npm run examples:run` runs those that say what they do.
 *
 * Each block becomes a module under `.examples/`. It is at the same line and column as in its source, so that only the file name in
 * the compiler's messages has to be replaced.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Block, fileOf, inDocstrings, inPages, isTypeScript, placeOf, textOf } from "./blocks.js"

const output = ".examples"

const blocks = [...inDocstrings, ...inPages].filter(isTypeScript)

rmSync(output, { recursive: true, force: true })
/** The blocks by the files of their modules. */
const blockOf = new Map<string, Block>()
for (const block of blocks) {
  const file = fileOf(block)
  const other = blockOf.get(file)
  if (other !== undefined) throw new Error(`${placeOf(block)}: the block at ${placeOf(other)} has this file name, too`)
  blockOf.set(file, block)
  mkdirSync(dirname(join(output, file)), { recursive: true })
  writeFileSync(join(output, file), textOf(block))
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
const count = inDocstrings.filter(isTypeScript).length
console.log(`${blocks.length} examples: ${count} in docstrings, ${blocks.length - count} in README.md and docs/`)
process.exitCode = status === 0 ? 0 : 1
