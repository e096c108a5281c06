/** Bundles of programs as users make them, and the programs whose sizes are measured. */
import { parse, relative } from "node:path"
import { gzipSync } from "node:zlib"
import { build, type BuildOptions, type Plugin } from "esbuild"

/** Options of `bundle`. */
export interface BundleOptions {
  /** Leaves out packages, and modules that are imported on demand. Default: false. */
  readonly external?: boolean
  /** Default: browser. */
  readonly platform?: "browser" | "node"
}

const leaveOutOnDemand: Plugin = {
  name: "leave out modules that are imported on demand",
  setup: (build) =>
    build.onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === "dynamic-import" ? { path, external: true } : undefined
    )
}

const common = {
  bundle: true,
  // Entry points for Node import these.
  external: ["node:*", "cli-progress", "ioredis", "libsql"],
  format: "esm",
  logLevel: "silent",
  minify: true,
  outdir: "bundle",
  target: "es2022",
  // Without the paths of this project, which name the sources.
  tsconfigRaw: "{}",
  write: false
} as const satisfies BuildOptions

/**
 * Bundles a program, whose imports are resolved from a folder. Returns the part that is loaded at its start, and the bytes of each module
 * in it. Modules that are imported on demand are files of their own.
 */
export const bundle = async (
  resolveDir: string,
  program: string,
  { external = false, platform = "browser" }: BundleOptions = {}
) => {
  const { metafile, outputFiles } = await build({
    ...common,
    stdin: { contents: program, resolveDir },
    metafile: true,
    packages: external ? "external" : "bundle",
    plugins: external ? [leaveOutOnDemand] : [],
    platform,
    splitting: true
  })
  const atStart = new Set<string>()
  const addAtStart = (path: string) => {
    atStart.add(path)
    for (const { kind, path: imported } of metafile.outputs[path]?.imports ?? []) {
      if (kind === "import-statement" && !atStart.has(imported)) addAtStart(imported)
    }
  }
  addAtStart("bundle/stdin.js")
  const text = outputFiles
    .filter(({ path }) => atStart.has(relative(process.cwd(), path)))
    .map((file) => file.text)
    .join("")
  const modules = [...atStart].flatMap((path) =>
    Object.entries(metafile.outputs[path]?.inputs ?? {}).map(
      ([input, { bytesInOutput }]) => [input, bytesInOutput] as const
    )
  )
  return { text, modules: modules.filter(([, bytes]) => bytes > 0) }
}

/** Bundles each of these programs, with the modules that it imports on demand. Much faster than one after the other. */
export const bundleEach = async (
  resolveDir: string,
  programs: ReadonlyArray<string>
): Promise<ReadonlyArray<string>> => {
  const loadPrograms: Plugin = {
    name: "load the programs",
    setup: (build) => {
      build.onResolve({ filter: /^program:/ }, ({ path }) => ({ path, namespace: "program" }))
      build.onLoad({ filter: /./, namespace: "program" }, ({ path }) => ({
        contents: programs[Number(path.slice("program:".length))]!,
        resolveDir
      }))
    }
  }
  const { outputFiles } = await build({
    ...common,
    entryPoints: programs.map((_, index) => ({ in: `program:${index}`, out: String(index) })),
    plugins: [loadPrograms],
    splitting: false
  })
  const texts = new Map(outputFiles.map(({ path, text }) => [Number(parse(path).name), text]))
  return programs.map((_, index) => texts.get(index)!)
}

/** The size of a text after gzip, in KiB. */
export const gzippedKibibytes = (text: string): number => gzipSync(text, { level: 9 }).length / 1024

/** A program with one operation of its own API, which is all that it uses. */
export const oneOperation = `
import * as Schema from "effect/Schema"
import { Authoriser, Endpoint, Operation } from "effect-herald"

class Weather extends Authoriser.Tag("app/Weather")() {}
globalThis.getForecast = Operation.make(Weather, () =>
  Endpoint.get("/forecast/{city}", { success: Schema.Struct({ celsius: Schema.Number }) })
)
`

/** The same program, run with the fetch client. */
export const oneCall = `${oneOperation}
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"

globalThis.program = globalThis.getForecast({ city: "Oslo" }).pipe(
  Effect.provide(Weather.layer({ baseUrl: "https://weather.example" })),
  Effect.provide(FetchHttpClient.layer)
)
`
