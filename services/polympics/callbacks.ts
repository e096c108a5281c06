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

/** Registers a callback for an event, and replaces the one that the app has for it. For apps. */
export const createCallback = /*#__PURE__*/ Operation.make(App, endpoints.createCallback, (callback: NewCallback) => ({
  event: callback.event,
  body: { url: String(callback.url), secret: callback.secret }
}))

/** The callback that the app registered for an event. For apps. Fails with `NotFound` if there is none. */
export const getCallback = /*#__PURE__*/ Operation.make(App, endpoints.getCallback, (event: CallbackEvent) => ({
  event
}))

/** The URLs of the app's callbacks, by event. For apps. */
export const getCallbacks = /*#__PURE__*/ Operation.make(App, endpoints.getCallbacks)

/** Removes the app's callback for an event. For apps. Fails with `NotFound` if there is none. */
export const deleteCallback = /*#__PURE__*/ Operation.make(App, endpoints.deleteCallback, (event: CallbackEvent) => ({
  event
}))
