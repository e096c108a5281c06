import type { Account, AccountId } from "../../schemas/polympics/Account.js"
import type { Award, AwardId } from "../../schemas/polympics/Award.js"
import type { Team, TeamId } from "../../schemas/polympics/Team.js"

/** The id of what is given itself or by its id. */
export const accountId = (account: Account | AccountId): AccountId =>
  typeof account === "string" ? account : account.id

/** The id of what is given itself or by its id. */
export const teamId = (team: Team | TeamId): TeamId => (typeof team === "number" ? team : team.id)

/** The id of what is given itself or by its id. */
export const awardId = (award: Award | AwardId): AwardId => (typeof award === "number" ? award : award.id)
