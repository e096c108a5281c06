import * as Schema from "effect/Schema"
import { Callback, CallbackEvent } from "../../../schemas/polympics/Callback.js"
import { NoCallback } from "../../../schemas/polympics/errors.js"
import { CallbackForm } from "../../../schemas/polympics/forms.js"
import * as Body from "../../../src/Body.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { withInvalidContent, withoutNotFound } from "./errors.js"

const withNoCallback = () => ({
  ...withInvalidContent(),
  404: [Endpoint.errorAs("NotFound", NoCallback), Endpoint.errorAs("ClientError")]
})

export const getCallbacks = () =>
  Endpoint.get("/callbacks", {
    name: "getCallbacks",
    success: {
      200: Schema.Struct({ callbacks: Schema.Record({ key: Schema.String, value: Schema.String }) }).pipe(
        Schema.pluck("callbacks")
      )
    },
    errors: withoutNotFound()
  })

export const createCallback = () =>
  Endpoint.put("/callback/{event}", {
    name: "createCallback",
    path: { event: CallbackEvent },
    body: CallbackForm,
    success: { 200: Callback },
    errors: withInvalidContent(),
    sensitive: true
  })

export const getCallback = () =>
  Endpoint.get("/callback/{event}", {
    name: "getCallback",
    path: { event: CallbackEvent },
    success: { 200: Callback },
    errors: withNoCallback()
  })

export const deleteCallback = () =>
  Endpoint.delete("/callback/{event}", {
    name: "deleteCallback",
    path: { event: CallbackEvent },
    success: { 204: Body.empty() },
    errors: withNoCallback()
  })
