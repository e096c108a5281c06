import type * as HttpClient from "@effect/platform/HttpClient"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Transport } from "effect-herald/node"
import { exitCodes } from "./exitCodes.js"
import { Failure } from "./Failure.js"
import type { Invocation } from "./Invocation.js"

/**
 * Runs an effect with a client for the network. Its logs are warnings of the command. Rejects with its failure, or with a `Failure`
 * where it is the document that can't be read.
 */
export const run = async <A, E>(
  effect: Effect.Effect<A, E, HttpClient.HttpClient>,
  { io, warn }: Pick<Invocation, "io" | "warn">
): Promise<A> => {
  const logged: Array<Promise<void>> = []
  const logger = Logger.make<unknown, void>(({ message }) => {
    const texts = Array.isArray(message) ? message : [message]
    logged.push(warn(texts.map(String).join(" ")))
  })
  const exit = await Effect.runPromiseExit(
    effect.pipe(Effect.provide(Layer.merge(Transport.layer(), Logger.replace(Logger.defaultLogger, logger)))),
    { signal: io.signal }
  )
  await Promise.all(logged)
  if (Exit.isSuccess(exit)) return exit.value
  throw toFailure(Cause.squash(exit.cause))
}

/** Converts the errors that effects fail with. Returns other values, such as those that `call` explains, as they are. */
const toFailure = (error: unknown): unknown => {
  if (typeof error !== "object" || error === null || !("_tag" in error)) return error
  const { _tag, column, line, message, problems, source } = error as {
    readonly _tag: unknown
    readonly message?: unknown
    readonly source?: unknown
    readonly line?: unknown
    readonly column?: unknown
    readonly problems?: ReadonlyArray<{ readonly pointer: string; readonly message: string }>
  }
  if (_tag === "GeneratedFilesError") return new Failure(exitCodes.failed, `${String(message)}.`)
  if (_tag !== "DocumentError" && _tag !== "OverlayError") return error
  const place = [source, line, column].filter((part) => part !== undefined).join(":")
  const text = String(message)
  return new Failure(
    exitCodes.document,
    place === "" || (typeof source === "string" && text.includes(source)) ? text : `${place}: ${text}`,
    (problems ?? []).slice(0, 10).map(({ message, pointer }) => `${pointer}: ${message}`)
  )
}
