/**
 * Checks the package as users install it. Packs it, installs it into a new project together with Effect, and then imports,
 * type-checks, runs and bundles it. Needs a build.
 */
import { execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { asInstalled } from "./asInstalled.js"
import {
  bundle as bundleIn,
  bundleEach,
  type BundleOptions,
  gzippedKibibytes,
  oneCall,
  oneOperation
} from "./bundle.js"

const read = (path: string) => readFileSync(path, "utf8")
const manifest = JSON.parse(read("package.json")) as {
  readonly name: string
  readonly exports: Record<string, unknown>
}
const entries = Object.keys(manifest.exports)
  .filter((key) => !key.endsWith(".json"))
  .map((key) => manifest.name + key.slice(1))

/** The entry points that need an optional peer, with the peer. npm does not install optional peers by itself. */
const optionalPeers: Readonly<Record<string, string>> = {
  [`${manifest.name}/sqlite`]: "libsql",
  [`${manifest.name}/rate-limit`]: "@effect/experimental",
  [`${manifest.name}/redis`]: "ioredis",
  [`${manifest.name}/terminal`]: "cli-progress"
}

const command = "effect-herald-cli"

const project = mkdtempSync(join(tmpdir(), `${manifest.name}-`))
const installed = join(project, "node_modules", manifest.name)

const run = (command: string, args: ReadonlyArray<string>, cwd?: string) => {
  try {
    return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })
  } catch (error) {
    const { stderr = "", stdout = "" } = error as { readonly stderr?: string; readonly stdout?: string }
    throw new Error(`${command} ${args.join(" ")}\n${stdout}${stderr}`, { cause: error })
  }
}
const expect = (condition: boolean, failure: string) => {
  if (!condition) throw new Error(failure)
}
const passed = (check: string) => console.log(`ok  ${check}`)

const bundle = (program: string, options: BundleOptions = {}) => bundleIn(project, program, options)

interface Packed {
  readonly filename: string
  readonly files: ReadonlyArray<{ readonly path: string }>
}

const pack = (workspace: string): Packed => {
  const args = ["pack", "--json", "--ignore-scripts", "--workspace", workspace, "--pack-destination", project]
  const [packed] = JSON.parse(run("npm", args)) as [Packed]
  return packed
}

const packAndInstall = () => {
  const packed = pack(manifest.name)
  const strays = packed.files.map(({ path }) => path).filter((path) => !/^(dist\/.+(\.js|\.d\.ts)|[^/]+)$/.test(path))
  expect(strays.length === 0, `the package holds ${strays.join(", ")}`)
  for (const workspace of [manifest.name, command]) {
    run("npm", ["publish", "--dry-run", "--ignore-scripts", "--workspace", workspace])
    passed(`npm would publish ${workspace}`)
  }

  const tarball = join(project, packed.filename)
  run("publint", ["run", tarball, "--strict"])
  run("attw", [tarball, "--profile", "esm-only"])
  passed("publint and are-the-types-wrong find nothing")

  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }))
  const peers = ["effect", "@effect/platform", "typescript"].map(asInstalled)
  install([tarball, ...peers])
  passed(`installs beside ${peers.join(", ")}`)
}

