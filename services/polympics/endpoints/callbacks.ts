import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { Callback, CallbackEvent } from "../../../schemas/polympics/Callback.js"
import { CallbackForm } from "../../../schemas/polympics/forms.js"
import { DataError, NoCallback, Unauthorised } from "../../../schemas/polympics/refusals.js"
import * as Endpoint from "../../../src/Endpoint.js"

const path = () => Schema.Struct({ event: CallbackEvent })

export const getCallbacks = () =>
  HttpApiEndpoint.get("getCallbacks", "/callbacks")
    .addSuccess(Schema.Struct({ callbacks: Schema.Record({ key: Schema.String, value: Schema.String }) }))
    .addError(Unauthorised)

export const createCallback = () =>
  HttpApiEndpoint.put("createCallback", "/callback/:event")
    .setPath(path())
    .setPayload(CallbackForm)
    .addSuccess(Callback)
    .addError(Unauthorised)
    .addError(DataError)
    .annotate(Endpoint.Sensitive, true)

export const getCallback = () =>
  HttpApiEndpoint.get("getCallback", "/callback/:event")
    .setPath(path())
    .addSuccess(Callback)
    .addError(Unauthorised)
    .addError(NoCallback)
    .addError(DataError)

export const deleteCallback = () =>
  HttpApiEndpoint.del("deleteCallback", "/callback/:event")
    .setPath(path())
    .addSuccess(HttpApiSchema.NoContent)
    .addError(Unauthorised)
    .addError(NoCallback)
    .addError(DataError)
