import type { MailingList } from "../../schemas/site/MailingList.js"
import * as Operation from "../../src/Operation.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/mailingLists.js"

export { AlreadyKnown, MailingList, type MailingListEncoded } from "../../schemas/site/MailingList.js"

/** A mailing list, or its name. */
export type MailingListReference = string | Pick<MailingList, "name">

const nameOf = (list: MailingListReference): string => (typeof list === "object" && list !== null ? list.name : list)

/** Returns all mailing lists. */
export const getMailingLists = Operation.make(Authoriser, endpoints.getMailingLists)

/**
 * Creates a mailing list without items, by its name of at most 50 characters. A dot or a slash in it is refused: the API could never
 * address the list. Fails with `AlreadyExists` if there is one. The API does not delete mailing lists.
 */
export const createMailingList = Operation.make(Authoriser, endpoints.createMailingList, (name: string) => ({
  body: { name }
}))

/** Returns a mailing list. Fails with `NotFound` if it does not exist. */
export const getMailingList = Operation.make(Authoriser, endpoints.getMailingList, (list: MailingListReference) => ({
  list: nameOf(list)
}))

/**
 * Adds an item of at most 100 characters to the seen items of a mailing list. Fails with `AlreadyKnown` if it is one of them.
 *
 * Adding an item twice has the effect of adding it once, so that the request is retried, and after a lost response `AlreadyKnown` may be the
 * result of an earlier attempt. A program that needs the item to be known, and nothing else, ignores the error.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as Site from "effect-herald/site"
 *
 * const remember = (list: Site.MailingList, id: string) =>
 *   Effect.catchTag(Site.addSeenItem(list, id), "AlreadyKnown", () => Effect.void)
 * ```
 */
export const addSeenItem = Operation.make(
  Authoriser,
  endpoints.addSeenItem,
  (list: MailingListReference, item: string) => ({ list: nameOf(list), body: item })
)
