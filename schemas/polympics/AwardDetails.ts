import * as Schema from "effect/Schema"
import { Account } from "./Account.js"
import { Award } from "./Award.js"
import { Team } from "./Team.js"

const awardDetails = Schema.Struct({
  award: Award,
  awardees: Schema.Array(Account),
  team: Schema.NullOr(Team)
}).annotations({ identifier: "AwardDetails" })
/** An award, the accounts that hold it, and the team that it belongs to. */
export interface AwardDetails extends Schema.Schema.Type<typeof awardDetails> {}
/** An `AwardDetails` on the wire. */
export interface AwardDetailsEncoded extends Schema.Schema.Encoded<typeof awardDetails> {}
export const AwardDetails: Schema.Schema<AwardDetails, AwardDetailsEncoded> = awardDetails
