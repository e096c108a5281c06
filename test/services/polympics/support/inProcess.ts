import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** A request that was sent. */
export interface Sent {
  readonly method: string
  /** Path and query, as they would be written. */
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

/** An `HttpClient` that answers itself, so that a test can count what is sent, in flight and interrupted, to the call. */
export interface InProcess {
  readonly layer: Layer.Layer<HttpClient.HttpClient>
  readonly sent: ReadonlyArray<Sent>
  readonly inFlight: () => number
  /** The targets of the requests that were interrupted. */
  readonly interrupted: ReadonlyArray<string>
}

export const inProcess = (answer: (sent: Sent, index: number) => Reply | Effect.Effect<Reply>): InProcess => {
  const sent: Array<Sent> = []
  const interrupted: Array<string> = []
  let inFlight = 0
  const client = HttpClient.make((request, url) =>
    Effect.suspend(() => {
      const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
      const target = url.pathname + url.search
      const seen: Sent = { method: request.method, target, headers: request.headers, body }
      sent.push(seen)
      inFlight += 1
      const reply = answer(seen, sent.length - 1)
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

/** Lets everything that can go on go on. */
export const settle: Effect.Effect<void> = Effect.forEach(Array.from({ length: 200 }), () => Effect.yieldNow(), {
  discard: true
})
