import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { build } from "esbuild"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { directory } from "./support.js"

/**
 * Bundles the command into a directory, with an executable `herald`, and returns the directory, for the PATH. A process loads few files in
 * a fraction of the time that hundreds of modules take.
 */
export const command: Effect.Effect<string, never, Scope.Scope> = Effect.gen(function* () {
  const folder = yield* directory
  const dist = join(folder, "dist")
  yield* Effect.promise(() =>
    build({
      entryPoints: [fileURLToPath(new URL("../../cli/src/bin.ts", import.meta.url))],
      outdir: dist,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      splitting: true,
      platform: "node",
      format: "esm",
      // A module in CommonJS that is imported on demand has its exports under `default` only, if it is bundled.
      external: ["undici"],
      // Packages in CommonJS require modules of Node.
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url)' },
      logLevel: "error"
    })
  )
  symlinkSync(fileURLToPath(new URL("../../node_modules", import.meta.url)), join(folder, "node_modules"))
  writeFileSync(join(folder, "package.json"), JSON.stringify({ version: "1.2.3" }))
  const bin = join(folder, "bin")
  mkdirSync(bin)
  const script = join(bin, "herald")
  writeFileSync(script, `#!/bin/sh\nexec '${process.execPath}' '${join(dist, "bin.mjs")}' "$@"\n`)
  chmodSync(script, 0o755)
  return bin
})

/** What a process printed, and how it ended. */
export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A process that runs. */
export interface Running {
  readonly ended: Effect.Effect<Ended>
  readonly kill: (signal: NodeJS.Signals) => void
}

/** Starts a program with the command in its PATH. It is killed when the scope closes. */
export const start = (
  bin: string,
  program: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(program, args, {
          stdio: ["ignore", "pipe", "pipe"],
          env: { PATH: `${bin}:${process.env["PATH"] ?? ""}`, HOME: join(bin, ".."), ...env }
        })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    const pieces = { out: "", err: "" }
    child.stdout.setEncoding("utf8").on("data", (piece: string) => (pieces.out += piece))
    child.stderr.setEncoding("utf8").on("data", (piece: string) => (pieces.err += piece))
    const closed = once(child, "close").then(([code]) => ({ code: code as number | null, ...pieces }))
    return {
      ended: Effect.promise(() => closed),
      kill: (signal) => void child.kill(signal)
    }
  })

/** Runs a program with the command in its PATH, to its end. */
export const run = (...args: Parameters<typeof start>): Effect.Effect<Ended> =>
  Effect.scoped(Effect.flatMap(start(...args), ({ ended }) => ended))
