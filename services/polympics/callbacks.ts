import type * as Redacted from "effect/Redacted"
import type { CallbackEvent } from "../../schemas/polympics/Callback.js"
import * as Operation from "../../src/Operation.js"
import { App } from "./Authoriser.js"
import * as endpoints from "./endpoints/callbacks.js"

/** The fields of a callback to register. */
export interface NewCallback {
  readonly event: CallbackEvent
  /** The http or https URL that the API posts the event to. */
  readonly url: string | URL
  /** The secret that the API sends as its bearer token with each event; see `callbackApp`. */
  readonly secret: Redacted.Redacted
}

/** Registers a callback for an event. It replaces the app's earlier callback for this event. For apps. */
export const createCallback = Operation.make(App, endpoints.createCallback, (callback: NewCallback) => ({
  event: callback.event,
  body: { url: String(callback.url), secret: callback.secret }
}))

/** Returns the callback that the app registered for an event. For apps. Fails with `NotFound` if there is none. */
export const getCallback = Operation.make(App, endpoints.getCallback, (event: CallbackEvent) => ({
  event
}))

/** Returns the URLs of the app's callbacks, by event. For apps. */
export const getCallbacks = Operation.make(App, endpoints.getCallbacks)

/** Removes the app's callback for an event. For apps. Fails with `NotFound` if there is none. */
export const deleteCallback = Operation.make(App, endpoints.deleteCallback, (event: CallbackEvent) => ({
  event
}))
