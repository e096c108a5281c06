import * as Schema from "effect/Schema"
import { LinkFormat, Rule } from "../../../schemas/site/Rule.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { withoutNotFound } from "./errors.js"

export const getRules = () =>
  Endpoint.get("/rules", {
    name: "getRules",
    query: { linkFormat: Schema.optional(LinkFormat).pipe(Schema.fromKey("link_format")) },
    success: { 200: Schema.Array(Rule) },
    errors: withoutNotFound(),
    anonymous: true
  })
