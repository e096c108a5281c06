import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Stream from "effect/Stream"
import type { User, UserPage } from "../../schemas/site/User.js"
import type { CallError } from "../../src/HeraldError.js"
import * as Operation from "../../src/Operation.js"
import * as Pagination from "../../src/Pagination.js"
import type { Snowflake } from "../../src/Snowflake.js"
import { idOf, recordOf } from "../references.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/users.js"

export {
  Alt,
  type AltEncoded,
  User,
  type UserEncoded,
  UserPage,
  type UserPageEncoded,
  UserWithAlts,
  type UserWithAltsEncoded
} from "../../schemas/site/User.js"

/** A user, or its id. */
export type UserReference = Snowflake | Pick<User, "id">

/** The fields of a user, without its id. */
export interface UserFields {
  /** 1 to 32 characters. */
  readonly name: string
  /** From 0 to 9999. */
  readonly discriminator: number
  /** At most 32 characters. */
  readonly displayName?: string | undefined
  /** The ids of roles, which must exist. */
  readonly roles?: ReadonlyArray<Snowflake> | undefined
  /** Default of a new user: true. */
  readonly inGuild?: boolean | undefined
}

/** A user to create. */
export interface NewUser extends UserFields {
  readonly id: Snowflake
}

/** Changes of a user. Absent fields stay as they are. */
export type UserChanges = { readonly [Name in keyof UserFields]?: UserFields[Name] | undefined }

/** Changes of one of many users: its id, and at least one other field. */
export interface UserUpdate extends UserChanges {
  readonly id: Snowflake
}

/** Conditions for users, and the size of a page. A text is compared with the whole field. */
export interface UserQuery {
  readonly name?: string | undefined
  readonly displayName?: string | undefined
  readonly discriminator?: number | undefined
  /** Default: the server's, 2,500. It has no maximum. */
  readonly pageSize?: number | undefined
}

const searchUsers = Operation.make(Authoriser, endpoints.listUsers, (query: UserQuery = {}) => recordOf(query))

/** The number of a page, which follows from those around it. Undefined if there is none, as for the only page. */
const numberOf = ({ nextPage, previousPage }: UserPage): number | undefined =>
  nextPage !== null ? nextPage - 1 : previousPage !== null ? previousPage + 1 : undefined

/** The number of pages. A page before the last one is full. */
const totalPages = (page: UserPage): number => {
  const { count, nextPage, results } = page
  if (nextPage === null) return numberOf(page) ?? 1
  return results.length === 0 ? nextPage : Math.max(nextPage, Math.ceil(count / results.length))
}

type Failure = CallError | { readonly _tag: "EncodeError" } | { readonly _tag: "PaginationError" }

