import type * as Redacted from "effect/Redacted"
import type { Callback, CallbackEvent } from "../../schemas/polympics/Callback.js"
import * as Operation from "../../src/Operation.js"
import { App } from "./Authoriser.js"
import * as endpoints from "./endpoints/callbacks.js"

/** The fields of a callback to register. */
export interface NewCallback {
  readonly event: CallbackEvent
  /**
   * The http or https URL that the API posts the event to. Its host is an IP address, or has a top-level domain. At most 2,047
   * characters, an international host counted as punycode.
   */
  readonly url: string | URL
  /**
   * The secret that the API sends as its bearer token with each event; see `callbackApp`. At most 2,047 printable ASCII characters,
   * without spaces around them.
   */
  readonly secret: Redacted.Redacted
}

/**
 * Registers a callback for an event. It replaces the app's earlier callback for this event. For apps.
 *
 * The API deletes the earlier callback before it stores the new one. After a `ServerError`, or a failure whose response was lost,
 * there may be no callback: register it again. Texts that are too long to store are refused with an `EncodeError`, and nothing is
 * deleted. An `UnprocessableContent`, for a URL that the API does not accept, deletes nothing either.
 */
export const createCallback = Operation.make(App, endpoints.createCallback, (callback: NewCallback) => ({
  event: callback.event,
  body: { url: String(callback.url), secret: callback.secret }
}))

/** Returns the event of a callback, for the callback or its event. */
const eventOf = (callback: Callback | CallbackEvent): CallbackEvent =>
  typeof callback === "object" && callback !== null ? callback.event : callback

/** Returns the callback that the app registered for an event. For apps. Fails with `NotFound` if there is none. */
export const getCallback = Operation.make(App, endpoints.getCallback, (callback: Callback | CallbackEvent) => ({
  event: eventOf(callback)
}))

/** Returns the URLs of the app's callbacks, by event. For apps. */
export const getCallbacks = Operation.make(App, endpoints.getCallbacks)

/** Removes the app's callback for an event. For apps. Fails with `NotFound` if there is none. */
export const deleteCallback = Operation.make(App, endpoints.deleteCallback, (callback: Callback | CallbackEvent) => ({
  event: eventOf(callback)
}))
