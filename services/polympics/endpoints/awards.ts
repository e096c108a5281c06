import { Award, AwardId } from "../../../schemas/polympics/Award.js"
import { AwardDetails } from "../../../schemas/polympics/AwardDetails.js"
import { CreateAward, UpdateAward } from "../../../schemas/polympics/forms.js"
import * as Body from "../../../src/Body.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { Snowflake } from "../../../src/Snowflake.js"
import { withUnknownId } from "./errors.js"

export const createAward = () =>
  Endpoint.post("/awards/new", {
    name: "createAward",
    body: CreateAward,
    success: { 201: Award },
    errors: withUnknownId()
  })

export const getAward = () =>
  Endpoint.get("/award/{award}", {
    name: "getAward",
    path: { award: AwardId },
    success: { 200: AwardDetails },
    errors: withUnknownId()
  })

export const updateAward = () =>
  Endpoint.patch("/award/{award}", {
    name: "updateAward",
    path: { award: AwardId },
    body: UpdateAward,
    success: { 200: Award },
    errors: withUnknownId()
  })

export const deleteAward = () =>
  Endpoint.delete("/award/{award}", {
    name: "deleteAward",
    path: { award: AwardId },
    success: { 204: Body.empty() },
    errors: withUnknownId()
  })

export const giveAward = () =>
  Endpoint.put("/account/{account}/award/{award}", {
    name: "giveAward",
    path: { account: Snowflake, award: AwardId },
    success: { 201: Body.empty("Given"), 208: Body.empty("AlreadyHeld") },
    errors: withUnknownId()
  })

export const takeAward = () =>
  Endpoint.delete("/account/{account}/award/{award}", {
    name: "takeAward",
    path: { account: Snowflake, award: AwardId },
    success: { 204: Body.empty() },
    errors: {
      ...withUnknownId(),
      // The API's own 404, for an account that does not hold the award, has no body.
      404: [Endpoint.errorAs("NotFound", Body.empty()), Endpoint.errorAs("ClientError")]
    }
  })
