import * as Schema from "effect/Schema"
import * as Snowflake from "../../src/Snowflake.js"
import { Id } from "./Id.js"
import { textUpTo } from "./Text.js"
import { Timestamp } from "./Timestamp.js"
import { urlUpTo } from "./Url.js"

/** The id of a reminder. */
export const ReminderId = Schema.Int.pipe(Schema.positive(), Schema.brand("site/ReminderId"))
export type ReminderId = typeof ReminderId.Type

const reminder = Schema.Struct({
  id: ReminderId,
  active: Schema.Boolean,
  author: Snowflake.FromInteger,
  jumpUrl: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("jump_url")),
  channelId: Schema.propertySignature(Snowflake.FromInteger).pipe(Schema.fromKey("channel_id")),
  content: Schema.String,
  expiration: Timestamp,
  mentions: Schema.Array(Snowflake.FromInteger),
  failures: Schema.Int
}).annotations({ identifier: "Reminder" })
/**
 * A reminder of a user.
 *
 * - `active`: false after it was sent or deleted
 * - `mentions`: the ids of users and roles that are mentioned with it
 * - `failures`: the number of times that it could not be sent
 */
export interface Reminder extends Schema.Schema.Type<typeof reminder> {}
/** A `Reminder` on the wire. */
export interface ReminderEncoded extends Schema.Schema.Encoded<typeof reminder> {}
export const Reminder: Schema.Schema<Reminder, ReminderEncoded> = reminder

const Content = textUpTo(1500)
const JumpUrl = urlUpTo(88)
const Failures = Schema.Int.pipe(Schema.between(-2_147_483_648, 2_147_483_647))

/** The fields that the server does not require. */
const optional = () => ({
  mentions: Schema.optional(Schema.Array(Id)),
  active: Schema.optional(Schema.Boolean),
  failures: Schema.optional(Failures)
})

/** The fields of a whole reminder. */
const fields = () => ({
  author: Id,
  channelId: Schema.propertySignature(Id).pipe(Schema.fromKey("channel_id")),
  content: Content,
  expiration: Timestamp,
  jumpUrl: Schema.propertySignature(JumpUrl).pipe(Schema.fromKey("jump_url")),
  ...optional()
})

/** The body of `POST bot/reminders` and `PUT bot/reminders/{id}`. */
export const ReminderForm = Schema.Struct(fields())

/** The fields of a change. */
const changes = () => ({
  author: Schema.optional(Id),
  channelId: Schema.optional(Id).pipe(Schema.fromKey("channel_id")),
  content: Schema.optional(Content),
  expiration: Schema.optional(Timestamp),
  jumpUrl: Schema.optional(JumpUrl).pipe(Schema.fromKey("jump_url")),
  ...optional()
})

/** The body of `PATCH bot/reminders/{id}`. */
export const ReminderChangesForm = Schema.Struct(changes())
