import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import type { CallbackEvent } from "../../../schemas/polympics/Callback.js"
import type { Exchange } from "./exchange.js"

/** The time limit for the response to an event. The API ignores the response. */
const deadline = "15 seconds"

/** Posts an event to each callback that is registered for it, in the background. */
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
          // The body is read, since the connection can be reused only after that.
          Effect.flatMap((response) => response.arrayBuffer),
          Effect.timeout(deadline),
          // The cause is not logged, since it contains the secret.
          Effect.catchAllCause(() => Effect.logDebug("The test server could not deliver an event", { event, url })),
          Effect.asVoid,
          background
        ),
    { discard: true }
  )
}
