/**
 * Ships the logs of a program to an API on loopback, which is down for a while. All records arrive, in order, also the one of the last
 * line. Run it with `npx tsx examples/logs.ts`.
 */
import { Effect, Layer, Logger, Redacted, Schedule, Schema } from "effect"
import { Authoriser, Body, Credentials, Endpoint, Operation } from "effect-herald"
import * as Log from "effect-herald/log"
import { Transport } from "effect-herald/node"
import { deepStrictEqual } from "node:assert"
import { createServer } from "node:http"
import { json } from "node:stream/consumers"
import { onLoopback } from "../test/servers/onLoopback.js"
import { heading, line } from "./support/print.js"

// The API that takes the logs.
class Logs extends Authoriser.Tag("example/Logs")<Logs>() {}

const Line = Schema.Struct({ level: Schema.String, text: Schema.String, user: Schema.optional(Schema.String) })

const postLogs = Operation.make(Logs, () =>
  Endpoint.post("/logs", { body: Schema.Array(Line), success: { 204: Body.empty() } })
)

const toLine = ({ annotations, level, message }: Log.LogRecord): typeof Line.Type => ({
  level,
  text: message,
  user: annotations["user"] === undefined ? undefined : String(annotations["user"])
})

// The server. While it is down, it responds with a 503.
const received: Array<typeof Line.Type> = []
let isDown = false

const server = createServer((request, response) => {
  void json(request).then((lines) => {
    const status = isDown ? 503 : request.headers.authorization === "Bearer secret" ? 204 : 401
    // The body is what the client encoded.
    if (status === 204) received.push(...(lines as Array<typeof Line.Type>))
    return response.writeHead(status).end()
  })
})

// The program, which does not know where its logs go.
const program = Effect.gen(function* () {
  yield* Effect.logInfo("started")
  for (const user of ["Alice", "Bob"])
    yield* Effect.logInfo("joined").pipe(Effect.annotateLogs({ user, token: "not shipped" }))
  yield* Effect.logDebug("below the level of the program")
  isDown = true
  yield* Effect.logWarning("the server is down")
  yield* Effect.sleep("150 millis")
  isDown = false
  yield* Effect.logError("the last line")
})

const shipper = Log.layer({
  send: (records) => postLogs({ body: records.map(toLine) }),
  batch: { within: "50 millis" },
  retry: Schedule.spaced("100 millis")
})

const main = Effect.gen(function* () {
  const baseUrl = yield* onLoopback(server)
  const live = shipper.pipe(
    Layer.provide(Logs.layer({ baseUrl, credentials: Credentials.bearer(Redacted.make("secret")) })),
    Layer.provide(Transport.layer()),
    Layer.merge(Logger.remove(Logger.defaultLogger))
  )
  yield* Effect.provide(program, live)
  yield* heading("The server received:")
  for (const { level, text, user } of received) yield* line(`${level.padEnd(8)}${text} ${user ?? ""}`)
  deepStrictEqual(
    received.map(({ text }) => text),
    ["started", "joined", "joined", "the server is down", "the last line"]
  )
})

await main.pipe(Effect.scoped, Effect.runPromise)
