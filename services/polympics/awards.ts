import type { Account, AccountId } from "../../schemas/polympics/Account.js"
import type { Award, AwardId } from "../../schemas/polympics/Award.js"
import type { Team, TeamId } from "../../schemas/polympics/Team.js"
import * as Operation from "../../src/Operation.js"
import { Authoriser, SignedIn } from "./Authoriser.js"
import * as endpoints from "./endpoints/awards.js"
import { idOf } from "./references.js"

/** An award that is to be. */
export interface NewAward {
  /** At most 32 characters. */
  readonly title: string
  /** At most 512 characters. */
  readonly imageUrl: string
  readonly team: Team | TeamId
  /** Who gets it at once. */
  readonly accounts: ReadonlyArray<Account | AccountId>
}

/** Creates an award. For those who may `manageAwards`. Fails with `NotFound` if the team or an account is not there. */
export const createAward = /*#__PURE__*/ Operation.make(SignedIn, endpoints.createAward, (award: NewAward) => ({
  payload: { ...award, team: idOf(award.team), accounts: award.accounts.map(idOf) }
}))

/** An award, with its team and the accounts that have it. For anyone. Fails with `NotFound` if it is not there. */
export const getAward = /*#__PURE__*/ Operation.make(Authoriser, endpoints.getAward, (award: Award | AwardId) => ({
  path: { award: idOf(award) }
}))

/** What to change of an award. What is absent stays; an empty text, which the server would ignore, is refused. */
export interface AwardChanges {
  readonly title?: string | undefined
  readonly imageUrl?: string | undefined
  readonly team?: Team | TeamId | undefined
}

/** Changes an award. For those who may `manageAwards`. */
export const updateAward = /*#__PURE__*/ Operation.make(
  SignedIn,
  endpoints.updateAward,
  (award: Award | AwardId, changes: AwardChanges) => ({
    path: { award: idOf(award) },
    payload: { ...changes, team: changes.team && idOf(changes.team) }
  })
)

/** Deletes an award, and takes it from all who have it. For those who may `manageAwards`. */
export const deleteAward = /*#__PURE__*/ Operation.make(SignedIn, endpoints.deleteAward, (award: Award | AwardId) => ({
  path: { award: idOf(award) }
}))

const holding = (award: Award | AwardId, account: Account | AccountId) => ({
  path: { award: idOf(award), account: idOf(account) }
})

/** Gives an award to an account: `Given`, or `AlreadyHeld`, also by an attempt whose answer was lost. For those who may `manageAwards`. */
export const giveAward = /*#__PURE__*/ Operation.make(SignedIn, endpoints.giveAward, holding)

/** Takes an award from an account. For those who may `manageAwards`. Fails with `NotFound` if it does not have it. */
export const takeAward = /*#__PURE__*/ Operation.make(SignedIn, endpoints.takeAward, holding)
