import * as Schema from "effect/Schema"
import * as Snowflake from "../../src/Snowflake.js"
import { Id } from "./Id.js"
import { BlankableText } from "./Text.js"
import { Timestamp } from "./Timestamp.js"

/** The id of a nomination. */
export const NominationId = Schema.Int.pipe(Schema.positive(), Schema.brand("site/NominationId"))
export type NominationId = typeof NominationId.Type

const endorsement = Schema.Struct({
  actor: Snowflake.FromInteger,
  reason: Schema.String,
  insertedAt: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("inserted_at"))
}).annotations({ identifier: "Endorsement" })
/** The entry of one moderator in a nomination. The reason may be empty. */
export interface Endorsement extends Schema.Schema.Type<typeof endorsement> {}
/** An `Endorsement` on the wire. */
export interface EndorsementEncoded extends Schema.Schema.Encoded<typeof endorsement> {}
export const Endorsement: Schema.Schema<Endorsement, EndorsementEncoded> = endorsement

/** The fields of a nomination beside its entries. */
const fields = (() => ({
  id: NominationId,
  active: Schema.Boolean,
  user: Snowflake.FromInteger,
  insertedAt: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("inserted_at")),
  endReason: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("end_reason")),
  endedAt: Schema.propertySignature(Schema.NullOr(Timestamp)).pipe(Schema.fromKey("ended_at")),
  reviewed: Schema.Boolean,
  threadId: Schema.propertySignature(Schema.NullOr(Snowflake.FromInteger)).pipe(Schema.fromKey("thread_id"))
}))()

const nomination = Schema.Struct({ ...fields, entries: Schema.Array(Endorsement) }).annotations({
  identifier: "Nomination"
})
/**
 * The nomination of a user as a helper.
 *
 * - `entries`: those of the moderators that nominate the user, the newest first
 * - `endReason`: empty while it is active
 * - `endedAt`: null while it is active
 * - `threadId`: the id of the thread of its review, or null
 */
export interface Nomination extends Schema.Schema.Type<typeof nomination> {}
/** A `Nomination` on the wire. */
export interface NominationEncoded extends Schema.Schema.Encoded<typeof nomination> {}
export const Nomination: Schema.Schema<Nomination, NominationEncoded> = nomination

const nominationState = Schema.Struct(fields).annotations({ identifier: "NominationState" })
/** A nomination without its entries. */
export interface NominationState extends Schema.Schema.Type<typeof nominationState> {}
/** A `NominationState` on the wire. */
export interface NominationStateEncoded extends Schema.Schema.Encoded<typeof nominationState> {}
export const NominationState: Schema.Schema<NominationState, NominationStateEncoded> = nominationState

/** The body of `POST bot/nominations`. */
export const NominationForm = Schema.Struct({
  user: Id,
  actor: Id,
  reason: Schema.optional(BlankableText),
  threadId: Schema.optional(Schema.NullOr(Id)).pipe(Schema.fromKey("thread_id"))
})

/** The body of `PATCH bot/nominations/{id}` that changes the reason of an entry. */
export const EndorsementForm = Schema.Struct({ actor: Id, reason: BlankableText })

/** The body of `PATCH bot/nominations/{id}` that ends an active nomination. */
export const EndNominationForm = Schema.Struct({
  active: Schema.Literal(false),
  endReason: Schema.propertySignature(BlankableText).pipe(Schema.fromKey("end_reason"))
})

/** The body of `PATCH bot/nominations/{id}` for a nomination that has ended. */
export const EndReasonForm = Schema.Struct({
  endReason: Schema.propertySignature(BlankableText).pipe(Schema.fromKey("end_reason"))
})

/** The body of `PATCH bot/nominations/{id}` for the review of an active nomination. */
export const ReviewForm = Schema.Struct({
  reviewed: Schema.optional(Schema.Boolean),
  threadId: Schema.optional(Schema.NullOr(Id)).pipe(Schema.fromKey("thread_id"))
})
