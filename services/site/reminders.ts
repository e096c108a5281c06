import type * as DateTime from "effect/DateTime"
import type { Reminder, ReminderId } from "../../schemas/site/Reminder.js"
import * as Operation from "../../src/Operation.js"
import type { Snowflake } from "../../src/Snowflake.js"
import { idOf, recordOf } from "../references.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/reminders.js"
import type { UserReference } from "./users.js"

export { Reminder, type ReminderEncoded, ReminderId } from "../../schemas/site/Reminder.js"

/** A reminder, or its id. */
export type ReminderReference = ReminderId | Pick<Reminder, "id">

/** Whether reminders that were sent or deleted are returned, too. Default: false. */
export interface IncludeInactive {
  readonly includeInactive?: boolean | undefined
}

/** Conditions for reminders. */
export interface ReminderQuery extends IncludeInactive {
  readonly author?: UserReference | undefined
  /** False implies `includeInactive`, without which the server returns none. */
  readonly active?: boolean | undefined
}

/** Returns the reminders that meet all conditions: only active ones, unless `includeInactive` is true or `active` is false. */
export const getReminders = Operation.make(Authoriser, endpoints.getReminders, (query: ReminderQuery = {}) => {
  const { active, author, includeInactive = active === false ? true : undefined } = recordOf(query)
  return { active, author: author && idOf(author), includeInactive }
})

/** A reminder to create. */
export interface NewReminder {
  readonly author: UserReference
  /** The channel to which it is sent. */
  readonly channelId: Snowflake
  /** 1 to 1,500 characters. */
  readonly content: string
  /** When it is sent. The server accepts a time in the past. */
  readonly expiration: DateTime.Utc
  /** A link to the message by which it was created. At most 88 characters. */
  readonly jumpUrl: string
  /** The ids of users and roles to mention. Default: none. */
  readonly mentions?: ReadonlyArray<Snowflake> | undefined
  /** Default: true. */
  readonly active?: boolean | undefined
  /** Default: 0. */
  readonly failures?: number | undefined
}

/** Creates a reminder. Fails with `UnknownReference` if the site does not know the author. */
export const createReminder = Operation.make(
  Authoriser,
  endpoints.createReminder,
  ({ author, ...others }: NewReminder) => ({ body: { ...others, author: idOf(author) } })
)

/** Returns a reminder. Fails with `NotFound` if it does not exist, and if it is inactive, unless `includeInactive` is true. */
export const getReminder = Operation.make(
  Authoriser,
  endpoints.getReminder,
  (reminder: ReminderReference, options: IncludeInactive = {}) => ({
    id: idOf(reminder),
    includeInactive: recordOf(options).includeInactive
  })
)

/**
 * Replaces a reminder. Fails with `NotFound` if there is no active one with this id, and with `UnknownReference` if the site does not know
 * the author.
 */
export const replaceReminder = Operation.make(
  Authoriser,
  endpoints.replaceReminder,
  (reminder: ReminderReference, { author, ...others }: NewReminder) => ({
    id: idOf(reminder),
    body: { ...others, author: idOf(author) }
  })
)

/** Changes of a reminder. Absent fields stay as they are. */
export type ReminderChanges = { readonly [Name in keyof NewReminder]?: NewReminder[Name] | undefined }

/**
 * Changes a reminder. Fails with `NotFound` if there is no active one with this id, and with `UnknownReference` if the site does not know
 * the author. After a lost response to `active: false`, `NotFound` may be the result of an earlier attempt.
 */
export const updateReminder = Operation.make(
  Authoriser,
  endpoints.updateReminder,
  (reminder: ReminderReference, changes: ReminderChanges) => ({
    id: idOf(reminder),
    body: { ...recordOf(changes), author: changes.author && idOf(changes.author) }
  })
)

/**
 * Deletes a reminder: it becomes inactive, and is returned with `includeInactive` only. Fails with `NotFound` if there is no active one with
 * this id. After a lost response, `NotFound` may be the result of an earlier attempt.
 */
export const deleteReminder = Operation.make(Authoriser, endpoints.deleteReminder, (reminder: ReminderReference) => ({
  id: idOf(reminder)
}))
