import * as Schema from "effect/Schema"
import { Account } from "./Account.js"
import { Team } from "./Team.js"

/** The events that an app can be told of. */
export const CallbackEvent = /*#__PURE__*/ Schema.Literal("account_team_update")
export type CallbackEvent = typeof CallbackEvent.Type

/** The id of a callback; overwriting one gives it a new id. */
export const CallbackId = /*#__PURE__*/ Schema.Int.pipe(/*#__PURE__*/ Schema.brand("polympics/CallbackId"))
export type CallbackId = typeof CallbackId.Type

/** A callback that an app registered. Its secret is never shown. */
export const Callback = /*#__PURE__*/ Schema.Struct({
  id: CallbackId,
  event: CallbackEvent,
  url: Schema.String
}).annotations({ identifier: "Callback" })
export interface Callback extends Schema.Schema.Type<typeof Callback> {}

/** What the API posts when an account joins, changes or leaves a team; `team` is where it is now. */
export const AccountTeamUpdate = /*#__PURE__*/ Schema.Struct({
  account: Account,
  team: /*#__PURE__*/ Schema.NullOr(Team)
}).annotations({ identifier: "AccountTeamUpdate" })
export interface AccountTeamUpdate extends Schema.Schema.Type<typeof AccountTeamUpdate> {}
