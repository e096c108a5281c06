import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

/** A script in a process of its own, which has said that it is ready. */
export interface Child {
  readonly pid: string
  readonly tell: (word: string) => Effect.Effect<void>
  /** Tells a word; gives what the script says next. */
  readonly ask: (word: string) => Effect.Effect<unknown>
  /** Waits for its end, and gives its exit code. */
  readonly exit: Effect.Effect<number | null>
}

/** Starts a script and waits for its first word. It is killed when the scope closes. */
export const start = (script: URL, args: ReadonlyArray<string>): Effect.Effect<Child, never, Scope.Scope> =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => fork(fileURLToPath(script), args, { execArgv: ["--import", "tsx"] })),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    const exit = once(child, "exit").then(([code]) => code as number | null)
    const message = async () => {
      const ended = exit.then((code) => Promise.reject(new Error(`it ended: ${code}`)))
      const [said] = (await Promise.race([once(child, "message"), ended])) as [unknown]
      return said
    }
    yield* Effect.promise(message)
    return {
      pid: `${child.pid}`,
      tell: (word) => Effect.sync(() => void child.send(word)),
      ask: (word) =>
        Effect.promise(() => {
          const said = message()
          child.send(word)
          return said
        }),
      exit: Effect.promise(() => exit)
    }
  })