const install = (packages: ReadonlyArray<string>) =>
  run(
    "npm",
    ["install", "--save-exact", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", ...packages],
    project
  )

/** Checks that without the optional peers only their entry points fail to load. Then installs the optional peers. */
const installOptional = () => {
  for (const entry of entries) {
    const optional = optionalPeers[entry]
    let missed = ""
    try {
      exportsOf(entry)
    } catch (error) {
      missed = error instanceof Error ? error.message : ""
    }
    expect(
      optional === undefined ? missed === "" : missed.includes(`Cannot find package '${optional}'`),
      `${entry}, without any optional peer: ${missed || "loads"}`
    )
  }
  const optional = [...new Set(Object.values(optionalPeers))].map(asInstalled)
  // The types of ioredis refer to those of Node.
  install([...optional, asInstalled("@types/node")])
  passed(`no entry but ${Object.keys(optionalPeers).join(", ")} needs ${optional.join(", ")}`)
}

/** A document with one operation. */
const pets = {
  openapi: "3.1.0",
  info: { title: "Pets", version: "1.0.0" },
  paths: {
    "/pets/{id}": {
      get: {
        tags: ["pets"],
        operationId: "getPet",
        parameters: [{ name: "id", in: "path", required: true, schema: { type: "integer" } }],
        responses: { 200: { description: "", content: { "application/json": { schema: { type: "object" } } } } }
      }
    }
  }
}

/** Checks that the command runs where it is installed beside the library, and generates a client that compiles. */
const installCommand = () => {
  const { filename, files } = pack(command)
  const strays = files.map(({ path }) => path).filter((path) => !/^(dist\/.+\.js|package\.json)$/.test(path))
  expect(strays.length === 0, `the package of the command holds ${strays.join(", ")}`)
  install([join(project, filename)])
  const herald = (...args: ReadonlyArray<string>) => run(join("node_modules", ".bin", "herald"), args, project)
  writeFileSync(join(project, "pets.json"), JSON.stringify(pets))
  expect(/^\d+\.\d+\.\d+\n$/.test(herald("--version")), "herald --version prints no version")
  expect(herald("list", "pets", "--spec", "pets.json").includes("getPet"), "herald list does not list getPet")
  const request = herald(
    "call",
    "pets",
    "getPet",
    "7",
    "--spec",
    "pets.json",
    "--base-url",
    "https://pets.example",
    "--dry-run"
  )
  expect(request.startsWith("curl https://pets.example/pets/7"), `herald call prints ${request}`)
  herald("generate", "--spec", "pets.json", "--out", join("programs", "pets"))
  passed(`${command} runs where it is installed, and generates a client`)
}

const exportsOf = (entry: string) =>
  run("node", ["-e", `import("${entry}").then((all) => console.log(Object.keys(all).join()))`], project)
    .trim()
    .split(",")

const importAll = () => {
  for (const entry of entries) passed(`node imports ${entry}: ${exportsOf(entry).length} exports`)
  run("node", ["-e", `require("${manifest.name}/package.json")`], project)
}

const copyPrograms = () => {
  cpSync("test/package", join(project, "programs"), { recursive: true })
  cpSync("examples/browser", join(project, "explorer"), { recursive: true })
  for (const [index, entry] of entries.entries()) {
    writeFileSync(join(project, "programs", `entry${index}.ts`), `export * as everything from "${entry}"\n`)
  }
}

const typeCheckAndRun = () => {
  const compilerOptions = { lib: ["ES2023", "DOM", "DOM.Iterable"], outDir: "out", rootDir: "programs", strict: true }
  for (const [module, moduleResolution] of [
    ["ESNext", "bundler"],
    ["NodeNext", "NodeNext"]
  ]) {
    writeFileSync(
      join(project, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          ...compilerOptions,
          module,
          moduleResolution,
          skipLibCheck: false,
          target: "ES2022",
          types: []
        },
        include: ["programs"]
      })
    )
    run("tsc", ["-p", project])
    passed(`its types compile as ${module} with skipLibCheck off`)
  }
  for (const program of readdirSync("test/package")) {
    run("node", [join("out", program.replace(/\.ts$/, ".js"))], project)
    passed(`test/package/${program} runs`)
  }
}

interface DeclaredEndpoint {
  readonly name: string
  readonly path: string
}

