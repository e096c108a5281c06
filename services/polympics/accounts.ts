import type * as Redacted from "effect/Redacted"
import type { Account } from "../../schemas/polympics/Account.js"
import type { NoTeam } from "../../schemas/polympics/forms.js"
import { noTeam } from "../../schemas/polympics/forms.js"
import type { Permissions } from "../../schemas/polympics/Permissions.js"
import type { Team, TeamId } from "../../schemas/polympics/Team.js"
import * as Operation from "../../src/Operation.js"
import * as Pagination from "../../src/Pagination.js"
import type { Snowflake } from "../../src/Snowflake.js"
import { Authoriser, SignedIn } from "./Authoriser.js"
import * as endpoints from "./endpoints/accounts.js"
import { pagination } from "./pagination.js"
import { idOf } from "../references.js"

/** Reports whether signups are open. For any caller. */
export const checkSignups = Operation.make(Authoriser, endpoints.checkSignups)

/** The fields of an account to create. */
export interface NewAccount {
  readonly id: Snowflake
  /** At most 255 characters. */
  readonly name: string
  /** One to four digits. */
  readonly discriminator: string
  /** At most 512 characters. */
  readonly avatarUrl?: string | undefined
  readonly team?: Team | TeamId | undefined
  readonly permissions?: Permissions | undefined
}

/**
 * Creates an account. Needs the permission `manageAccountDetails`. To give permissions it needs `managePermissions` too, and each
 * permission that the account is given, except `manageOwnTeam`, which may be given without having it. Fails with `Conflict` if the id is registered, with `NotFound` if the team does not exist, and with `Forbidden` also while signups are
 * closed.
 *
 * @example
 * ```ts
 * import { Snowflake } from "effect-herald"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const bob = Polympics.createAccount({
 *   id: Snowflake.Snowflake.make("900719925474099300"),
 *   name: "Bob",
 *   discriminator: "0001",
 *   permissions: Polympics.Permissions.of("manageOwnTeam")
 * })
 * ```
 */
export const createAccount = Operation.make(SignedIn, endpoints.createAccount, (account: NewAccount) => ({
  body: { ...account, team: account.team && idOf(account.team) }
}))

/**
 * Returns an account, with its team and its awards. For any caller. Fails with `NotFound` if the id is not registered.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import type { Snowflake } from "effect-herald"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const nameOf = (id: Snowflake.Snowflake) =>
 *   Polympics.getAccount(id).pipe(
 *     Effect.map((account) => account.name),
 *     Effect.catchTag("NotFound", () => Effect.succeed("nobody"))
 *   )
 * ```
 */
export const getAccount = Operation.make(Authoriser, endpoints.getAccount, (account: Account | Snowflake) => ({
  account: idOf(account)
}))

/** Conditions for accounts, and the size of a page. */
export interface AccountQuery {
  /** Text that the name contains, ignoring case. The server's wildcards are escaped. */
  readonly search?: string | undefined
  readonly team?: Team | TeamId | undefined
  /** Default: 20. */
  readonly pageSize?: number | undefined
}

const toQuery = <Query extends AccountQuery>(query: Query) => ({ ...query, team: query.team && idOf(query.team) })

const searchAccounts = Operation.make(Authoriser, endpoints.listAccounts, (query: AccountQuery = {}) => toQuery(query))

/**
 * All accounts, ordered by name and then by id, as a Stream. Each page is requested when the Stream needs it. `with({ ahead })`
 * requests pages in advance. `with({ from })` starts at a page number; the first is 0. `pages` returns the pages, whose `value` has
 * the totals. For any caller. Fails with `NotFound` if the team does not exist.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const greet = Polympics.listAccounts.with({ ahead: 2 })({ search: "bob" }).pipe(
 *   Stream.runForEach((account) => Effect.log(`Hello, ${account.name}`))
 * )
 *
 * const progress = Polympics.listAccounts.pages().pipe(
 *   Stream.runForEach(({ value }) => Effect.log(`page ${value.page + 1} of ${value.pages}, ${value.results} accounts`))
 * )
 * ```
 */
export const listAccounts = Pagination.pageNumber(searchAccounts, pagination<Account>())

/** Returns one page of accounts, with the totals. A page past the last one has no data. For any caller. */
export const accountPage = Operation.make(
  Authoriser,
  endpoints.listAccounts,
  (query: AccountQuery & { readonly page: number }) => toQuery(query)
)

/** Changes of an account. Absent fields stay as they are. An empty string is refused, since the server would ignore it. */
export interface AccountChanges {
  readonly name?: string | undefined
  readonly discriminator?: string | undefined
  /** A new URL. The API can't remove it. */
  readonly avatarUrl?: string | undefined
  /** The team to move to, or `noTeam`. */
  readonly team?: Team | TeamId | NoTeam | undefined
  readonly grantPermissions?: Permissions | undefined
  /** Takes precedence over `grantPermissions`. */
  readonly revokePermissions?: Permissions | undefined
  /** A Discord token of the account's owner, whose name, discriminator and avatar the account takes over. */
  readonly discordToken?: Redacted.Redacted | undefined
}

/**
 * Changes an account. Each change has requirements of its own:
 *
 * - name, discriminator, avatar: the permission `manageAccountDetails`
 * - team: the permission `manageAccountTeams`; but users can move themselves, and captains can remove members of their team
 * - permissions: the permission `managePermissions`, and each permission that is granted or revoked, except `manageOwnTeam`, which
 *   may be granted and revoked without having it
 * - Discord token: none
 *
 * A call without changes succeeds for any caller.
 *
 * @example
 * ```ts
 * import * as Polympics from "effect-herald/polympics"
 *
 * const promote = (account: Polympics.Account, team: Polympics.Team) =>
 *   Polympics.updateAccount(account, { team, grantPermissions: Polympics.Permissions.of("manageOwnTeam") })
 * ```
 */
export const updateAccount = Operation.make(
  SignedIn,
  endpoints.updateAccount,
  (account: Account | Snowflake, changes: AccountChanges) => ({
    account: idOf(account),
    body: {
      ...changes,
      team: changes.team === undefined || changes.team === noTeam ? changes.team : idOf(changes.team)
    }
  })
)

/**
 * Deletes an account. Needs the permission `manageAccountDetails`, but users can delete themselves. A retry after a lost response
 * can fail with `NotFound`, since the earlier attempt succeeded.
 */
export const deleteAccount = Operation.make(SignedIn, endpoints.deleteAccount, (account: Account | Snowflake) => ({
  account: idOf(account)
}))