/** Ends a list at a page that does not exist: users were deleted since the page before it was read. */
const untilLastPage = <A, E extends Failure, R>(stream: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
  Stream.catchAll(stream, (error) =>
    error._tag === "NotFound" && error.detail === "Invalid page." ? Stream.empty : Stream.fail(error)
  )

const endingEarly = <Args extends ReadonlyArray<unknown>, E extends Failure, R>(
  list: Pagination.Paginated<Args, User, UserPage, number, number, E, R>
): Pagination.Paginated<Args, User, UserPage, number, number, E, R> =>
  Object.assign((...args: Args) => untilLastPage(list(...args)), {
    pages: (...args: Args) => untilLastPage(list.pages(...args)),
    with: (options: Pagination.ReadOptions<number, number>) => endingEarly(list.with(options))
  })

/**
 * All users, as a Stream. Each page is requested when the Stream needs it. `with({ ahead })` requests pages in advance, and
 * `with({ from })` starts at the number of a page; the first is 1. `pages` returns the pages, whose `value` has the number of users.
 *
 * The list can change while it is read. It ends where its pages end then, also if they have become fewer than the page before said. If users before a
 * page are deleted or added, those on the border of two pages are missed, or received twice. Larger pages make it less likely.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import * as Site from "effect-herald/site"
 *
 * const members = Site.listUsers.with({ ahead: 2 })({ pageSize: 1000 }).pipe(
 *   Stream.filter((user) => user.inGuild),
 *   Stream.runForEach((user) => Effect.log(`${user.id} is ${user.name}`))
 * )
 *
 * const progress = Site.listUsers.pages().pipe(
 *   Stream.runForEach(({ position, value }) => Effect.log(`page ${position}, of ${value.count} users`))
 * )
 * ```
 */
export const listUsers = endingEarly(
  Pagination.pageNumber(searchUsers, {
    items: (page) => page.results,
    identity: (user) => user.id,
    end: { totalPages },
    reportedPage: numberOf
  })
)

/**
 * Returns one page of users, with the number of all of them.
 *
 * - `page`: its number, from 1, or `last`. Fails with `NotFound` if there is no such page
 */
export const userPage = Operation.make(
  Authoriser,
  endpoints.listUsers,
  (query: UserQuery & { readonly page: number | "last" }) => recordOf(query)
)

/**
 * Returns a user, with the associations of alternate accounts. Fails with `NotFound` if the site does not know the user.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import type { Snowflake } from "effect-herald"
 * import * as Site from "effect-herald/site"
 *
 * const nameOf = (id: Snowflake.Snowflake) =>
 *   Site.getUser(id).pipe(
 *     Effect.map((user) => user.name),
 *     Effect.catchTag("NotFound", () => Effect.succeed("nobody"))
 *   )
 * ```
 */
export const getUser = Operation.make(Authoriser, endpoints.getUser, (user: UserReference) => ({ id: idOf(user) }))

/**
 * Creates a user. Fails with `AlreadyExists` if there is one with this id, and with `UnknownReference` if a role does not exist.
 *
 * @example
 * ```ts
 * import { Snowflake } from "effect-herald"
 * import * as Site from "effect-herald/site"
 *
 * const bob = Site.createUser({ id: Snowflake.Snowflake.make("409107086526644234"), name: "Bob", discriminator: 1234 })
 * ```
 */
export const createUser = Operation.make(Authoriser, endpoints.createUser, (user: NewUser) => ({ body: user }))

/**
 * Creates many users in one request. The server skips those that exist, without saying which. An id that is given twice is refused before
 * sending. A list without users is sent, and creates none.
 *
 * @example
 * ```ts
 * import type { Snowflake } from "effect-herald"
 * import * as Site from "effect-herald/site"
 *
 * const add = (ids: ReadonlyArray<Snowflake.Snowflake>) =>
 *   Site.createUsers(ids.map((id) => ({ id, name: "unknown", discriminator: 0 })))
 * ```
 */
export const createUsers = Operation.make(Authoriser, endpoints.createUsers, (users: ReadonlyArray<NewUser>) => ({
  body: users
}))

/**
 * Replaces a user, but for its id. Fails with `NotFound` if the site does not know the user, and with `UnknownReference` if a role does not
 * exist.
 */
export const replaceUser = Operation.make(
  Authoriser,
  endpoints.replaceUser,
  (user: UserReference, { discriminator, displayName, inGuild, name, roles }: UserFields) => ({
    id: idOf(user),
    body: { id: idOf(user), name, discriminator, displayName, roles, inGuild }
  })
)

/**
 * Changes a user. Fails with `NotFound` if the site does not know the user, and with `UnknownReference` if a role does not exist. The id
 * can't be changed.
 */
export const updateUser = Operation.make(
  Authoriser,
  endpoints.updateUser,
  (user: UserReference, changes: UserChanges) => ({ id: idOf(user), body: changes })
)

/**
 * Changes many users in one request, and returns them. Each needs a field to change beside its id. Ids that are given twice are refused
 * before sending, and so is a list without users, to which the server would respond with a 500. If the site does not know one of the
 * users it changes none, and the call fails with a `NotFound` that names it in `detail`.
 *
 * @example
 * ```ts
 * import { Array, Effect } from "effect"
 * import * as Site from "effect-herald/site"
 *
 * const leave = (users: ReadonlyArray<Site.User>) =>
 *   Array.match(users, {
 *     onEmpty: () => Effect.succeed([]),
 *     onNonEmpty: (users) => Site.updateUsers(Array.map(users, ({ id }) => ({ id, inGuild: false })))
 *   })
 * ```
 */
export const updateUsers = Operation.make(
  Authoriser,
  endpoints.updateUsers,
  (users: NonEmptyReadonlyArray<UserUpdate>) => ({ body: users })
)

/** Deletes a user. Fails with `NotFound` if the site does not know the user. */
export const deleteUser = Operation.make(Authoriser, endpoints.deleteUser, (user: UserReference) => ({
  id: idOf(user)
}))

/** An alternate account to associate with a user. */
export interface NewAlt {
  /** The alternate account. */
  readonly target: UserReference
  /** The user that adds the association. */
  readonly actor: UserReference
  /** The reason: 1 to 1,900 characters. */
  readonly context: string
}

/**
 * Associates an alternate account with a user, and the user with it. Fails with `AlreadyExists` if they are associated, with
 * `UnknownReference` if the site does not know the account or the actor, with `NotFound` if it does not know the user, and with
 * `BadRequest` for the user itself.
 */
export const addAlt = Operation.make(
  Authoriser,
  endpoints.addAlt,
  (user: UserReference, { actor, context, target }: NewAlt) => ({
    id: idOf(user),
    body: { target: idOf(target), actor: idOf(actor), context }
  })
)

/**
 * Changes the reason of an association, in both directions. Fails with `UnknownReference` if the account is not associated, and with
 * `NotFound` if the site does not know the user.
 */
export const updateAlt = Operation.make(
  Authoriser,
  endpoints.updateAlt,
  (user: UserReference, { context, target }: Omit<NewAlt, "actor">) => ({
    id: idOf(user),
    body: { target: idOf(target), context }
  })
)

/**
 * Removes the association of an alternate account, in both directions. Fails with `UnknownReference` if the account is not associated, and
 * with `NotFound` if the site does not know the user. After a lost response, `UnknownReference` may be the result of an earlier attempt.
 */
export const removeAlt = Operation.make(
  Authoriser,
  endpoints.removeAlt,
  (user: UserReference, target: UserReference) => ({ id: idOf(user), body: idOf(target) })
)
