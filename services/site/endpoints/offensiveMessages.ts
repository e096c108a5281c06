import * as Schema from "effect/Schema"
import { IdText } from "../../../schemas/site/Id.js"
import {
  OffensiveMessage,
  OffensiveMessageChangesForm,
  OffensiveMessageForm
} from "../../../schemas/site/OffensiveMessage.js"
import * as Body from "../../../src/Body.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { withAlreadyExists, withNotFound, withoutNotFound } from "./errors.js"

/*
 * `PUT bot/offensive-messages/{id}` is no endpoint here: the server requires the fields that it also refuses to change, so that it never succeeds.
 */

export const getOffensiveMessages = () =>
  Endpoint.get("/bot/offensive-messages", {
    name: "getOffensiveMessages",
    success: { 200: Schema.Array(OffensiveMessage) },
    errors: withoutNotFound()
  })

export const createOffensiveMessage = () =>
  Endpoint.post("/bot/offensive-messages", {
    name: "createOffensiveMessage",
    body: OffensiveMessageForm,
    success: { 201: OffensiveMessage },
    errors: withAlreadyExists(/^offensive message with this Message ID already exists\.$/)
  })

export const updateOffensiveMessage = () =>
  Endpoint.patch("/bot/offensive-messages/{id}", {
    name: "updateOffensiveMessage",
    path: { id: IdText },
    body: OffensiveMessageChangesForm,
    success: { 200: OffensiveMessage },
    errors: withNotFound(),
    idempotent: true
  })

export const deleteOffensiveMessage = () =>
  Endpoint.delete("/bot/offensive-messages/{id}", {
    name: "deleteOffensiveMessage",
    path: { id: IdText },
    success: { 204: Body.empty() },
    errors: withNotFound()
  })