/** The endpoints that the modules of a folder declare. */
const endpointsOf = (folder: string): ReadonlyArray<DeclaredEndpoint> =>
  readdirSync(folder).flatMap((file) =>
    Array.from(read(join(folder, file)).matchAll(/Endpoint\.\w+\(\s*"([^"]+)",\s*\{\s*name: "([^"]+)"/g)).map(
      ([, path = "", name = ""]) => ({ name, path })
    )
  )

/** Bundles each export of an entry point, in each of the two ways to import it. */
const bundleExports = async (entry: string) => {
  const names = exportsOf(entry)
  const bundled = await bundleEach(
    project,
    names.flatMap((name) => [
      `import { ${name} } from "${entry}"; globalThis.kept = ${name}`,
      `import * as Api from "${entry}"; globalThis.kept = Api.${name}`
    ])
  )
  return names.map((name, index) => ({ name, alone: bundled[index * 2]!, asProperty: bundled[index * 2 + 1]! }))
}

/** Checks that the bundle of each export of an API contains at most one endpoint. */
const bundleOneByOne = async (api: string, entry: string) => {
  const folder = join("services", api, "endpoints")
  if (!existsSync(folder)) return
  const endpoints = endpointsOf(folder)
  const endpointsIn = (text: string) =>
    endpoints.filter(({ name }) => [`"${name}"`, `'${name}'`, `\`${name}\``].some((quoted) => text.includes(quoted)))

  const used = new Set<string>()
  for (const { alone, asProperty, name } of await bundleExports(entry)) {
    const present = endpointsIn(alone)
    expect(present.length <= 1, `${name} alone bundles ${present.map((endpoint) => endpoint.name).join(", ")}`)
    for (const endpoint of present) {
      used.add(endpoint.name)
      const strays = endpoints.filter(({ path }) => path !== endpoint.path && alone.includes(`"${path}"`))
      expect(strays.length === 0, `${name} alone bundles ${strays.map(({ path }) => path).join(", ")}`)
      // The sizes may differ a little: a bundler chooses other names and another order.
      const isAsSmall = name !== endpoint.name || asProperty.length < alone.length * 1.001
      expect(isAsSmall, `${name} costs more when it is used as Api.${name}`)
    }
  }
  const unseen = endpoints.filter(({ name }) => !used.has(name)).map(({ name }) => name)
  expect(used.size > 0 && unseen.length === 0, `no export of ${entry} uses ${unseen.join(", ") || "any endpoint"}`)
  passed(`each export of ${entry} bundles without the others' endpoints (${endpoints.length} endpoints)`)
}

const bundleUnused = async () => {
  for (const program of entries.flatMap((entry) => [`import "${entry}"`, `import * as unused from "${entry}"`])) {
    const { text } = await bundle(program)
    expect(text.trim() === "", `\`${program}\` is not free: ${text.slice(0, 2000)}`)
  }
  passed("unused imports add nothing to a bundle")
}

/**
 * Checks the size of the statements that a bundler keeps in every bundle that uses a module. `sideEffects: false` lets a bundler drop
 * unused modules. Of a used module it drops unused statements if they are marked as pure, which the build does. An operation or a
 * schema among the remaining statements would be in every bundle.
 */
const bundleModules = async (limit: number) => {
  const path = join(installed, "package.json")
  const before = read(path)
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(before) as object), sideEffects: true }))
  const modules = ["src", "schemas", "services"].flatMap((folder) =>
    readdirSync(join(installed, "dist", folder), { recursive: true, encoding: "utf8" })
      // `decompress` is only ever imported on demand.
      .filter((name) => name.endsWith(".js") && !name.endsWith("decompress.js"))
      .map((name) => join(installed, "dist", folder, name))
  )
  const { text } = await bundle(modules.map((name) => `import ${JSON.stringify(name)}`).join("\n"), { external: true })
  writeFileSync(path, before)
  const left = text.replace(/import\s*(?:[\w*{][^"]*from\s*)?"[^"]+";?/g, "").trim()
  expect(left.length <= limit, `${left.length} bytes of impure statements, more than ${limit}:\n${left}`)
  passed(`${left.length} bytes of statements that a bundler can't drop from used modules`)
}

/**
 * Limits of the code of this library that each entry point brings, with all of its exports used, in KiB after minification and gzip.
 * Code of dependencies and of Effect is not counted. A limit is a little above the size, so that a change that adds much is seen.
 */
const entryLimits: Readonly<Record<string, number>> = {
  "effect-herald": 63,
  "effect-herald/polympics": 49,
  "effect-herald/polympics/testing": 28,
  "effect-herald/civis": 89,
  "effect-herald/site": 71,
  "effect-herald/decoder": 4,
  "effect-herald/descriptor": 52,
  "effect-herald/diagram": 7.7,
  "effect-herald/spec": 88,
  "effect-herald/spec/tools": 31,
  "effect-herald/http-api": 43,
  "effect-herald/log": 45,
  "effect-herald/cache": 13,
  "effect-herald/oauth": 63,
  "effect-herald/rate-limit": 2,
  "effect-herald/node": 73,
  "effect-herald/testing": 60,
  "effect-herald/testing/node": 16,
  "effect-herald/redis": 15,
  "effect-herald/sqlite": 2,
  "effect-herald/terminal": 3,
  "effect-herald/streams": 39
}

const measureEntries = async () => {
  for (const entry of entries) {
    const { import: path } = manifest.exports[`.${entry.slice(manifest.name.length)}`] as { readonly import: string }
    const program = `import * as all from ${JSON.stringify(join(installed, path))}; globalThis.kept = all`
    const { text } = await bundle(program, { external: true })
    const limit = entryLimits[entry]
    const size = gzippedKibibytes(text)
    expect(limit !== undefined, `${entry}: ${size.toFixed(1)} KiB gzipped, and entryLimits has no limit for it`)
    expect(size <= limit!, `${entry}: ${size.toFixed(1)} KiB gzipped, over ${limit}`)
    passed(`${entry}: ${size.toFixed(1)} KiB gzipped of its own code, at most ${limit}`)
  }
}

/** Checks the size of a bundled program, in KiB after minification and gzip. */
const measure = async (what: string, program: string, limit: number) => {
  const { modules, text } = await bundle(program)
  const own = modules.filter(([path]) => path.includes(`/${manifest.name}/`)).reduce((sum, [, bytes]) => sum + bytes, 0)
  const size = gzippedKibibytes(text)
  expect(size <= limit, `${what}: ${size.toFixed(2)} KiB gzipped, over ${limit}`)
  passed(`${what}: ${size.toFixed(2)} KiB gzipped, ${text.length} bytes minified, ${own} of them this library's`)
}

try {
  packAndInstall()
  installOptional()
  importAll()
  copyPrograms()
  installCommand()
  typeCheckAndRun()
  for (const api of readdirSync("services")) {
    await bundleOneByOne(api, `${manifest.name}/${api}`)
  }
  await bundleUnused()
  await bundleModules(700)
  await measureEntries()
  // 1.4 KiB of each are the steps of a call, its events and its waits, which every call records for its error, span and metrics.
  await measure("one operation", oneOperation, 115)
  await measure("one operation, its layer and the fetch client", oneCall, 117)
  await measure("the page of examples/browser", 'import "./explorer/main.ts"', 157)
} catch (error) {
  console.error(error instanceof Error ? `FAILED  ${error.message}` : error)
  process.exitCode = 1
} finally {
  rmSync(project, { recursive: true, force: true })
}
