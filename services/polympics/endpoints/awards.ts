import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { AccountId } from "../../../schemas/polympics/Account.js"
import { Award, AwardId } from "../../../schemas/polympics/Award.js"
import { AwardDetails } from "../../../schemas/polympics/AwardDetails.js"
import { CreateAward, UpdateAward } from "../../../schemas/polympics/forms.js"
import { DataError, NotHeld, Refused, UnknownId } from "../../../schemas/polympics/refusals.js"

const award = () => Schema.compose(Schema.NumberFromString, AwardId)
const path = () => Schema.Struct({ award: award() })
const holding = () => Schema.Struct({ account: AccountId, award: award() })

export const createAward = () =>
  HttpApiEndpoint.post("createAward", "/awards/new")
    .setPayload(CreateAward)
    .addSuccess(Award, { status: 201 })
    .addError(Refused)

export const getAward = () =>
  HttpApiEndpoint.get("getAward", "/award/:award")
    .setPath(path())
    .addSuccess(AwardDetails)
    .addError(UnknownId)
    .addError(DataError)

export const updateAward = () =>
  HttpApiEndpoint.patch("updateAward", "/award/:award")
    .setPath(path())
    .setPayload(UpdateAward)
    .addSuccess(Award)
    .addError(Refused)

export const deleteAward = () =>
  HttpApiEndpoint.del("deleteAward", "/award/:award")
    .setPath(path())
    .addSuccess(HttpApiSchema.NoContent)
    .addError(Refused)

export const giveAward = () =>
  HttpApiEndpoint.put("giveAward", "/account/:account/award/:award")
    .setPath(holding())
    .addSuccess(HttpApiSchema.asEmpty(Schema.Literal("Given"), { status: 201, decode: () => "Given" as const }))
    .addSuccess(
      HttpApiSchema.asEmpty(Schema.Literal("AlreadyHeld"), { status: 208, decode: () => "AlreadyHeld" as const })
    )
    .addError(Refused)

export const takeAward = () =>
  HttpApiEndpoint.del("takeAward", "/account/:account/award/:award")
    .setPath(holding())
    .addSuccess(HttpApiSchema.NoContent)
    .addError(Refused)
    .addError(NotHeld)
