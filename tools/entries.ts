/**
 * The entry points of the package, by name, with their sources. package.json lists them, once; the paths of tsconfig.json, which
 * can't be computed, are written by `npm run entries`, and checked by `npm run entries -- --check`.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = new URL("../", import.meta.url)
const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
  readonly name: string
  readonly exports: Readonly<Record<string, string | { readonly import: string }>>
}

/** Each entry point, such as `effect-herald/oauth`, and its source, such as `src/OAuth.ts`. */
export const entries: ReadonlyArray<readonly [name: string, source: string]> = Object.entries(manifest.exports).flatMap(
  ([name, target]) =>
    typeof target === "string"
      ? []
      : [[manifest.name + name.slice(1), target.import.replace(/^\.\/dist\/(.*)\.js$/, "$1.ts")] as const]
)

/** The path of a source, for tools that want absolute ones. */
export const pathOf = (source: string): string => fileURLToPath(new URL(source, root))

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = new URL("tsconfig.json", root)
  const text = readFileSync(path, "utf8")
  const paths = entries.map(([name, source]) => `      "${name}": ["./${source}"]`).join(",\n")
  const written = text.replace(/"paths": \{[^}]*\}/, `"paths": {\n${paths}\n    }`)
  if (written === text) console.log(`${entries.length} entry points, in package.json and tsconfig.json alike`)
  else if (process.argv.includes("--check")) {
    console.error("tsconfig.json does not have the entry points of package.json: run `npm run entries`")
    process.exitCode = 1
  } else writeFileSync(path, written)
}
