import type * as DateTime from "effect/DateTime"
import type { OffensiveMessage } from "../../schemas/site/OffensiveMessage.js"
import * as Operation from "../../src/Operation.js"
import type { Snowflake } from "../../src/Snowflake.js"
import { idOf } from "../references.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/offensiveMessages.js"

export { OffensiveMessage, type OffensiveMessageEncoded } from "../../schemas/site/OffensiveMessage.js"

/** An offensive message, or the id of the message. */
export type OffensiveMessageReference = Snowflake | Pick<OffensiveMessage, "id">

/** Returns all offensive messages. The server returns no single one. */
export const getOffensiveMessages = Operation.make(Authoriser, endpoints.getOffensiveMessages)

/** An offensive message to store. */
export interface NewOffensiveMessage {
  /** The id of the message. */
  readonly id: Snowflake
  readonly channelId: Snowflake
  /** When the message is to be deleted. The server refuses a time in the past. */
  readonly deleteDate: DateTime.Utc
}

/**
 * Stores an offensive message. Fails with `AlreadyExists` if it is stored, and with `BadRequest` if the time of its deletion is not in the future.
 */
export const createOffensiveMessage = Operation.make(
  Authoriser,
  endpoints.createOffensiveMessage,
  (message: NewOffensiveMessage) => ({ body: message })
)

/**
 * Changes when an offensive message is to be deleted: the server changes nothing else. Fails with `NotFound` if it is not stored, and with
 * `BadRequest` if the time is not in the future.
 */
export const updateOffensiveMessage = Operation.make(
  Authoriser,
  endpoints.updateOffensiveMessage,
  (message: OffensiveMessageReference, { deleteDate }: Pick<NewOffensiveMessage, "deleteDate">) => ({
    id: idOf(message),
    body: { deleteDate }
  })
)

/** Removes an offensive message from the store. Fails with `NotFound` if it is not stored. */
export const deleteOffensiveMessage = Operation.make(
  Authoriser,
  endpoints.deleteOffensiveMessage,
  (message: OffensiveMessageReference) => ({ id: idOf(message) })
)
