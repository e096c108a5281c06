import { NewLogRecord, SiteLogRecord } from "../../../schemas/site/Log.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { withoutNotFound } from "./errors.js"

export const createLogRecord = () =>
  Endpoint.post("/logs", {
    name: "createLogRecord",
    body: NewLogRecord,
    success: { 201: SiteLogRecord },
    errors: withoutNotFound()
  })
