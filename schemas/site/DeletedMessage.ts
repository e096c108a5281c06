import * as Schema from "effect/Schema"
import * as Snowflake from "../../src/Snowflake.js"
import { eachOnce } from "./eachOnce.js"
import { Id } from "./Id.js"
import { blankableTextUpTo } from "./Text.js"
import { Timestamp } from "./Timestamp.js"
import { urlUpTo } from "./Url.js"

/** The id of a deletion context. */
export const DeletionContextId = Schema.Int.pipe(Schema.positive(), Schema.brand("site/DeletionContextId"))
export type DeletionContextId = typeof DeletionContextId.Type

const deletedMessage = Schema.Struct({
  id: Snowflake.FromInteger,
  author: Snowflake.FromInteger,
  channelId: Schema.propertySignature(Snowflake.FromInteger).pipe(Schema.fromKey("channel_id")),
  content: Schema.String,
  embeds: Schema.Array(Schema.Unknown),
  attachments: Schema.Array(Schema.String),
  deletionContext: Schema.propertySignature(DeletionContextId).pipe(Schema.fromKey("deletion_context"))
}).annotations({ identifier: "DeletedMessage" })
/** A message that was deleted. `embeds` are those of Discord's API, as JSON; `attachments` are URLs. */
export interface DeletedMessage extends Schema.Schema.Type<typeof deletedMessage> {}
/** A `DeletedMessage` on the wire. */
export interface DeletedMessageEncoded extends Schema.Schema.Encoded<typeof deletedMessage> {}
export const DeletedMessage: Schema.Schema<DeletedMessage, DeletedMessageEncoded> = deletedMessage

const deletionContext = Schema.Struct({
  id: DeletionContextId,
  actor: Schema.NullOr(Snowflake.FromInteger),
  creation: Timestamp,
  messages: Schema.propertySignature(Schema.Array(DeletedMessage)).pipe(Schema.fromKey("deletedmessage_set"))
}).annotations({ identifier: "DeletionContext" })
/** Messages that were deleted together. `actor` is the user that deleted them, or null. */
export interface DeletionContext extends Schema.Schema.Type<typeof deletionContext> {}
/** A `DeletionContext` on the wire. */
export interface DeletionContextEncoded extends Schema.Schema.Encoded<typeof deletionContext> {}
export const DeletionContext: Schema.Schema<DeletionContext, DeletionContextEncoded> = deletionContext

/**
 * The body of `POST bot/deleted-messages`. The server requires the key `actor`, and responds to a message that is given twice with a 500.
 */
export const DeletionForm = Schema.Struct({
  actor: Schema.NullOr(Id),
  creation: Timestamp,
  messages: Schema.propertySignature(
    Schema.Array(
      Schema.Struct({
        id: Id,
        author: Id,
        channelId: Schema.propertySignature(Id).pipe(Schema.fromKey("channel_id")),
        content: Schema.optional(blankableTextUpTo(4000)),
        embeds: Schema.optional(Schema.Array(Schema.Unknown)),
        attachments: Schema.optional(Schema.Array(urlUpTo(512)))
      })
    ).pipe(Schema.filter(eachOnce("message")))
  ).pipe(Schema.fromKey("deletedmessage_set"))
})
