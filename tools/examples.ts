/**
 * Type-checks every example that a reader may copy: the `ts` blocks in docstrings, in README.md and in docs/. No block is exempt.
 *
 * Each block becomes a module under `.examples/`. It is at the same line and column as in its source, so that only the file name in
 * the compiler's messages has to be replaced. `npm run examples:run` runs those that say what they do.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { inDocstrings, inPages, isTypeScript, moduleOf, placeOf, textOf } from "./blocks.js"

const output = ".examples"

const blocks = [...inDocstrings, ...inPages].filter(isTypeScript)

rmSync(output, { recursive: true, force: true })
const files = new Set<string>()
for (const block of blocks) {
  const file = moduleOf(block)
  if (files.has(file)) throw new Error(`${placeOf(block)}: the page has two blocks with the name ${block.name}`)
  files.add(file)
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
    files: [...files]
  })
)

const { error, status, stdout } = spawnSync("tsc", ["-p", output, "--pretty", "false"], { encoding: "utf8" })
if (error !== undefined) throw error
process.stdout.write(stdout.replace(/^\.examples\/(.+?\.(?:ts|md))\/[^(]+\((\d+),(\d+)\)/gm, "$1:$2:$3"))
const count = inDocstrings.filter(isTypeScript).length
console.log(`${blocks.length} examples: ${count} in docstrings, ${blocks.length - count} in README.md and docs/`)
process.exitCode = status === 0 ? 0 : 1
