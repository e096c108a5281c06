import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

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
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => fork(fileURLToPath(script), args, { execArgv: ["--import", "tsx"] })),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
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
