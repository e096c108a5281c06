import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { Account, AccountId } from "../../schemas/polympics/Account.js"
import type { NoTeam } from "../../schemas/polympics/forms.js"
import { noTeam } from "../../schemas/polympics/forms.js"
import type { Permissions } from "../../schemas/polympics/Permissions.js"
import type { Team, TeamId } from "../../schemas/polympics/Team.js"
import * as Operation from "../../src/Operation.js"
import * as Pages from "../../src/Pages.js"
import { Authoriser, SignedIn } from "./Authoriser.js"
import * as endpoints from "./endpoints/accounts.js"
import { idOf } from "./references.js"

/** Whether signups are open. For anyone. */
export const checkSignups = /*#__PURE__*/ Effect.map(
  /*#__PURE__*/ Effect.suspend(/*#__PURE__*/ Operation.make(Authoriser, endpoints.checkSignups, () => ({}))),
  ({ signupsOpen }) => signupsOpen
)

/** An account that is to be. */
export interface NewAccount {
  readonly id: AccountId
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
 * Creates an account. For apps and users that may `manageAccountDetails`, and that have the permissions that they give.
 * Fails with `Conflict` if the id is registered, `NotFound` if the team is not there, `Forbidden` also while signups are
 * closed.
 *
 * @example
 * ```ts
 * import * as Polympics from "effect-herald/polympics"
 *
 * const bob = Polympics.createAccount({
 *   id: Polympics.AccountId.make("900719925474099300"),
 *   name: "Bob",
 *   discriminator: "0001",
 *   permissions: Polympics.Permissions.of("manageOwnTeam")
 * })
 * ```
 */
export const createAccount = /*#__PURE__*/ Operation.make(SignedIn, endpoints.createAccount, (account: NewAccount) => ({
  payload: { ...account, team: account.team && idOf(account.team) }
}))

/**
 * An account, with its team and its awards. For anyone. Fails with `NotFound` if the id is not registered.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const nameOf = (id: Polympics.AccountId) =>
 *   Polympics.getAccount(id).pipe(
 *     Effect.map((account) => account.name),
 *     Effect.catchTag("NotFound", () => Effect.succeed("nobody"))
 *   )
 * ```
 */
export const getAccount = /*#__PURE__*/ Operation.make(
  Authoriser,
  endpoints.getAccount,
  (account: Account | AccountId) => ({ path: { account: idOf(account) } })
)

/** Which accounts, and how many a page. */
export interface AccountQuery {
  /** Text in the name, whatever its case. It means itself: the server's wildcards are escaped. */
  readonly search?: string | undefined
  readonly team?: Team | TeamId | undefined
  /** Default: 20. */
  readonly pageSize?: number | undefined
}

const search = (query: AccountQuery & { readonly page: number }) => ({
  urlParams: { ...query, team: query.team && idOf(query.team) }
})

/**
 * All accounts, by name and then by id, as a Stream that fetches a page when it is wanted, or some `ahead`. For anyone. Its
 * `pages` are the pages themselves, with the totals. Fails with `NotFound` if the team is not there.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const greet = Polympics.listAccounts({ search: "bob", ahead: 2 }).pipe(
 *   Stream.runForEach((account) => Effect.log(`Hello, ${account.name}`))
 * )
 *
 * const progress = Polympics.listAccounts.pages().pipe(
 *   Stream.runForEach((page) => Effect.log(`page ${page.page + 1} of ${page.pages}, ${page.results} accounts in all`))
 * )
 * ```
 */
export const listAccounts = /*#__PURE__*/ Pages.make(Authoriser, endpoints.listAccounts, {
  request: (query: AccountQuery, page) => search({ ...query, page }),
  identity: (account: Account) => account.id
})

/** One page of accounts, with the totals; a page past the last has no data. For anyone. */
export const accountPage = /*#__PURE__*/ Operation.make(Authoriser, endpoints.listAccounts, search)

/** What to change of an account. What is absent stays; an empty text, which the server would ignore, is refused. */
export interface AccountChanges {
  readonly name?: string | undefined
  readonly discriminator?: string | undefined
  /** It can be replaced, but not cleared. */
  readonly avatarUrl?: string | undefined
  /** The team to move to, or `noTeam`. */
  readonly team?: Team | TeamId | NoTeam | undefined
  readonly grantPermissions?: Permissions | undefined
  /** Where both have a permission, it is revoked. */
  readonly revokePermissions?: Permissions | undefined
  /** A Discord token of the account's: name, discriminator and avatar are taken from there. */
  readonly discordToken?: Redacted.Redacted | undefined
}

/**
 * Changes an account. What each change needs: `manageAccountDetails` for name, discriminator and avatar; `manageAccountTeams`
 * for the team, but users move themselves and captains remove from their team; `managePermissions`, and each permission that
 * is passed on, for permissions; nothing for a Discord token. A change of nothing succeeds, whoever asks.
 *
 * @example
 * ```ts
 * import * as Polympics from "effect-herald/polympics"
 *
 * const promote = (account: Polympics.Account, team: Polympics.Team) =>
 *   Polympics.updateAccount(account, { team, grantPermissions: Polympics.Permissions.of("manageOwnTeam") })
 * ```
 */
export const updateAccount = /*#__PURE__*/ Operation.make(
  SignedIn,
  endpoints.updateAccount,
  (account: Account | AccountId, changes: AccountChanges) => ({
    path: { account: idOf(account) },
    payload: {
      ...changes,
      team: changes.team === undefined || changes.team === noTeam ? changes.team : idOf(changes.team)
    }
  })
)

/**
 * Deletes an account. For those who may `manageAccountDetails`, and for a user itself. Repeated after a lost answer, it may
 * fail with `NotFound` because the first attempt succeeded.
 */
export const deleteAccount = /*#__PURE__*/ Operation.make(
  SignedIn,
  endpoints.deleteAccount,
  (account: Account | AccountId) => ({ path: { account: idOf(account) } })
)
