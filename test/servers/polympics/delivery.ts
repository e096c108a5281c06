import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import type { CallbackEvent } from "../../../schemas/polympics/Callback.js"
import type { Exchange } from "./exchange.js"

/** The API waits no longer, and does not care what it is answered. */
const patience = "15 seconds"

/** Posts an event to every app that registered for it, in the background. */
export const deliver = ({ background, state }: Exchange, event: CallbackEvent, body: string): Effect.Effect<void> => {
  const client = state.callbackClient
  if (client === undefined) return Effect.void
  return Effect.forEach(
    [...state.callbacks.values()].filter((callback) => callback.event === event),
    ({ secret, url }) =>
      client
        .execute(
          HttpClientRequest.post(url, { headers: { authorization: `Bearer ${secret}` } }).pipe(
            HttpClientRequest.bodyText(body, "application/json")
          )
        )
        .pipe(
          // read to its end, so that its connection can be used again
          Effect.flatMap((response) => response.arrayBuffer),
          Effect.timeout(patience),
          // the error shows the secret
          Effect.catchAllCause(() => Effect.logDebug("The test server could not deliver an event", { event, url })),
          Effect.asVoid,
          background
        ),
    { discard: true }
  )
}
