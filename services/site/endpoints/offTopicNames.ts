import * as Schema from "effect/Schema"
import { AddressableName } from "../../../schemas/site/PathSegment.js"
import { OffTopicChannelName, OffTopicName } from "../../../schemas/site/OffTopicName.js"
import * as Body from "../../../src/Body.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { withAlreadyExists, withNotFound, withoutNotFound } from "./errors.js"

export const getOffTopicNames = () =>
  Endpoint.get("/bot/off-topic-channel-names", {
    name: "getOffTopicNames",
    query: { active: Schema.optional(Schema.Boolean) },
    success: { 200: Schema.Array(Schema.String) },
    errors: withoutNotFound()
  })

/** The same path with `random_items`. The server marks the names as used. */
export const takeRandomOffTopicNames = () =>
  Endpoint.get("/bot/off-topic-channel-names", {
    name: "takeRandomOffTopicNames",
    query: { count: Schema.propertySignature(Schema.Int.pipe(Schema.positive())).pipe(Schema.fromKey("random_items")) },
    success: { 200: Schema.Array(Schema.String) },
    errors: withoutNotFound(),
    sideEffects: true
  })

/** The server reads the name from the query, and ignores the body. */
export const createOffTopicName = () =>
  Endpoint.post("/bot/off-topic-channel-names", {
    name: "createOffTopicName",
    query: { name: OffTopicChannelName },
    success: { 201: Schema.Struct({ name: Schema.String }).pipe(Schema.pluck("name")) },
    errors: withAlreadyExists(/already exists/)
  })

export const getOffTopicName = () =>
  Endpoint.get("/bot/off-topic-channel-names/{name}", {
    name: "getOffTopicName",
    path: { name: AddressableName },
    success: { 200: OffTopicName },
    errors: withNotFound()
  })

const flags = (() => ({ used: Schema.optional(Schema.Boolean), active: Schema.optional(Schema.Boolean) }))()

export const replaceOffTopicName = () =>
  Endpoint.put("/bot/off-topic-channel-names/{name}", {
    name: "replaceOffTopicName",
    path: { name: AddressableName },
    body: Schema.Struct({ name: OffTopicChannelName, ...flags }),
    success: { 200: OffTopicName },
    errors: withNotFound()
  })

/** The body has no name: another one would make a second name, and leave the first. */
export const updateOffTopicName = () =>
  Endpoint.patch("/bot/off-topic-channel-names/{name}", {
    name: "updateOffTopicName",
    path: { name: AddressableName },
    body: Schema.Struct(flags),
    success: { 200: OffTopicName },
    errors: withNotFound(),
    idempotent: true
  })

export const deleteOffTopicName = () =>
  Endpoint.delete("/bot/off-topic-channel-names/{name}", {
    name: "deleteOffTopicName",
    path: { name: AddressableName },
    success: { 204: Body.empty() },
    errors: withNotFound()
  })
