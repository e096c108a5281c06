import { createSession, EventBuffer } from "better-sse"
import { createServer, type ServerResponse } from "node:http"
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

/**
 * Starts a server, made with the package `better-sse`, that sends events numbered from 1 to `total`, and then a 204. It resets each of its
 * first `cuts` connections, after a share of the events.
 */
export const makeEventServer = (total: number, cuts: number): Effect.Effect<EventServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const resumed: Array<number> = []
    const server = createServer((request, response) => {
      const send = async () => {
        const last = Number(request.headers["last-event-id"] ?? 0)
        if (last === total) {
          response.writeHead(204).end()
          return
        }
        const connection = resumed.push(last)
        const session = await createSession(request, response, { retry: 1, keepAlive: null })
        // Not a multiple of the batch, so that no event is the last of each connection.
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
      send().catch(() => response.destroy())
    })
    server.on("connection", (socket) => socket.on("error", () => {}))
    return { url: new URL(yield* onLoopback(server)), resumed }
  })
