import { DeletionContext, DeletionForm } from "../../../schemas/site/DeletedMessage.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { withUnknownReference } from "./errors.js"

export const createDeletedMessages = () =>
  Endpoint.post("/bot/deleted-messages", {
    name: "createDeletedMessages",
    body: DeletionForm,
    success: { 201: DeletionContext },
    errors: withUnknownReference()
  })
