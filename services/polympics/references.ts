import * as Predicate from "effect/Predicate"
import type { Account, AccountId } from "../../schemas/polympics/Account.js"
import type { Award, AwardId } from "../../schemas/polympics/Award.js"
import type { Team, TeamId } from "../../schemas/polympics/Team.js"

/** What is neither a thing nor an id is handed on, so that the endpoint's schema refuses it and says why. */
const idOf = (reference: unknown): unknown =>
  Predicate.hasProperty(reference, "id") && reference.id !== undefined ? reference.id : reference

/** The id of what is given itself or by its id. */
export const accountId = idOf as (account: Account | AccountId) => AccountId

/** The id of what is given itself or by its id. */
export const teamId = idOf as (team: Team | TeamId) => TeamId

/** The id of what is given itself or by its id. */
export const awardId = idOf as (award: Award | AwardId) => AwardId
