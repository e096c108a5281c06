import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { build } from "esbuild"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/**
 * Starts a script in a process of its own, which is killed when the scope closes. The script is bundled: a process loads one file in a
 * fraction of the time that hundreds of modules take.
 */
export const forkScript = (script: URL, args: ReadonlyArray<string>): Effect.Effect<ChildProcess, never, Scope.Scope> =>
  Effect.gen(function* () {
    const directory = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "effect-herald-process-"))),
      (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
    )
    const outfile = join(directory, "process.mjs")
    yield* Effect.promise(() =>
      build({
        entryPoints: [fileURLToPath(script)],
        outfile,
        bundle: true,
        platform: "node",
        format: "esm",
        // Packages in CommonJS require modules of Node.
        banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url)' },
        logLevel: "error"
      })
    )
    return yield* Effect.acquireRelease(
      Effect.sync(() => fork(outfile, args)),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
  })

/** A script in a process of its own, which is ready. */
export interface Child {
  readonly pid: string
  /** Sends a message. */
  readonly tell: (word: string) => Effect.Effect<void>
  /** Sends a message, and returns the next one from the script. */
  readonly ask: (word: string) => Effect.Effect<unknown>
  /** Waits for the end of the process, and returns its exit code. */
  readonly exit: Effect.Effect<number | null>
}

/** Starts a script and waits for its first message. The process is killed when the scope closes. */
export const start = (script: URL, args: ReadonlyArray<string>): Effect.Effect<Child, never, Scope.Scope> =>
  Effect.gen(function* () {
    const child = yield* forkScript(script, args)
    const exit = once(child, "exit").then(([code]) => code as number | null)
    const message = async () => {
      const ended = exit.then((code) => Promise.reject(new Error(`the process ended: ${code}`)))
      const [received] = (await Promise.race([once(child, "message"), ended])) as [unknown]
      return received
    }
    yield* Effect.promise(message)
    return {
      pid: `${child.pid}`,
      tell: (word) => Effect.sync(() => void child.send(word)),
      ask: (word) =>
        Effect.promise(() => {
          const response = message()
          child.send(word)
          return response
        }),
      exit: Effect.promise(() => exit)
    }
  })
