import * as Schema from "effect/Schema"
import * as Snowflake from "../../src/Snowflake.js"
import { Timestamp } from "./Timestamp.js"
import { User, UserWithAlts } from "./User.js"

/** The id of an infraction. */
export const InfractionId = Schema.Int.pipe(Schema.positive(), Schema.brand("site/InfractionId"))
export type InfractionId = typeof InfractionId.Type

/** The type of an infraction. */
export const InfractionType = Schema.Literal(
  "note",
  "warning",
  "watch",
  "timeout",
  "kick",
  "ban",
  "superstar",
  "voice_ban",
  "voice_mute"
)
export type InfractionType = typeof InfractionType.Type

/** The fields of an infraction beside the user and the actor. */
const fields = (() => ({
  id: InfractionId,
  insertedAt: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("inserted_at")),
  lastApplied: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("last_applied")),
  expiresAt: Schema.propertySignature(Schema.NullOr(Timestamp)).pipe(Schema.fromKey("expires_at")),
  active: Schema.Boolean,
  type: InfractionType,
  reason: Schema.NullOr(Schema.String),
  hidden: Schema.Boolean,
  dmSent: Schema.propertySignature(Schema.NullOr(Schema.Boolean)).pipe(Schema.fromKey("dm_sent")),
  jumpUrl: Schema.propertySignature(Schema.NullOr(Schema.String)).pipe(Schema.fromKey("jump_url"))
}))()

const infraction = Schema.Struct({
  ...fields,
  user: Snowflake.FromInteger,
  actor: Snowflake.FromInteger
}).annotations({ identifier: "Infraction" })
/**
 * An infraction, or a note about a user.
 *
 * - `user`, `actor`: the ids of the user, and of the moderator
 * - `expiresAt`: null if it does not expire
 * - `active`: true while it is enforced
 * - `hidden`: true if the user does not see it
 * - `dmSent`: whether the user was told by a message; null if that is not known
 */
export interface Infraction extends Schema.Schema.Type<typeof infraction> {}
/** An `Infraction` on the wire. */
export interface InfractionEncoded extends Schema.Schema.Encoded<typeof infraction> {}
export const Infraction: Schema.Schema<Infraction, InfractionEncoded> = infraction

const expandedInfraction = Schema.Struct({ ...fields, user: UserWithAlts, actor: User }).annotations({
  identifier: "ExpandedInfraction"
})
/** An infraction with the user and the moderator, in place of their ids. */
export interface ExpandedInfraction extends Schema.Schema.Type<typeof expandedInfraction> {}
/** An `ExpandedInfraction` on the wire. */
export interface ExpandedInfractionEncoded extends Schema.Schema.Encoded<typeof expandedInfraction> {}
export const ExpandedInfraction: Schema.Schema<ExpandedInfraction, ExpandedInfractionEncoded> = expandedInfraction
