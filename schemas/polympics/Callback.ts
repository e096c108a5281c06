import * as Schema from "effect/Schema"
import { Account } from "./Account.js"
import { Team } from "./Team.js"

/** The events that an app can register a callback for. */
export const CallbackEvent = Schema.Literal("account_team_update")
export type CallbackEvent = typeof CallbackEvent.Type

/** The id of a callback. A callback that replaces another has a new id. */
export const CallbackId = Schema.Int.pipe(Schema.brand("polympics/CallbackId"))
export type CallbackId = typeof CallbackId.Type

const callback = Schema.Struct({
  id: CallbackId,
  event: CallbackEvent,
  url: Schema.String
}).annotations({ identifier: "Callback" })
/** A callback that an app registered. The API does not return its secret. */
export interface Callback extends Schema.Schema.Type<typeof callback> {}
/** A `Callback` on the wire. */
export interface CallbackEncoded extends Schema.Schema.Encoded<typeof callback> {}
export const Callback: Schema.Schema<Callback, CallbackEncoded> = callback

const accountTeamUpdate = Schema.Struct({
  account: Account,
  team: Schema.NullOr(Team)
}).annotations({ identifier: "AccountTeamUpdate" })
/**
 * The event that the API posts after an update of an account's team, even if the team stays the same. `team` is the account's new team.
 * It is not posted when an account is created or deleted, or its team is deleted.
 *
 * It holds a snapshot from amid the update. The name, discriminator, avatar and team that the update sets are the new ones. The
 * number of members of the team, the permissions, and a name that is taken over from Discord are as before the update. Use
 * `getAccount` for those after it.
 */
export interface AccountTeamUpdate extends Schema.Schema.Type<typeof accountTeamUpdate> {}
/** An `AccountTeamUpdate` on the wire. */
export interface AccountTeamUpdateEncoded extends Schema.Schema.Encoded<typeof accountTeamUpdate> {}
export const AccountTeamUpdate: Schema.Schema<AccountTeamUpdate, AccountTeamUpdateEncoded> = accountTeamUpdate
