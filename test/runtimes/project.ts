/** A new project with the package as users install it, and the programs of the runtimes in it. */
import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { build } from "esbuild"
import { asInstalled } from "../../tools/asInstalled.js"

const npm = (...args: ReadonlyArray<string>) => promisify(execFile)("npm", args, { encoding: "utf8" })

/** The programs of the runtimes without a file system. */
const bundled = ["page", "worker"]

const prepare = async (folder: string): Promise<void> => {
  const { stdout } = await npm("pack", "--json", "--ignore-scripts", "--pack-destination", folder)
  const [{ filename }] = JSON.parse(stdout) as [{ readonly filename: string }]
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
  await npm(
    "install",
    "--prefix",
    folder,
    "--prefer-offline",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    join(folder, filename),
    asInstalled("effect"),
    asInstalled("@effect/platform")
  )
  const shared = { bundle: true, format: "esm", target: "es2022", tsconfigRaw: "{}" } as const
  // The package and its peers are loaded from where they are installed.
  await build({
    ...shared,
    entryPoints: ["page", "script", "transport", "worker"].map((name) => `test/runtimes/programs/${name}.ts`),
    external: ["effect", "@effect/platform", "effect-herald"],
    outdir: folder,
    platform: "node"
  })
  for (const name of bundled) {
    await build({ ...shared, entryPoints: [join(folder, `${name}.js`)], outfile: join(folder, `${name}.bundle.js`) })
  }
}

/** Makes the project in a temporary folder, which is removed with the scope. Needs a build of the package. */
export const make: Effect.Effect<string, unknown, Scope.Scope> = Effect.tap(
  Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "effect-herald-runtimes-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
  ),
  (folder) => Effect.tryPromise({ try: () => prepare(folder), catch: (cause) => cause })
)
