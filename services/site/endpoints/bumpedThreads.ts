import * as Schema from "effect/Schema"
import { Id, IdText } from "../../../schemas/site/Id.js"
import * as Body from "../../../src/Body.js"
import * as Endpoint from "../../../src/Endpoint.js"
import * as Snowflake from "../../../src/Snowflake.js"
import { withAlreadyExists, withNotFound, withoutNotFound } from "./errors.js"

export const getBumpedThreads = () =>
  Endpoint.get("/bot/bumped-threads", {
    name: "getBumpedThreads",
    success: { 200: Schema.Array(Snowflake.FromInteger) },
    errors: withoutNotFound()
  })

export const createBumpedThread = () =>
  Endpoint.post("/bot/bumped-threads", {
    name: "createBumpedThread",
    body: Schema.Struct({ threadId: Schema.propertySignature(Id).pipe(Schema.fromKey("thread_id")) }),
    success: { 201: Schema.Struct({ thread_id: Snowflake.FromInteger }).pipe(Schema.pluck("thread_id")) },
    errors: withAlreadyExists(/already exists\.$/)
  })

/** A 204 is yes, and a 404 is no. */
export const isThreadBumped = () =>
  Endpoint.get("/bot/bumped-threads/{id}", {
    name: "isThreadBumped",
    path: { id: IdText },
    success: { 204: Body.empty(true) },
    errors: withNotFound()
  })

export const deleteBumpedThread = () =>
  Endpoint.delete("/bot/bumped-threads/{id}", {
    name: "deleteBumpedThread",
    path: { id: IdText },
    success: { 204: Body.empty() },
    errors: withNotFound()
  })
