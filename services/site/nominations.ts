import type { Nomination, NominationId } from "../../schemas/site/Nomination.js"
import * as Operation from "../../src/Operation.js"
import type { Snowflake } from "../../src/Snowflake.js"
import { idOf, recordOf } from "../references.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/nominations.js"
import type { UserReference } from "./users.js"

export {
  Endorsement,
  type EndorsementEncoded,
  Nomination,
  type NominationEncoded,
  NominationId,
  NominationState,
  type NominationStateEncoded
} from "../../schemas/site/Nomination.js"

/** A nomination, or its id. */
export type NominationReference = NominationId | Pick<Nomination, "id">

/** Conditions for nominations, and their order. */
export interface NominationQuery {
  readonly user?: UserReference | undefined
  readonly active?: boolean | undefined
  readonly reviewed?: boolean | undefined
  /** Default: the newest first. */
  readonly order?: "newest first" | "oldest first" | undefined
}

/** Returns the nominations that meet all conditions. */
export const getNominations = Operation.make(Authoriser, endpoints.getNominations, (query: NominationQuery = {}) => ({
  ...recordOf(query),
  user: query.user && idOf(query.user)
}))

/** A nomination to create, or to endorse. */
export interface NewNomination {
  readonly user: UserReference
  /** The moderator that nominates the user. */
  readonly actor: UserReference
  /** May be blank. */
  readonly reason?: string | undefined
  readonly threadId?: Snowflake | null | undefined
}

/**
 * Nominates a user. If the user has an active nomination, an entry is added to it, and it is returned. Fails with `AlreadyExists` if it has
 * an entry of this moderator, and with `UnknownReference` if the site does not know the user or the moderator. After an unknown moderator
 * the server keeps a nomination without an entry: a later call for the same user adds its entry to that one.
 */
export const createNomination = Operation.make(
  Authoriser,
  endpoints.createNomination,
  ({ actor, user, ...others }: NewNomination) => ({ body: { ...others, user: idOf(user), actor: idOf(actor) } })
)

/** Returns a nomination. Fails with `NotFound` if it does not exist. */
export const getNomination = Operation.make(Authoriser, endpoints.getNomination, (nomination: NominationReference) => ({
  id: idOf(nomination)
}))

/**
 * Changes the reason of a moderator's entry in a nomination. Returns the nomination without its entries, since the server's response has
 * the former reason. Fails with `NotFound` if the nomination does not exist, and with `BadRequest` if it has ended, or has no entry of
 * this moderator.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import type { Snowflake } from "effect-herald"
 * import * as Site from "effect-herald/site"
 *
 * const change = (nomination: Site.Nomination, actor: Snowflake.Snowflake, reason: string) =>
 *   Effect.zipRight(Site.updateEndorsement(nomination, { actor, reason }), Site.getNomination(nomination))
 * ```
 */
export const updateEndorsement = Operation.make(
  Authoriser,
  endpoints.updateEndorsement,
  (nomination: NominationReference, { actor, reason }: { readonly actor: UserReference; readonly reason: string }) => ({
    id: idOf(nomination),
    body: { actor: idOf(actor), reason }
  })
)

/**
 * Ends an active nomination. Fails with `NotFound` if it does not exist, and with `BadRequest` if it has ended. It is not retried once its
 * outcome is unknown.
 */
export const endNomination = Operation.make(
  Authoriser,
  endpoints.endNomination,
  (nomination: NominationReference, { endReason }: { readonly endReason: string }) => ({
    id: idOf(nomination),
    body: { active: false as const, endReason }
  })
)

/** Changes the reason for which a nomination has ended. Fails with `NotFound` if it does not exist, and with `BadRequest` if it is active. */
export const updateEndReason = Operation.make(
  Authoriser,
  endpoints.updateEndReason,
  (nomination: NominationReference, { endReason }: { readonly endReason: string }) => ({
    id: idOf(nomination),
    body: { endReason }
  })
)

/** Changes of the review of a nomination. Absent fields stay as they are. */
export interface NominationChanges {
  readonly reviewed?: boolean | undefined
  /** The thread of the review. */
  readonly threadId?: Snowflake | null | undefined
}

/**
 * Changes the review of an active nomination. Fails with `NotFound` if it does not exist, and with `BadRequest` if it has ended. Entries and the
 * end of a nomination have functions of their own: `createNomination`, `updateEndorsement`, `endNomination`, `updateEndReason`.
 */
export const updateNomination = Operation.make(
  Authoriser,
  endpoints.updateNomination,
  (nomination: NominationReference, changes: NominationChanges) => ({ id: idOf(nomination), body: changes })
)
