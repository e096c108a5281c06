import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import type { ClientRequest } from "node:http"
import { settle } from "./settle.js"

type IsOwn = (message: unknown) => boolean

/** The effect waits for the next message in any of these channels that is about the own server, and until it was acted on. */
const messagesIn = (channels: Readonly<Record<string, IsOwn>>) =>
  Effect.gen(function* () {
    const messages = yield* Queue.unbounded<void>()
    for (const [channel, isOwn] of Object.entries(channels)) {
      const listener = (message: unknown) => void (isOwn(message) && Queue.unsafeOffer(messages, undefined))
      yield* Effect.acquireRelease(
        Effect.sync(() => subscribe(channel, listener)),
        () => Effect.sync(() => unsubscribe(channel, listener))
      )
    }
    // A transport sends a message before it acts on its cause.
    return Effect.zipRight(Queue.take(messages), settle)
  })

// Node and undici document these messages.
const ofUndici =
  ({ origin }: URL): IsOwn =>
  (message) =>
    (message as { readonly request: { readonly origin: string } }).request.origin === origin
const ofNode =
  ({ host }: URL): IsOwn =>
  (message) =>
    (message as { readonly request: ClientRequest }).request.getHeader("host") === host

type Arrivals = Effect.Effect<Effect.Effect<void>, never, Scope.Scope>

/** Reports the heads of responses from a server as any transport of Node receives them. The effect waits for the next one. */
export const headsFrom = (server: URL): Arrivals =>
  messagesIn({ "undici:request:headers": ofUndici(server), "http.client.response.finish": ofNode(server) })

/** Reports the ends of responses from a server as undici or `fetch` receive them, whose connections are free after that. */
export const endsFrom = (server: URL): Arrivals => messagesIn({ "undici:request:trailers": ofUndici(server) })
