import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import type { ClientRequest } from "node:http"
import { settle } from "./settle.js"

/** Reports the heads of responses from a server as any transport of Node receives them. The effect waits for the next one. */
export const headsFrom = ({ host, origin }: URL): Effect.Effect<Effect.Effect<void>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const heads = yield* Queue.unbounded<void>()
    const channels = {
      // Node and undici document these messages.
      "undici:request:headers": (message: unknown) =>
        (message as { readonly request: { readonly origin: string } }).request.origin === origin,
      "http.client.response.finish": (message: unknown) =>
        (message as { readonly request: ClientRequest }).request.getHeader("host") === host
    }
    for (const [channel, isOwn] of Object.entries(channels)) {
      const listener = (message: unknown) => void (isOwn(message) && Queue.unsafeOffer(heads, undefined))
      yield* Effect.acquireRelease(
        Effect.sync(() => subscribe(channel, listener)),
        () => Effect.sync(() => unsubscribe(channel, listener))
      )
    }
    // The transport passes the head on after its message.
    return Effect.zipRight(Queue.take(heads), settle)
  })
