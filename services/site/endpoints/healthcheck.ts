import * as Schema from "effect/Schema"
import * as Endpoint from "../../../src/Endpoint.js"
import { withoutNotFound } from "./errors.js"

export const checkHealth = () =>
  Endpoint.get("/healthcheck", {
    name: "checkHealth",
    success: { 200: Schema.Struct({ status: Schema.Literal("ok") }) },
    errors: withoutNotFound(),
    anonymous: true
  })
