import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { Infraction, InfractionId, InfractionType } from "../../schemas/site/Infraction.js"
import type { InfractionOrder } from "../../schemas/site/infractionForms.js"
import * as Operation from "../../src/Operation.js"
import * as Pagination from "../../src/Pagination.js"
import { idOf, recordOf } from "../references.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/infractions.js"
import type { UserReference } from "./users.js"

export {
  ExpandedInfraction,
  type ExpandedInfractionEncoded,
  Infraction,
  type InfractionEncoded,
  InfractionId,
  InfractionType
} from "../../schemas/site/Infraction.js"
export type { InfractionOrder } from "../../schemas/site/infractionForms.js"

/** An infraction, plain or expanded, or its id. With an infraction, changes that its type forbids are refused before sending. */
export type InfractionReference = InfractionId | (Pick<Infraction, "id"> & { readonly type?: InfractionType })

/** Conditions on the type of infractions: one type, or several. */
type TypeConditions =
  | { readonly type?: InfractionType | undefined; readonly types?: never }
  | { readonly type?: never; readonly types: NonEmptyReadonlyArray<InfractionType> }

/** Conditions on the expiry of infractions: none, or within these times. */
type ExpiryConditions =
  | { readonly permanent: true; readonly expiresAfter?: never; readonly expiresBefore?: never }
  | {
      /** False for those that expire. */
      readonly permanent?: false | undefined
      readonly expiresAfter?: DateTime.Utc | undefined
      readonly expiresBefore?: DateTime.Utc | undefined
    }

/** Conditions on the reason of infractions. */
type ReasonConditions =
  | {
      /** A text that the reason contains, in upper or lower case. */
      readonly reason?: string | undefined
      readonly search?: never
    }
  | {
      readonly reason?: never
      /**
       * A regular expression for the reason, in the syntax of PostgreSQL. The server splits it at white space and commas, and the reason
       * must match each part. It responds to an invalid expression with a 500.
       */
      readonly search: string
    }

/** Conditions for infractions, their order, and the size of a page. */
export type InfractionQuery = TypeConditions &
  ExpiryConditions &
  ReasonConditions & {
    readonly user?: UserReference | undefined
    readonly actor?: UserReference | undefined
    readonly active?: boolean | undefined
    readonly hidden?: boolean | undefined
    /** The fields to order by, of which the first counts most. Default: `id`, from the oldest to the newest. */
    readonly ordering?: NonEmptyReadonlyArray<InfractionOrder> | undefined
    /** The number of infractions that are requested at a time. Default: 100. The server has no maximum. */
    readonly pageSize?: number | undefined
  }

/** A page of infractions. */
export interface InfractionPage<A> {
  readonly items: ReadonlyArray<A>
  /** The number of infractions of a full page. */
  readonly pageSize: number
}

const defaultPageSize = 100

/**
 * Makes an expression that matches a text as it is. White space, commas, quotes and the operators of expressions are written by their
 * numbers, since the server splits an expression at the former. NUL and lone surrogates stay, so that the schema of texts refuses them.
 */
