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
/** The event that the API posts when an account joins, changes or leaves a team. `team` is the account's new team. */
export interface AccountTeamUpdate extends Schema.Schema.Type<typeof accountTeamUpdate> {}
/** An `AccountTeamUpdate` on the wire. */
export interface AccountTeamUpdateEncoded extends Schema.Schema.Encoded<typeof accountTeamUpdate> {}
export const AccountTeamUpdate: Schema.Schema<AccountTeamUpdate, AccountTeamUpdateEncoded> = accountTeamUpdate
