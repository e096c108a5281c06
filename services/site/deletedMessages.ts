import type * as DateTime from "effect/DateTime"
import * as Operation from "../../src/Operation.js"
import type { Snowflake } from "../../src/Snowflake.js"
import { idOf } from "../references.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/deletedMessages.js"
import type { UserReference } from "./users.js"

export {
  DeletedMessage,
  type DeletedMessageEncoded,
  DeletionContext,
  type DeletionContextEncoded,
  DeletionContextId
} from "../../schemas/site/DeletedMessage.js"

/** A message that was deleted, to store. */
export interface NewDeletedMessage {
  readonly id: Snowflake
  readonly author: UserReference
  readonly channelId: Snowflake
  /** At most 4,000 characters. Default: empty. */
  readonly content?: string | undefined
  /** The embeds, as Discord's API has them. Default: none. */
  readonly embeds?: ReadonlyArray<unknown> | undefined
  /** URLs of at most 512 characters. Default: none. */
  readonly attachments?: ReadonlyArray<string> | undefined
}

/** Messages that were deleted together, to store. */
export interface NewDeletion {
  /** The user that deleted them, or null. */
  readonly actor: UserReference | null
  readonly creation: DateTime.Utc
  readonly messages: ReadonlyArray<NewDeletedMessage>
}

/**
 * Stores messages that were deleted. Fails with `UnknownReference` if the site does not know the actor, and with `BadRequest` if it refuses one of the
 * messages, such as one whose author it does not know, or one that is stored; its `issues` name the message by its index. A message that is given twice
 * is refused before sending.
 */
export const createDeletedMessages = Operation.make(
  Authoriser,
  endpoints.createDeletedMessages,
  ({ actor, creation, messages }: NewDeletion) => ({
    body: {
      actor: actor && idOf(actor),
      creation,
      messages: messages.map((message) => ({ ...message, author: idOf(message.author) }))
    }
  })
)