const literal = (text: string): string =>
  text.replace(
    /[^\0\p{L}\p{N}\p{Cs}\u{10000}-\u{10ffff}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

/** Appends the id, so that infractions that are equal in the other fields have an order, too, and no page repeats another one. */
const withId = (ordering: NonEmptyReadonlyArray<InfractionOrder> = ["id"]): NonEmptyReadonlyArray<InfractionOrder> =>
  ordering.some((field) => field === "id" || field === "-id")
    ? ordering
    : [...ordering, ordering[0].startsWith("-") ? "-id" : "id"]

const sizeOf = (query: InfractionQuery): number => recordOf(query).pageSize ?? defaultPageSize

/** Converts a query and the position of a page. It throws on a reason or an order that the types forbid, so that the operation refuses it. */
const toSearch = (query: InfractionQuery, offset: number) => {
  const { actor, ordering, pageSize: _, reason, search, user, ...others } = recordOf(query)
  return {
    ...others,
    user: user && idOf(user),
    actor: actor && idOf(actor),
    search: reason === undefined ? search : literal(reason),
    ordering: withId(ordering),
    limit: sizeOf(query),
    offset
  }
}

/** The list of an operation that returns a page as an array, without a total. The page is short at the end of the list. */
const byOffset = <A extends { readonly id: InfractionId }, E, R>(
  search: Operation.Operation<[query: InfractionQuery, offset: number], ReadonlyArray<A>, E, R>
) =>
  Pagination.offset(
    Pagination.requests(({ query: page }, query: InfractionQuery = {}) =>
      Effect.map(
        // The list sets its own parameter, `offset`, to a number.
        search.withResponse(query, Number(page["offset"])),
        // The same object: the list's errors have the details of the call that it belongs to.
        (response): Operation.Response<InfractionPage<A>> =>
          Object.assign(response, { value: { items: response.value, pageSize: sizeOf(query) } })
      )
    ),
    {
      items: (page) => page.items,
      identity: (infraction) => infraction.id,
      limit: (page: InfractionPage<A>) => page.pageSize,
      end: "shortPage"
    }
  )

/**
 * The infractions that meet all conditions, as a Stream. `with({ ahead })` requests pages in advance, `with({ from })` starts at an offset,
 * and `pages` returns the pages.
 *
 * They come from the oldest to the newest, so that those that are created while the list is read come last, and none is missed or received
 * twice. If others are deleted meanwhile, or no longer meet the conditions, as after they were made inactive, those at the border of two
 * pages are missed: collect a list before changing its items, or read it again. For the newest first, as the server orders them, set
 * `ordering` to `["-insertedAt"]`; infractions that are created meanwhile then move others to the next page, which are received twice.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import type { Snowflake } from "effect-herald"
 * import * as Site from "effect-herald/site"
 *
 * const bans = (user: Snowflake.Snowflake) =>
 *   Site.listInfractions({ user, type: "ban", active: true }).pipe(
 *     Stream.runForEach((infraction) => Effect.log(`${infraction.id}: ${infraction.reason ?? "no reason"}`))
 *   )
 *
 * const latest = Site.listInfractions({ ordering: ["-insertedAt"], pageSize: 10 }).pipe(Stream.take(10), Stream.runCollect)
 * ```
 */
export const listInfractions = byOffset(Operation.make(Authoriser, endpoints.listInfractions, toSearch))

/** The same list as `listInfractions`, with users in place of their ids. */
export const listExpandedInfractions = byOffset(Operation.make(Authoriser, endpoints.listExpandedInfractions, toSearch))

/** The fields of a new infraction of any type. */
interface NewInfractionFields {
  readonly user: UserReference
  /** The moderator. */
  readonly actor: UserReference
  /** Not blank. */
  readonly reason?: string | null | undefined
  readonly dmSent?: boolean | null | undefined
  /** A link to the message that it is about. At most 88 characters. */
  readonly jumpUrl?: string | null | undefined
  /** Default: now. */
  readonly insertedAt?: DateTime.Utc | undefined
  /** Default: now. */
  readonly lastApplied?: DateTime.Utc | undefined
}

/** The rules of the types of infractions: which can be active, expire, and be hidden. */
type TypeRules =
  | {
      readonly type: "note"
      readonly active?: false
      readonly hidden?: true
      readonly expiresAt?: DateTime.Utc | null | undefined
    }
  | { readonly type: "warning"; readonly active?: false; readonly hidden?: false; readonly expiresAt?: null }
  | { readonly type: "kick"; readonly active?: false; readonly hidden?: boolean; readonly expiresAt?: null }
  | {
      readonly type: "watch" | "timeout" | "ban"
      readonly active: boolean
      readonly hidden?: boolean | undefined
      /** Default: it does not expire. */
      readonly expiresAt?: DateTime.Utc | null | undefined
    }
  | {
      readonly type: "superstar" | "voice_ban" | "voice_mute"
      readonly active: boolean
      readonly hidden?: false
      /** Default: it does not expire. */
      readonly expiresAt?: DateTime.Utc | null | undefined
    }

/**
 * An infraction to create.
 *
 * - A `note` is never active, and always hidden
 * - A `warning` is never active or hidden, and does not expire
 * - A `kick` is never active, and does not expire
 * - A `superstar`, `voice_ban` or `voice_mute` is never hidden
 */
export type NewInfraction = NewInfractionFields & TypeRules

/** Sets what follows from the type: the server requires `active`, and that a note is hidden. */
const toForm = ({ active = false, actor, hidden, type, user, ...others }: NewInfraction) => ({
  body: {
    ...others,
    type,
    active,
    hidden: hidden ?? (type === "note" ? true : undefined),
    user: idOf(user),
    actor: idOf(actor)
  }
})

/**
 * Creates an infraction. Fails with `AlreadyExists` if it is active and the user has an active one of this type, and with `UnknownReference`
 * if the site does not know the user or the actor. It is not retried once its outcome is unknown.
 *
 * @example
 * ```ts
 * import { DateTime, Effect } from "effect"
 * import type { Snowflake } from "effect-herald"
 * import * as Site from "effect-herald/site"
 *
 * const timeout = (user: Snowflake.Snowflake, actor: Snowflake.Snowflake) =>
 *   Effect.flatMap(DateTime.now, (now) =>
 *     Site.createInfraction({
 *       type: "timeout",
 *       active: true,
 *       user,
 *       actor,
 *       reason: "spam",
 *       expiresAt: DateTime.add(now, { hours: 1 })
 *     })
 *   ).pipe(Effect.catchTag("AlreadyExists", () => Effect.log("the user has a timeout")))
 * ```
 */
export const createInfraction = Operation.make(Authoriser, endpoints.createInfraction, toForm)

/** Creates an infraction, as `createInfraction` does, and returns it with users in place of their ids. */
export const createExpandedInfraction = Operation.make(Authoriser, endpoints.createExpandedInfraction, toForm)

/** Returns an infraction. Fails with `NotFound` if it does not exist. */
export const getInfraction = Operation.make(Authoriser, endpoints.getInfraction, (infraction: InfractionReference) => ({
  id: idOf(infraction)
}))

/** Returns an infraction, with users in place of their ids. Fails with `NotFound` if it does not exist. */
export const getExpandedInfraction = Operation.make(
  Authoriser,
  endpoints.getExpandedInfraction,
  (infraction: InfractionReference) => ({ id: idOf(infraction) })
)

/** Changes of an infraction. Absent fields stay as they are. */
export interface InfractionChanges {
  readonly active?: boolean | undefined
  /** Null if it does not expire. */
  readonly expiresAt?: DateTime.Utc | null | undefined
  /** Not blank. */
  readonly reason?: string | null | undefined
  readonly lastApplied?: DateTime.Utc | undefined
  readonly dmSent?: boolean | null | undefined
  /** At most 88 characters. */
  readonly jumpUrl?: string | null | undefined
}

const toChanges = (infraction: InfractionReference, changes: InfractionChanges) => ({
  id: idOf(infraction),
  body: { ...recordOf(changes), type: typeof infraction === "object" ? infraction.type : undefined }
})

/**
 * Changes an infraction. The server would make a warning active, and let it expire: with an infraction as the argument, and not its id,
 * that is refused before sending. Fails with `NotFound` if it does not exist, and with `AlreadyExists` if it is to be active and the user
 * has another active one of this type.
 *
 * @example
 * ```ts
 * import * as Site from "effect-herald/site"
 *
 * const pardon = (infraction: Site.Infraction) => Site.updateInfraction(infraction, { active: false })
 * ```
 */
export const updateInfraction = Operation.make(Authoriser, endpoints.updateInfraction, toChanges)

/** Changes an infraction, as `updateInfraction` does, and returns it with users in place of their ids. */
export const updateExpandedInfraction = Operation.make(Authoriser, endpoints.updateExpandedInfraction, toChanges)

/** Deletes an infraction. Fails with `NotFound` if it does not exist. */
export const deleteInfraction = Operation.make(
  Authoriser,
  endpoints.deleteInfraction,
  (infraction: InfractionReference) => ({ id: idOf(infraction) })
)
