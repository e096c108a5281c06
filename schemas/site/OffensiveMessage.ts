import * as Schema from "effect/Schema"
import * as Snowflake from "../../src/Snowflake.js"
import { Id } from "./Id.js"
import { Timestamp } from "./Timestamp.js"

const offensiveMessage = Schema.Struct({
  id: Snowflake.FromInteger,
  channelId: Schema.propertySignature(Snowflake.FromInteger).pipe(Schema.fromKey("channel_id")),
  deleteDate: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("delete_date"))
}).annotations({ identifier: "OffensiveMessage" })
/** An offensive message, which is deleted at `deleteDate`. */
export interface OffensiveMessage extends Schema.Schema.Type<typeof offensiveMessage> {}
/** An `OffensiveMessage` on the wire. */
export interface OffensiveMessageEncoded extends Schema.Schema.Encoded<typeof offensiveMessage> {}
export const OffensiveMessage: Schema.Schema<OffensiveMessage, OffensiveMessageEncoded> = offensiveMessage

/** The body of `POST bot/offensive-messages`. */
export const OffensiveMessageForm = Schema.Struct({
  id: Id,
  channelId: Schema.propertySignature(Id).pipe(Schema.fromKey("channel_id")),
  deleteDate: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("delete_date"))
})

/** The body of `PATCH bot/offensive-messages/{id}`. */
export const OffensiveMessageChangesForm = Schema.Struct({
  deleteDate: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("delete_date"))
})
