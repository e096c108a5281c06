import { execFileSync, spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { bundle, gzippedKibibytes } from "../tools/bundle.js"
import type { Bench } from "./support/bench.js"
import { round, summarize } from "./support/measure.js"
import { programs } from "./support/sizePrograms.js"

const root = fileURLToPath(new URL("..", import.meta.url))
/** On a busy machine there are fewer rounds, and at least three. */
const rounds = { most: 11, least: 3, maxSeconds: 90 }

/** Modules whose time to load is measured. The first loads nothing; the others are compared with the second, too. */
const modules = [
  "",
  "effect",
  "effect/Effect",
  "effect-herald",
  "effect-herald/node",
  "effect-herald/polympics",
  "@effect/platform",
  "@effect/platform-node",
  "undici",
  "zod",
  "axios",
  "got",
  "ky",
  "ofetch",
  "openapi-fetch"
]

const node = (...args: ReadonlyArray<string>) => execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" })

/** Hooks that print the URL of each module that is loaded. They run in a thread of their own. */
const hooks = `export const load = (url, context, next) => { process._rawDebug(url); return next(url, context) }`
const asUrl = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`
const register = asUrl(`import { register } from "node:module"; register(${JSON.stringify(asUrl(hooks))})`)

const importing = (name: string) => (name === "" ? "" : `await import(${JSON.stringify(name)});`)

/** The URLs of the modules that an import loads. CommonJS modules that others require are listed by their paths. */
const loadedModules = (name: string): ReadonlyArray<string> => {
  const program = `${importing(name)}
    const { createRequire } = await import("node:module")
    for (const path of Object.keys(createRequire(import.meta.url).cache)) process._rawDebug("file://" + path)`
  const { stderr } = spawnSync(process.execPath, ["--import", register, "--input-type=module", "-e", program], {
    cwd: root,
    encoding: "utf8"
  })
  return [...new Set(stderr.split("\n").filter((line) => line.startsWith("file://")))]
}

/** The time from the start of a process to the end of its import, and its CPU time, in milliseconds. */
const load = (name: string): { readonly time: number; readonly cpu: number } => {
  const report = `const { user, system } = process.cpuUsage(); console.log(JSON.stringify({ time: performance.now(), cpu: (user + system) / 1000 }))`
  // The program prints an object of this type.
  return JSON.parse(node("--input-type=module", "-e", `${importing(name)}${report}`)) as ReturnType<typeof load>
}

const loadRows = () => {
  const loads = new Map(modules.map((name) => [name, [] as Array<ReturnType<typeof load>>]))
  const endsAt = performance.now() + rounds.maxSeconds * 1000
  for (let round = 0; round < rounds.most && (round < rounds.least || performance.now() < endsAt); round += 1) {
    console.error(`load: round ${round + 1} of ${rounds.most}`)
    for (const name of round % 2 === 0 ? modules : modules.toReversed()) loads.get(name)!.push(load(name))
  }
  const added = (name: string, other: string, figure: "time" | "cpu") =>
    summarize(loads.get(name)!.map((load, round) => load[figure] - loads.get(other)![round]![figure]))
  return modules.map((name) => {
    const loaded = loadedModules(name)
    const time = added(name, "", "time")
    return {
      import: name === "" ? "(nothing)" : name,
      "ms to load": round(summarize(loads.get(name)!.map(({ time }) => time)).median),
      "added, ms": round(time.median),
      "±": round(time.spread),
      "added CPU, ms": round(added(name, "", "cpu").median),
      "added to effect, ms": round(added(name, "effect", "time").median),
      modules: loaded.length,
      "of fast-check": loaded.filter((url) => url.includes("/node_modules/fast-check/")).length
    }
  })
}

const sizeRows = async () => {
  const rows = []
  for (const { name, platform = "browser", text: program } of programs) {
    const { modules, text } = await bundle(root, program, { platform })
    rows.push({
      program: name,
      "gzipped, KiB": round(gzippedKibibytes(text)),
      "minified, KiB": round(text.length / 1024),
      modules: modules.length
    })
  }
  return rows
}

export const size: Bench = {
  name: "size",
  about: "sizes of bundled programs that make one call, and the time to load modules; builds the package",
  requirement: "none here: npm run package:check has limits for sizes",
  run: async () => {
    console.error("size: building the package")
    execFileSync("npm", ["run", "build"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] })
    return { tables: { bundles: await sizeRows(), "time to load": loadRows() }, missed: [] }
  }
}
