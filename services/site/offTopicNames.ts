import type { OffTopicName } from "../../schemas/site/OffTopicName.js"
import * as Operation from "../../src/Operation.js"
import { recordOf } from "../references.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/offTopicNames.js"

export { OffTopicChannelName, OffTopicName, type OffTopicNameEncoded } from "../../schemas/site/OffTopicName.js"

/** An off-topic name, or its text. */
export type OffTopicNameReference = string | Pick<OffTopicName, "name">

const textOf = (name: OffTopicNameReference): string => (typeof name === "object" && name !== null ? name.name : name)

/** What changes about an off-topic name. What is absent stays as it is. The name itself can't be changed: the server would make a second one. */
export interface OffTopicNameChanges {
  readonly used?: boolean | undefined
  readonly active?: boolean | undefined
}

/**
 * Returns the texts of all off-topic names, or of those that are active or not. Has no side effect.
 *
 * - `active`: those that can be taken (true) or can't (false). Default: all
 */
export const getOffTopicNames = Operation.make(Authoriser, endpoints.getOffTopicNames)

/**
 * Takes a number of random active names, at least one, preferably such that were not taken before, and marks them as used. After the last
 * unused name a new round begins, and all others are marked as not used.
 *
 * The request is a GET that changes something. It is neither cached nor shared with other calls, and not sent again once its outcome is
 * unknown, since names that no program received would be marked as used.
 *
 * @example
 * ```ts
 * import * as Site from "effect-herald/site"
 *
 * const forToday = Site.takeRandomOffTopicNames(3)
 * ```
 */
export const takeRandomOffTopicNames = Operation.make(
  Authoriser,
  endpoints.takeRandomOffTopicNames,
  (count: number) => ({ count })
)

/**
 * Creates an off-topic name, and returns its text. See `OffTopicChannelName` for its characters. Fails with `AlreadyExists` if there is
 * one.
 */
export const createOffTopicName = Operation.make(Authoriser, endpoints.createOffTopicName, (name: string) => ({ name }))

/** Returns an off-topic name. Fails with `NotFound` if it does not exist. */
export const getOffTopicName = Operation.make(Authoriser, endpoints.getOffTopicName, (name: OffTopicNameReference) => ({
  name: textOf(name)
}))

/** Sets whether an off-topic name is used and active, by a PUT. */
export const replaceOffTopicName = Operation.make(
  Authoriser,
  endpoints.replaceOffTopicName,
  (name: OffTopicNameReference, flags: OffTopicNameChanges) => ({
    name: textOf(name),
    body: { ...recordOf(flags), name: textOf(name) }
  })
)

/** Sets whether an off-topic name is used or active, by a PATCH. */
export const updateOffTopicName = Operation.make(
  Authoriser,
  endpoints.updateOffTopicName,
  (name: OffTopicNameReference, flags: OffTopicNameChanges) => ({ name: textOf(name), body: flags })
)

/** Deletes an off-topic name. */
export const deleteOffTopicName = Operation.make(
  Authoriser,
  endpoints.deleteOffTopicName,
  (name: OffTopicNameReference) => ({ name: textOf(name) })
)
