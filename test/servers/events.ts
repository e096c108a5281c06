import { createSession, EventBuffer } from "better-sse"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { onLoopback } from "./onLoopback.js"

/** A server of numbered events. */
export interface EventServer {
  readonly url: URL
  /** The ids that connections resumed after: 0 for one without an id. */
  readonly resumed: ReadonlyArray<number>
}

/** The number of events that are written at once. */
const batchSize = 500

/** Waits until a response takes more, or is closed. */
const drained = (response: ServerResponse) =>
  new Promise<void>((resolve) => {
    const done = () => {
      response.off("drain", done).off("close", done)
      resolve()
    }
    response.on("drain", done).on("close", done)
  })

/** The share of the events that a connection sends. */
interface Share {
  readonly total: number
  readonly cuts: number
  /** The number of the connection, from 1. */
  readonly connection: number
}

/**
 * Responds, by the package `better-sse`, with the events after that of the request, numbered from 1 to `total`, and with a 204 after the
 * last one. The first `cuts` connections are reset after a share of the events.
 */
export const respondWithEvents = async (
  request: IncomingMessage,
  response: ServerResponse,
  { connection, cuts, total }: Share
): Promise<void> => {
  const last = Number(request.headers["last-event-id"] ?? 0)
  if (last === total) {
    response.writeHead(204).end()
    return
  }
  const session = await createSession(request, response, { retry: 1, keepAlive: null })
  const end = connection > cuts ? total : Math.min(total, last + Math.ceil(total / cuts) + (connection % 7))
  for (let next = last + 1; next <= end && !response.destroyed; next += batchSize) {
    const buffer = new EventBuffer()
    for (let id = next; id < next + batchSize && id <= end; id += 1) buffer.push({ n: id }, "tick", `${id}`)
    await session.batch(buffer)
    if (response.writableNeedDrain) await drained(response)
  }
  if (connection <= cuts) response.socket?.resetAndDestroy()
  else response.end()
}

/** Starts a server of events; see `respondWithEvents`. */
export const makeEventServer = (total: number, cuts: number): Effect.Effect<EventServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const resumed: Array<number> = []
    const server = createServer((request, response) => {
      const connection = resumed.push(Number(request.headers["last-event-id"] ?? 0))
      respondWithEvents(request, response, { total, cuts, connection }).catch(() => response.destroy())
    })
    server.on("connection", (socket) => socket.on("error", () => {}))
    return { url: new URL(yield* onLoopback(server)), resumed }
  })
