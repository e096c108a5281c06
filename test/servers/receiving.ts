import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { onLoopback } from "./onLoopback.js"

/** Handles a request before its body is read. */
export type Handle = (request: IncomingMessage, response: ServerResponse) => void

/** Reads a request and responds with its length. */
export const readAll: Handle = (request, response) => {
  let length = 0
  request.on("data", (piece: Uint8Array) => {
    length += piece.length
  })
  request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(`{"length":${length}}`))
}

/** Responds at once, and reads nothing. */
export const early =
  (status: number, headers: Readonly<Record<string, string>> = {}): Handle =>
  (_, response) =>
    void response.writeHead(status, headers).end()

/** Reads a request, and then responds. */
export const late =
  (status: number, headers: Readonly<Record<string, string>> = {}): Handle =>
  (request, response) => {
    request.on("end", () => response.writeHead(status, headers).end())
    request.resume()
  }

/** Resets the connection once this many bytes of the body were received. */
export const resetAfter =
  (bytes: number): Handle =>
  (request) => {
    let length = 0
    request.on("data", (piece: Uint8Array) => {
      length += piece.length
      if (length >= bytes) request.socket.resetAndDestroy()
    })
  }

/** Reads nothing, and never responds. */
export const never: Handle = () => {}

/**
 * Starts a server whose requests are handled in order, the last handler for all later ones, as soon as their heads are received. Reports
 * how each request ended.
 */
export const make = (handlers: ReadonlyArray<Handle>) =>
  Effect.gen(function* () {
    const begun = yield* Queue.unbounded<IncomingMessage>()
    const ended = yield* Queue.unbounded<"whole" | "aborted">()
    let count = 0
    const server = createServer((request, response) => {
      request.on("error", () => {})
      response.on("error", () => {})
      request.once("close", () => Queue.unsafeOffer(ended, request.complete ? "whole" : "aborted"))
      Queue.unsafeOffer(begun, request)
      handlers[Math.min(count, handlers.length - 1)]?.(request, response)
      count += 1
    })
    server.on("connection", (socket) => socket.on("error", () => {}))
    server.keepAliveTimeout = 0
    const url = yield* onLoopback(server)
    return { url: new URL(url), begun: Queue.take(begun), ended: Queue.take(ended), count: () => count }
  })
