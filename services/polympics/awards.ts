import type { Account } from "../../schemas/polympics/Account.js"
import type { Award, AwardId } from "../../schemas/polympics/Award.js"
import type { AwardDetails } from "../../schemas/polympics/AwardDetails.js"
import type { Team, TeamId } from "../../schemas/polympics/Team.js"
import * as Operation from "../../src/Operation.js"
import type { Snowflake } from "../../src/Snowflake.js"
import { Authoriser, SignedIn } from "./Authoriser.js"
import * as endpoints from "./endpoints/awards.js"
import { idOf } from "../references.js"

/** An award: its id, or what an operation returned for it. */
export type AwardReference = AwardId | Award | AwardDetails

/** Returns the id of an award. `getAward` returns the award within its details. */
const idOfAward = (award: AwardReference): AwardId =>
  idOf(typeof award === "object" && award !== null && "award" in award ? award.award : award)

/** The fields of an award to create. */
export interface NewAward {
  /** At most 32 characters. */
  readonly title: string
  /** At most 512 characters. */
  readonly imageUrl: string
  readonly team: Team | TeamId
  /** The accounts to give it to. */
  readonly accounts: ReadonlyArray<Account | Snowflake>
}

/**
 * Creates an award. Needs the permission `manageAwards`. Fails with `NotFound` if the team or an account does not exist.
 */
export const createAward = Operation.make(SignedIn, endpoints.createAward, (award: NewAward) => ({
  body: { ...award, team: idOf(award.team), accounts: award.accounts.map(idOf) }
}))

/** Returns an award, with its team and the accounts that hold it. For any caller. Fails with `NotFound` if it does not exist. */
export const getAward = Operation.make(Authoriser, endpoints.getAward, (award: AwardReference) => ({
  award: idOfAward(award)
}))

/** Changes of an award. Absent fields stay as they are. An empty string is refused, since the server would ignore it. */
export interface AwardChanges {
  readonly title?: string | undefined
  readonly imageUrl?: string | undefined
  readonly team?: Team | TeamId | undefined
}

/** Changes an award. Needs the permission `manageAwards`. */
export const updateAward = Operation.make(
  SignedIn,
  endpoints.updateAward,
  (award: AwardReference, changes: AwardChanges) => ({
    award: idOfAward(award),
    body: { ...changes, team: changes.team && idOf(changes.team) }
  })
)

/** Deletes an award, and takes it from all accounts that hold it. Needs the permission `manageAwards`. */
export const deleteAward = Operation.make(SignedIn, endpoints.deleteAward, (award: AwardReference) => ({
  award: idOfAward(award)
}))

const awardAndAccount = (award: AwardReference, account: Account | Snowflake) => ({
  award: idOfAward(award),
  account: idOf(account)
})

/**
 * Gives an award to an account. Returns `Given`, or `AlreadyHeld` if the account already holds it. After a lost response,
 * `AlreadyHeld` may be the result of an earlier attempt. Needs the permission `manageAwards`.
 */
export const giveAward = Operation.make(SignedIn, endpoints.giveAward, awardAndAccount)

/**
 * Takes an award from an account. Needs the permission `manageAwards`. Fails with `NotFound` if the account does not hold it.
 */
export const takeAward = Operation.make(SignedIn, endpoints.takeAward, awardAndAccount)
