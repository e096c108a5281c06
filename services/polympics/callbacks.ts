import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { CallbackEvent } from "../../schemas/polympics/Callback.js"
import * as Operation from "../../src/Operation.js"
import { App } from "./Authoriser.js"
import * as endpoints from "./endpoints/callbacks.js"

/** A callback that is to be. */
export interface NewCallback {
  readonly event: CallbackEvent
  /** Where the API posts the event; http or https. */
  readonly url: string | URL
  /** What the API shows there as its bearer token, see `callbackApp`. */
  readonly secret: Redacted.Redacted
}

/** Has an app told of an event; overwrites what was registered for it. For apps. */
export const createCallback = /*#__PURE__*/ Operation.make(App, endpoints.createCallback, (callback: NewCallback) => ({
  path: { event: callback.event },
  payload: { ...callback, url: String(callback.url) }
}))

/** What the app registered for an event. For apps. Fails with `NotFound` if it did not. */
export const getCallback = /*#__PURE__*/ Operation.make(App, endpoints.getCallback, (event: CallbackEvent) => ({
  path: { event }
}))

/** The URL that the app registered for each event. For apps. */
export const getCallbacks = /*#__PURE__*/ Effect.map(
  /*#__PURE__*/ Effect.suspend(/*#__PURE__*/ Operation.make(App, endpoints.getCallbacks, () => ({}))),
  ({ callbacks }) => callbacks
)

/** Has the app no longer told of an event. For apps. Fails with `NotFound` if it was not. */
export const deleteCallback = /*#__PURE__*/ Operation.make(App, endpoints.deleteCallback, (event: CallbackEvent) => ({
  path: { event }
}))
