import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { build } from "esbuild"
import { type ChildProcess, fork, type ForkOptions } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/**
 * Makes one file of a script, which is removed when the scope closes: a process loads it in a fraction of the time that hundreds of modules
 * take.
 */
export const bundleScript = (script: URL): Effect.Effect<string, never, Scope.Scope> =>
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
        // It finds its native part beside itself.
        plugins: [
          {
            name: "libsql",
            setup: (bundler) =>
              bundler.onResolve({ filter: /^libsql$/ }, () => ({
                path: createRequire(import.meta.url).resolve("libsql"),
                external: true
              }))
          }
        ],
        logLevel: "error"
      })
    )
    return outfile
  })

/** Starts the file of a script in a process of its own, which is killed when the scope closes. */
export const forkBundle = (
  file: string,
  args: ReadonlyArray<string>,
  options: ForkOptions = {}
): Effect.Effect<ChildProcess, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => fork(file, args, options)),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

/** Starts a script in a process of its own, which is killed when the scope closes. */
export const forkScript = (script: URL, args: ReadonlyArray<string>): Effect.Effect<ChildProcess, never, Scope.Scope> =>
  Effect.flatMap(bundleScript(script), (file) => forkBundle(file, args))

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
    // Other than `exit`, `close` comes after the last message.
    const exit = once(child, "close").then(([code]) => code as number | null)
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
