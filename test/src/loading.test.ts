import { describe, expect, it } from "@effect/vitest"
import { build } from "esbuild"
import { execFileSync } from "node:child_process"
import { entries, pathOf } from "../../tools/entries.js"

/** The packages and modules of Node that an entry point loads at its start, besides Effect and its platform. */
const loaded: Readonly<Record<string, ReadonlyArray<string>>> = {
  "effect-herald": [],
  "effect-herald/cache": ["lru-cache"],
  "effect-herald/civis": [],
  "effect-herald/decoder": [],
  "effect-herald/descriptor": [],
  "effect-herald/diagram": [],
  "effect-herald/http-api": [],
  "effect-herald/log": [],
  "effect-herald/node": [
    "node:crypto",
    "node:fs",
    "node:fs/promises",
    "node:net",
    "node:os",
    "node:path",
    "node:stream",
    "node:url",
    "node:util"
  ],
  "effect-herald/oauth": ["oauth4webapi"],
  "effect-herald/polympics": [],
  "effect-herald/polympics/testing": [],
  "effect-herald/rate-limit": ["@effect/experimental"],
  "effect-herald/redis": ["ioredis"],
  "effect-herald/site": [],
  "effect-herald/spec": [],
  "effect-herald/spec/tools": [],
  "effect-herald/sqlite": ["libsql", "node:fs", "node:path"],
  "effect-herald/streams": ["eventsource-parser"],
  "effect-herald/terminal": ["cli-progress", "node:process"],
  "effect-herald/testing": [],
  "effect-herald/testing/node": ["node:crypto", "node:fs/promises", "node:path", "node:url"]
}

/** The folders of modules that clients of documents do not load at their start. */
const tools: ReadonlyArray<string> = ["diff", "generate", "learn", "markdown"]

/** Returns the modules that a module imports statically, directly or through one another, and the names of the packages. */
const importsOf = async (source: string) => {
  const { metafile, outputFiles } = await build({
    entryPoints: [pathOf(source)],
    bundle: true,
    // Modules that are imported on demand are files of their own.
    splitting: true,
    format: "esm",
    ignoreAnnotations: true,
    metafile: true,
    outdir: "loading",
    packages: "external",
    platform: "node",
    treeShaking: false,
    write: false
  })
  expect(outputFiles.length).toBeGreaterThan(0)
  const found = new Set<string>()
  const visited = new Set<string>()
  const visit = (input: string) => {
    if (visited.has(input)) return
    visited.add(input)
    for (const { external, kind, path } of metafile.inputs[input]!.imports) {
      if (kind !== "import-statement") continue
      if (external === true) found.add(/^node:|^@/.test(path) ? path : path.split("/")[0]!)
      else visit(path)
    }
  }
  visit(source)
  const packages = [...found]
    .map((name) => (name.startsWith("@") ? name.split("/").slice(0, 2).join("/") : name))
    .filter((name) => name !== "effect" && name !== "@effect/platform")
    .toSorted()
  return { modules: [...visited], packages }
}

describe("an entry point", () => {
  it("is listed here", () => {
    expect(entries.map(([name]) => name).toSorted()).toEqual(Object.keys(loaded))
  })

  it.each(entries)("%s loads nothing at its start that a program may not use", async (name, source) => {
    const { packages } = await importsOf(source)
    expect(new Set(packages)).toEqual(new Set(loaded[name]))
  })

  it.each(["effect-herald/spec", "effect-herald/civis"])("%s does not load the tools for documents", async (name) => {
    const { modules } = await importsOf(new Map(entries).get(name)!)
    expect(modules).toContain("src/internal/spec/readDocument.ts")
    const others = [...tools.map((folder) => `src/internal/spec/${folder}/`), "src/internal/spec/yaml.ts"]
    expect(modules.filter((module) => others.some((other) => module.startsWith(other)))).toEqual([])
  })

  it("effect-herald/descriptor does not load the reader of documents", async () => {
    const { modules } = await importsOf(new Map(entries).get("effect-herald/descriptor")!)
    expect(modules).not.toContain("src/internal/spec/readDocument.ts")
    expect(modules.filter((module) => module.startsWith("src/spec/"))).toEqual([])
  })

  it("effect-herald loads the modules of Node that Effect loads, and no other", () => {
    const modulesOf = (imports: ReadonlyArray<string>) => {
      const script = `
        await Promise.all(${JSON.stringify(imports)}.map((name) => import(name)))
        console.log(JSON.stringify(process.moduleLoadList))
      `
      const args = ["--import", "tsx", "--input-type=module", "--eval", script]
      const modules = JSON.parse(
        execFileSync(process.execPath, args, { cwd: pathOf("."), encoding: "utf8" })
      ) as Array<string>
      return modules.filter((name) => name.startsWith("NativeModule ") && !name.includes("internal/")).toSorted()
    }
    const effect = ["effect/Schema", "effect/Stream", "@effect/platform/HttpClient", "@effect/platform/FetchHttpClient"]
    expect(modulesOf([...effect, pathOf("src/index.ts")])).toEqual(modulesOf(effect))
  })
})
