import { Cause, Chunk, Duration, Effect, HashMap, Layer, Logger, LogLevel, ManagedRuntime } from "effect"
import { join } from "node:path"
import { Authoriser, Verbs } from "effect-herald"
import { SqliteLogStore } from "effect-herald/sqlite"
import * as Log from "effect-herald/log"
import { Transport } from "effect-herald/node"
import { pino } from "pino"
import { request } from "undici"
import { reference } from "./logPlan.js"

/** A record to log. Every tenth has an error. */
export interface Entry {
  readonly text: string
  readonly error: Error | undefined
}

/** One way to log. */
export interface LogContender {
  readonly name: string
  /** True if all records of a burst are sent before the next one is logged. */
  readonly idle: boolean
  /** Returns a function that logs a burst of records and returns when the last log call has returned. */
  readonly prepare: (entries: ReadonlyArray<Entry>) => () => void
  /** Waits until all records are sent. */
  readonly flush: () => Promise<unknown>
}

class Api extends Authoriser.Tag("bench/Logs")<Api>() {}

const { post } = Verbs.make(Api)

/** The annotations of all records of a burst, and the label of their span. */
const annotations = { userId: "900719925474099301", requestId: "01JDS3M1V8Y8Z7T1V2Q3R4S5T6" }
const span = "request"

const logEntry = ({ error, text }: Entry) =>
  error === undefined ? Effect.logInfo(text) : Effect.logError(text, Cause.fail(error))

/** The program of a burst. */
const burst = (entries: ReadonlyArray<Entry>) =>
  Effect.forEach(entries, logEntry, { discard: true }).pipe(Effect.annotateLogs(annotations), Effect.withLogSpan(span))

/** A program that logs by Effect, with the loggers of a layer. */
const effectLogger = <R>(
  name: string,
  layer: Layer.Layer<R>,
  flush: Effect.Effect<unknown, never, R> = Effect.void,
  idle = false
): LogContender => {
  const runtime = ManagedRuntime.make(layer)
  return {
    name,
    idle,
    prepare: (entries) => {
      const program = burst(entries)
      return () => runtime.runSync(program)
    },
    flush: () => runtime.runPromise(flush)
  }
}

/** A layer with a logger in place of the default one. */
const only = (logger: Logger.Logger<unknown, unknown>) => Logger.replace(Logger.defaultLogger, logger)

const withoutLogger = Logger.remove(Logger.defaultLogger)

/** Receives lines, and keeps the last one, so that no compiler can leave out how it was made. */
const sink: { last?: string } = {}

/** Effect's own way to ship records: batches by time. It is started by a layer, and its flush is this function's. */
const batched = (url: string): LogContender => {
  let waiting: Array<string> = []
  const send = Effect.promise(async () => {
    const lines = waiting
    waiting = []
    if (lines.length === 0) return
    const headers = { "content-type": "application/json" }
    const { body } = await request(url, { method: "POST", headers, body: `[${lines.join(",")}]` })
    await body.dump()
  })
  const logger = Logger.batched(Logger.jsonLogger, Duration.millis(20), (lines) => {
    waiting.push(...lines)
    return send
  })
  return effectLogger(
    "Effect's Logger.batched of jsonLogger",
    Layer.unwrapScoped(Effect.map(logger, only)),
    Effect.zipRight(Effect.sleep("25 millis"), send)
  )
}

/** The options of a shipper, and whether it sends while the program logs. */
interface HeraldOptions {
  readonly batch?: Log.Options<unknown, unknown>["batch"]
  readonly store?: Layer.Layer<Log.Store, SqliteLogStore.LogStoreFailure>
  readonly idle?: boolean
}

const herald = (name: string, url: string, { batch, idle = false, store }: HeraldOptions): LogContender => {
  const shipper = Log.layer({ send: (records) => post("/logs", { json: records }), batch }).pipe(
    Layer.provide(Api.layer({ baseUrl: url })),
    Layer.provide(Transport.layer())
  )
  const layer = store === undefined ? shipper : Layer.provide(shipper, store)
  return effectLogger(
    `effect-herald, ${name}`,
    Layer.merge(Layer.orDie(layer), withoutLogger),
    Effect.flatMap(Log.Shipper, ({ flush }) => flush),
    idle
  )
}

const toPino = (target: string, url: string) => {
  const logger = pino({ level: "debug" }, pino.transport({ target, options: { url } }))
  const flush = () =>
    new Promise<void>((resolve, reject) => logger.flush((error) => (error === undefined ? resolve() : reject(error))))
  return { logger, flush }
}

/** pino, called by a program without Effect. */
const pinoAlone = (target: string, url: string): LogContender => {
  const { flush, logger } = toPino(target, url)
  return {
    name: "pino, HTTP transport",
    idle: false,
    prepare: (entries) => () => {
      const child = logger.child(annotations)
      const begun = Date.now()
      for (const { error, text } of entries) {
        const spans = { [span]: Date.now() - begun }
        if (error === undefined) child.info({ spans }, text)
        else child.error({ spans, err: error }, text)
      }
    },
    flush
  }
}

/** pino as a logger of Effect. */
const pinoUnderEffect = (target: string, url: string): LogContender => {
  const { flush, logger } = toPino(target, url)
  const toPinoLogger = Logger.make(({ annotations, cause, date, logLevel, message, spans }) => {
    const fields: Record<string, unknown> = Object.fromEntries(HashMap.toEntries(annotations))
    const now = date.getTime()
    fields["spans"] = Object.fromEntries(Array.from(spans, ({ label, startTime }) => [label, now - startTime]))
    const [error] = Chunk.toReadonlyArray(Cause.failures(cause))
    if (error !== undefined) fields["err"] = error
    const [text] = message as [string]
    if (logLevel === LogLevel.Error) logger.error(fields, text)
    else logger.info(fields, text)
  })
  return effectLogger("pino, HTTP transport, as a logger of Effect", only(toPinoLogger), Effect.promise(flush))
}

/** The contenders. `pinoTarget` is the path of the compiled target of pino, and `directory` that of the disk queue. */
export const contenders = (url: string, pinoTarget: string, directory: string): ReadonlyArray<LogContender> => [
  effectLogger(reference, only(Logger.map(Logger.jsonLogger, (line) => (sink.last = line)))),
  effectLogger("no logger", withoutLogger),
  batched(`${url}/logs`),
  pinoAlone(pinoTarget, `${url}/logs`),
  pinoUnderEffect(pinoTarget, `${url}/logs`),
  herald("batches, idle", url, { batch: {}, idle: true }),
  herald("batches, sending", url, { batch: { within: "10 millis" } }),
  herald("one by one, idle", url, { idle: true }),
  herald("one by one, sending", url, {}),
  herald("batches, sending, disk queue", url, {
    batch: { within: "10 millis" },
    store: SqliteLogStore.layer({ file: join(directory, "logs.db") })
  })
]
