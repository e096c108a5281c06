/**
 * The entry points of the package, by name, with their sources. The `exports` of package.json are the only list of them. Other tools
 * import this module. The `paths` of tsconfig.json can't be computed: `npm run entries` writes them, and
 * `npm run entries -- --check` checks them.
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

/** The absolute path of a source. */
export const pathOf = (source: string): string => fileURLToPath(new URL(source, root))

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = new URL("tsconfig.json", root)
  const text = readFileSync(path, "utf8")
  const paths = entries.map(([name, source]) => `      "${name}": ["./${source}"]`).join(",\n")
  const written = text.replace(/"paths": \{[^}]*\}/, `"paths": {\n${paths}\n    }`)
  if (written === text) console.log(`tsconfig.json has the ${entries.length} entry points of package.json`)
  else if (process.argv.includes("--check")) {
    console.error("tsconfig.json does not have the entry points of package.json: run `npm run entries`")
    process.exitCode = 1
  } else writeFileSync(path, written)
}
