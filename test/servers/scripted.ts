import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http"
import type { Socket } from "node:net"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { onLoopback } from "./onLoopback.js"

/** A request, as the server received it. */
export interface Received {
  readonly method: string
  /** The request target: path and query, unparsed. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly bytes: Uint8Array
  /** The number of its connection, from 0. */
  readonly connection: number
}

/** Handles a request. */
export type Behaviour = (response: ServerResponse, received: Received) => void

/** The behaviours for the requests in order, of which the last is for all later requests; or a function that chooses one. */
export type Script = ReadonlyArray<Behaviour> | ((received: Received, index: number) => Behaviour)

/** A server that follows a script. */
export interface Scripted {
  readonly url: URL
  /** All requests that were received, in order. */
  readonly requests: ReadonlyArray<Received>
  /** Takes the next request from a queue of those received. Waits if the queue is empty. */
  readonly next: Effect.Effect<Received>
  /** Waits until a connection closes before its response is complete. */
  readonly abandoned: Effect.Effect<void>
}

type Headers = Readonly<Record<string, string | ReadonlyArray<string>>>

interface Head {
  readonly status?: number
  readonly headers?: Headers
}

const write = (response: ServerResponse, { headers = {}, status = 200 }: Head, more: Headers = {}) =>
  response.writeHead(status, { ...more, ...headers } as Record<string, string | Array<string>>)

/** A whole response. */
export const respond =
  ({ body = "", ...head }: Head & { readonly body?: string | Uint8Array } = {}): Behaviour =>
  (response) => {
    write(response, head, body === "" ? {} : { "content-length": `${Buffer.byteLength(body)}` }).end(body)
  }

/** A whole response in JSON. */
export const json = (value: unknown, head: Head = {}): Behaviour =>
  respond({
    status: head.status ?? 200,
    headers: { "content-type": "application/json", ...head.headers },
    body: JSON.stringify(value)
  })

/** A whole response in pieces, without a length. */
export const chunked =
  (pieces: ReadonlyArray<string | Uint8Array>, head: Head = {}): Behaviour =>
  (response) => {
    write(response, head)
    for (const piece of pieces) response.write(piece)
    response.end()
  }

export const redirect = (location: string | URL, status = 302): Behaviour =>
  respond({ status, headers: { location: String(location) } })

/** Never responds. */
export const silence: Behaviour = () => {}

const destroy = (response: ServerResponse, how: "end" | "reset") => {
  const socket = response.socket
  if (how === "reset") socket?.resetAndDestroy()
  else socket?.end()
}

/** Resets the connection once the request is received, instead of a response. */
export const reset: Behaviour = (response) => destroy(response, "reset")

/** Closes the connection once the request is received, instead of a response. */
export const hangUp: Behaviour = (response) => destroy(response, "end")

/** Sends a part of a response, with a length or chunked, and closes the connection. */
export const cutShort =
  (
    options: Head & { readonly body: string; readonly how?: "end" | "reset"; readonly framing?: "length" | "chunked" }
  ): Behaviour =>
  (response) => {
    const { body, framing = "length", how = "end" } = options
    write(response, options, framing === "length" ? { "content-length": `${Buffer.byteLength(body) + 10}` } : {})
    response.write(body, () => destroy(response, how))
  }

/** Sends a part of a response, and nothing more. */
export const stalled =
  (body: string, head: Head = {}): Behaviour =>
  (response) => {
    write(response, head, { "content-length": `${Buffer.byteLength(body) + 10}` }).write(body)
  }

/** Sends the same piece again and again until the connection closes. */
export const endless =
  (piece: string | Uint8Array, head: Head = {}): Behaviour =>
  (response) => {
    write(response, head)
    const more = () => {
      while (!response.destroyed) {
        if (!response.write(piece)) {
          response.once("drain", more)
          return
        }
      }
    }
    more()
  }

/** Sends a whole response on a connection that may be kept alive, and then closes the connection. */
export const thenDrop =
  (behaviour: Behaviour): Behaviour =>
  (response, received) => {
    const { socket } = response
    response.once("finish", () => setImmediate(() => socket?.destroy()))
    behaviour(response, received)
  }

const read = async (request: IncomingMessage, connection: number): Promise<Received> => {
  const pieces: Array<Uint8Array> = []
  for await (const piece of request) pieces.push(piece as Uint8Array)
  const bytes = Buffer.concat(pieces)
  const { headers, method = "", url = "" } = request
  return { method, target: url, headers, bytes, body: bytes.toString(), connection }
}

/** Starts a server on a loopback port, until the scope closes. It follows its script, and records the requests. */
export const make = (script: Script): Effect.Effect<Scripted, never, Scope.Scope> =>
  Effect.gen(function* () {
    const requests: Array<Received> = []
    const arrivals = yield* Queue.unbounded<Received>()
    const departures = yield* Queue.unbounded<void>()
    const connections = new Map<Socket, number>()
    const choose =
      typeof script === "function" ? script : (_: Received, index: number) => script[Math.min(index, script.length - 1)]

    const server = createServer((request, response) => {
      response.once("close", () => response.writableFinished || Queue.unsafeOffer(departures, undefined))
      read(request, connections.get(request.socket) ?? -1).then(
        (received) => {
          const behaviour = choose(received, requests.push(received) - 1)
          Queue.unsafeOffer(arrivals, received)
          behaviour?.(response, received)
        },
        () => response.destroy()
      )
    })
    server.on("connection", (socket) => {
      connections.set(socket, connections.size)
      socket.on("error", () => {})
    })
    // The server does not close idle connections: only scripts do.
    server.keepAliveTimeout = 0

    const origin = yield* onLoopback(server)
    return {
      url: new URL(origin),
      requests,
      next: Queue.take(arrivals),
      abandoned: Queue.take(departures)
    }
  })

/** The URL of a port on which no server listens. */
export const closedPort: Effect.Effect<URL> = Effect.map(
  Effect.scoped(make([respond()])),
  // The system does not reuse a port that was closed a moment ago.
  ({ url }) => url
)
