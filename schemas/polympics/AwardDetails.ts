import * as Schema from "effect/Schema"
import { Account } from "./Account.js"
import { Award } from "./Award.js"
import { Team } from "./Team.js"

const awardDetails = /*#__PURE__*/ Schema.Struct({
  award: Award,
  awardees: /*#__PURE__*/ Schema.Array(Account),
  team: /*#__PURE__*/ Schema.NullOr(Team)
}).annotations({ identifier: "AwardDetails" })
/** An award, the accounts that hold it, and the team that it belongs to. */
export interface AwardDetails extends Schema.Schema.Type<typeof awardDetails> {}
/** An `AwardDetails` on the wire. */
export interface AwardDetailsEncoded extends Schema.Schema.Encoded<typeof awardDetails> {}
export const AwardDetails: Schema.Schema<AwardDetails, AwardDetailsEncoded> = awardDetails
