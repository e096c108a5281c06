import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as Log from "effect-herald/log"

/** A `send` that records its batches, and does with each what `outcome` says. */
export const recording = <E = never>(
  outcome: (records: ReadonlyArray<Log.LogRecord>, index: number) => Effect.Effect<unknown, E> = () => Effect.void
) => {
  const batches: Array<ReadonlyArray<Log.LogRecord>> = []
  return {
    batches,
    records: () => batches.flat(),
    messages: () => batches.flat().map(({ message }) => message),
    send: (records: ReadonlyArray<Log.LogRecord>) => Effect.suspend(() => outcome(records, batches.push(records) - 1))
  }
}

/** A layer with a console that records the lines written to its `error`, and no other loggers than those added later. */
export const recordedConsole = () => {
  const lines: Array<string> = []
  const unsafe = { ...globalThis.console, error: (line: string) => void lines.push(line) }
  // The shipper writes by the unsafe part only.
  const service = { [Console.TypeId]: Console.TypeId, unsafe } as unknown as Console.Console
  return { lines, layer: Layer.merge(Console.setConsole(service), Logger.remove(Logger.defaultLogger)) }
}

/** The texts `record 0`, `record 1` and so on. */
export const numbered = (from: number, to: number): ReadonlyArray<string> =>
  Array.from({ length: to - from }, (_, index) => `record ${from + index}`)

/** Logs `record 0`, `record 1` and so on. */
export const logNumbered = (from: number, to: number): Effect.Effect<void> =>
  Effect.forEach(numbered(from, to), (text) => Effect.log(text), { discard: true })

/** Checks that the counts add up. */
export const sum = ({ dropped, failed, queued, shipped }: Log.Stats): number => dropped + failed + queued + shipped
