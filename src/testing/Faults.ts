import * as HttpClient from "@effect/platform/HttpClient"
import { type HttpClientError, RequestError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { dropBody } from "../internal/http/readBody.js"
import { partsOf } from "../internal/http/transportResponse.js"
import { changeBody } from "../internal/testing/changeBody.js"
import { raw, type RawOptions } from "../internal/testing/reply.js"
import { respond } from "../internal/testing/respond.js"

/** Sends one request. */
type Send = Effect.Effect<HttpClientResponse, HttpClientError>

/** A failure of a server or a connection, which one request meets. */
export interface Fault {
  /** Names the fault, for messages. */
  readonly name: string
  /** Takes the place of sending a request. `request` returns the request, and `send` sends it. */
  readonly apply: (request: Effect.Effect<HttpClientRequest>, send: Send) => Send
}

/** The faults of requests, in their order. */
export interface Script {
  /** Makes the script with its state. It returns the fault of each request, one after another. */
  readonly make: Effect.Effect<Effect.Effect<Fault>>
}

/** Makes the error of a system call, as Node has it. */
const systemError = (code: string, syscall: string) => Object.assign(new Error(`${syscall} ${code}`), { code, syscall })

/** The connection is reset: the other side refuses what was sent, or has crashed. */
const connectionReset = () => systemError("ECONNRESET", "read")

/** The connection is closed before the response is complete. The code is that of undici, on which fetch and our transport are built. */
const connectionClosed = () => Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" })

const failing = (name: string, cause: () => Error): Fault => ({
  name,
  apply: (request) =>
    Effect.flatMap(request, (request) => new RequestError({ request, reason: "Transport", cause: cause() }))
})

const changing = (
  name: string,
  change: (body: Stream.Stream<Uint8Array, unknown>) => Stream.Stream<Uint8Array, unknown>
): Fault => ({ name, apply: (_, send) => Effect.map(send, (response) => changeBody(response, change)) })

/** Returns the first bytes of a body. */
const firstBytes = (body: Stream.Stream<Uint8Array, unknown>, count: number): Stream.Stream<Uint8Array, unknown> =>
  count === 0
    ? Stream.empty
    : body.pipe(
        Stream.mapAccum(0, (before, chunk) => [before + chunk.length, [before, chunk] as const]),
        Stream.takeUntil(([before, chunk]) => before + chunk.length >= count),
        Stream.map(([before, chunk]) => chunk.subarray(0, count - before))
      )

/** No fault: the request is sent. */
export const none: Fault = { name: "none", apply: (_, send) => send }

/** No server listens: the connection is refused, and nothing is sent (`ECONNREFUSED`). */
export const refused: Fault = /*#__PURE__*/ failing("refused", () => systemError("ECONNREFUSED", "connect"))

/** The connection is reset before the response, and the server did not act on the request (`ECONNRESET`). */
export const reset: Fault = /*#__PURE__*/ failing("reset", connectionReset)

/** The server acts on the request, and the connection is reset before the response (`ECONNRESET`). */
export const lost: Fault = {
  name: "lost",
  apply: (request, send) => Effect.zipRight(Effect.flatMap(send, dropBody), reset.apply(request, send))
}

/** The connection is reset after these bytes of the body (`ECONNRESET`). */
export const resetAfter = (bytes: number): Fault =>
  changing(`resetAfter(${bytes})`, (body) => Stream.concat(firstBytes(body, bytes), Stream.failSync(connectionReset)))

/** The connection is closed after these bytes of the body, which is incomplete (`UND_ERR_SOCKET`). */
export const truncated = (bytes: number): Fault =>
  changing(`truncated(${bytes})`, (body) => Stream.concat(firstBytes(body, bytes), Stream.failSync(connectionClosed)))

/** The server accepts the request, and never responds. */
export const hanging: Fault = { name: "hanging", apply: () => Effect.never }

/** The response stops after these bytes of its body, and the connection stays open. */
export const hangingAfter = (bytes: number): Fault =>
  changing(`hangingAfter(${bytes})`, (body) => Stream.concat(firstBytes(body, bytes), Stream.never))

/** The number of pieces of a slow body in a second. */
const piecesPerSecond = 10

/** The body arrives slowly, in the time of the `Clock`: ten times a second, or byte by byte if that is fewer. */
export const slow = (bytesPerSecond: number): Fault => {
  const size = Math.max(1, Math.floor(bytesPerSecond / piecesPerSecond))
  const pieces = (chunk: Uint8Array) =>
    Array.from({ length: Math.ceil(chunk.length / size) }, (_, index) =>
      chunk.subarray(index * size, (index + 1) * size)
    )
  return changing(`slow(${bytesPerSecond})`, (body) =>
    body.pipe(
      Stream.mapConcat(pieces),
      Stream.mapEffect((piece) => Effect.delay(Effect.succeed(piece), Duration.seconds(piece.length / bytesPerSecond)))
    )
  )
}

/** A response of this status in place of the server's, such as that of a proxy. */
export const status = (status: number, options: RawOptions = {}): Fault => ({
  name: `status(${status})`,
  apply: (request) =>
    Effect.map(request, (request) => {
      const { content, headers } = raw(status, options)
      return respond(request, { status, headers, ...content })
    })
})

/** A success whose body is not JSON, but a page of a proxy. */
export const notJson: Fault = /*#__PURE__*/ status(200, {
  headers: { "content-type": "text/html" },
  body: "<!doctype html><title>Sign in</title>"
})

/** Every request has the same fault. */
export const always = (fault: Fault): Script => ({ make: Effect.succeed(Effect.succeed(fault)) })

/**
 * The first requests have these faults, one each, in the order in which they are sent. Later requests have none.
 *
 * @example
 * ```ts
 * import { Faults } from "effect-herald/testing"
 *
 * const script = Faults.sequence([Faults.refused, Faults.status(503, { headers: { "retry-after": 10 } })])
 * ```
 */
export const sequence = (faults: ReadonlyArray<Fault>): Script => ({
  make: Effect.map(Ref.make(0), (next) =>
    Effect.map(
      Ref.getAndUpdate(next, (index) => index + 1),
      (index) => faults[index] ?? none
    )
  )
})

/** Options of `random`. */
export interface RandomOptions {
  /** The same seed gives the same faults to the same number of requests. */
  readonly seed: number | string
  /** The faults with their probabilities, from 0 to 1. Their sum is at most 1; the rest of the requests has no fault. */
  readonly faults: ReadonlyArray<readonly [probability: number, fault: Fault]>
}

/**
 * Each request has one of these faults, or none, by chance.
 *
 * @example
 * ```ts
 * import { Faults } from "effect-herald/testing"
 *
 * const script = Faults.random({
 *   seed: 42,
 *   faults: [
 *     [0.1, Faults.reset],
 *     [0.2, Faults.status(503)]
 *   ]
 * })
 * ```
 */
export const random = ({ faults, seed }: RandomOptions): Script => ({
  make: Effect.sync(() => {
    const generator = Random.make(seed)
    return Effect.map(generator.next, (drawn) => {
      let rest = drawn
      for (const [probability, fault] of faults) {
        if (rest < probability) return fault
        rest -= probability
      }
      return none
    })
  })
})

/**
 * A script for some requests only: those for which `matches` returns true. The others have no fault, and are not counted.
 *
 * @example
 * ```ts
 * import { Faults } from "effect-herald/testing"
 *
 * const script = Faults.when(({ method }) => method === "POST", Faults.always(Faults.lost))
 * ```
 */
export const when = (matches: (request: HttpClientRequest) => boolean, script: Script): Script => ({
  make: Effect.map(script.make, (next) =>
    Effect.succeed({
      name: "when",
      apply: (request, send) =>
        Effect.flatMap(request, (sent) =>
          matches(sent) ? Effect.flatMap(next, (fault) => fault.apply(request, send)) : send
        )
    })
  )
})

/**
 * An `HttpClient` that sends requests by another one, with the faults of a script: by that of `TestApi.layer`, or by a real transport.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { Transport } from "effect-herald/node"
 * import { Faults } from "effect-herald/testing"
 *
 * const unreliable = Faults.layer(Faults.sequence([Faults.reset])).pipe(Layer.provide(Transport.layer()))
 * ```
 */
export const layer = (script: Script): Layer.Layer<HttpClient.HttpClient, never, HttpClient.HttpClient> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(Effect.all([HttpClient.HttpClient, script.make]), ([client, next]) => {
      const { postprocess, preprocess } = partsOf(client)
      return HttpClient.makeWith(
        // The request is sent within the client's own context.
        (request: Effect.Effect<HttpClientRequest>) =>
          Effect.flatMap(next, (fault) =>
            fault.apply(
              request,
              postprocess?.(request) ?? Effect.flatMap(request, (request) => client.execute(request))
            )
          ),
        preprocess ?? Effect.succeed
      )
    })
  )
