import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** A request that was sent. */
export interface Sent {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export const json = (body: unknown, status = 200): Reply => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body)
})

/** An `HttpClient` without a network, so that a test can count the requests that were sent, are in flight or were interrupted. */
export interface InProcess {
  readonly layer: Layer.Layer<HttpClient.HttpClient>
  readonly sent: ReadonlyArray<Sent>
  readonly inFlight: () => number
  /** The targets of the requests that were interrupted. */
  readonly interrupted: ReadonlyArray<string>
}

export const inProcess = (respond: (sent: Sent, index: number) => Reply | Effect.Effect<Reply>): InProcess => {
  const sent: Array<Sent> = []
  const interrupted: Array<string> = []
  let inFlight = 0
  const client = HttpClient.make((request, url) =>
    Effect.suspend(() => {
      const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
      const target = url.pathname + url.search
      const one: Sent = { method: request.method, target, headers: request.headers, body }
      sent.push(one)
      inFlight += 1
      const reply = respond(one, sent.length - 1)
      return Effect.isEffect(reply) ? reply : Effect.succeed(reply)
    }).pipe(
      Effect.onInterrupt(() => Effect.sync(() => interrupted.push(url.pathname + url.search))),
      Effect.ensuring(Effect.sync(() => (inFlight -= 1))),
      Effect.map(({ body, headers, status }) =>
        HttpClientResponse.fromWeb(request, new Response(body ?? null, { status, headers: { ...headers } }))
      )
    )
  )
  return { layer: Layer.succeed(HttpClient.HttpClient, client), sent, interrupted, inFlight: () => inFlight }
}

/** Runs other fibers until all of them wait. */
export const settle: Effect.Effect<void> = Effect.forEach(Array.from({ length: 200 }), () => Effect.yieldNow(), {
  discard: true
})
