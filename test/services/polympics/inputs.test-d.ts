import type * as Redacted from "effect/Redacted"
import { describe, expectTypeOf, it } from "vitest"
import * as Polympics from "effect-herald/polympics"

declare const account: Polympics.Account
declare const team: Polympics.Team
declare const award: Polympics.Award
declare const secret: Redacted.Redacted

describe("an entity or its id", () => {
  it("is of the right kind", () => {
    Polympics.getAccount(account)
    Polympics.getAccount(account.id)
    Polympics.getTeam(team.id)
    Polympics.giveAward(award, account)
    // @ts-expect-error an award is not an account
    Polympics.giveAward(account, award)
    // @ts-expect-error a team's id is not an award's
    Polympics.getAward(team.id)
    // @ts-expect-error an award's id is not a team's
    Polympics.getTeam(award.id)
    // @ts-expect-error a text is not an account's id
    Polympics.getAccount("1")
    // @ts-expect-error a number is not an account's id
    Polympics.getAccount(1)
    // @ts-expect-error a number is not a team's id
    Polympics.deleteTeam(1)
  })
})

declare const page: Polympics.Page<Polympics.Account>
declare const teams: Polympics.Page<Polympics.Team>
declare const details: Polympics.AwardDetails
declare const callback: Polympics.Callback
declare const session: Polympics.Session
declare const appCredentials: Polympics.AppCredentials
declare const appDetails: Polympics.AppDetails
declare const event: Polympics.AccountTeamUpdate
declare const someone: Polympics.Account
declare const someTeam: Polympics.Team

describe("what an operation returns", () => {
  it("is accepted where it is the argument of another: awards", () => {
    Polympics.getAward(details)
    Polympics.updateAward(details, { title: details.award.title, imageUrl: award.imageUrl })
    Polympics.updateAward(details, { team })
    Polympics.deleteAward(details)
    Polympics.giveAward(details, account)
    Polympics.takeAward(details, account)
    Polympics.createAward({ ...award, team, accounts: details.awardees })
    for (const held of [...account.awards, ...team.awards]) Polympics.takeAward(held, account)
    // @ts-expect-error details of an award are not an account
    Polympics.giveAward(award, details)
    // @ts-expect-error details of an award are not a team
    Polympics.getTeam(details)
  })

  it("is accepted where it is the argument of another: accounts and teams", () => {
    for (const one of [...page.data, ...details.awardees, event.account]) {
      Polympics.getAccount(one)
      Polympics.updateAccount(one, { grantPermissions: appDetails.permissions })
      Polympics.deleteAccount(one)
      Polympics.createSession(one)
      Polympics.giveAward(award, one)
    }
    Polympics.createAward({ title: "", imageUrl: "", team: someTeam, accounts: page.data })
    for (const one of [...teams.data, someTeam]) {
      Polympics.getTeam(one)
      Polympics.updateTeam(one, one)
      Polympics.deleteTeam(one)
      Polympics.listAccounts({ team: one })
      Polympics.accountPage({ page: page.page + 1, pageSize: page.perPage, team: one })
      Polympics.updateAccount(someone, { team: one, name: someone.name, revokePermissions: someone.permissions })
      Polympics.createAccount({ id: someone.id, name: someone.name, discriminator: someone.discriminator, team: one })
    }
  })

  it("is accepted where it is the argument of another: callbacks and credentials", () => {
    Polympics.getCallback(callback)
    Polympics.deleteCallback(callback)
    Polympics.createCallback({ ...callback, secret })
    Polympics.user(session)
    Polympics.app(appCredentials)
    // @ts-expect-error an account is not a callback
    Polympics.getCallback(account)
  })
})

describe("changes", () => {
  it("are of fields that can change, to valid values", () => {
    Polympics.updateAccount(account, { name: undefined, team: Polympics.noTeam })
    // @ts-expect-error an avatar can't be removed
    Polympics.updateAccount(account, { avatarUrl: null })
    // @ts-expect-error 0 means no team on the wire only
    Polympics.updateAccount(account, { team: 0 })
    // @ts-expect-error permissions are a set, not a mask
    Polympics.updateAccount(account, { grantPermissions: 64 })
    // @ts-expect-error a token is redacted
    Polympics.updateAccount(account, { discordToken: "token" })
    // @ts-expect-error an award always has a team
    Polympics.updateAward(award, { team: Polympics.noTeam })
    // @ts-expect-error this is its name on the wire
    Polympics.updateAward(award, { image_url: "x" })
    // @ts-expect-error a team has a name
    Polympics.updateTeam(team, {})
  })
})

describe("lists", () => {
  it("accept their conditions, and options for reading", () => {
    Polympics.listAccounts()
    Polympics.listAccounts.with({ from: 1, ahead: 1 })({ search: "bob", team, pageSize: 1 })
    Polympics.listTeams.with({ ahead: 1 }).pages()
    // @ts-expect-error the list sets the page
    Polympics.listAccounts({ page: 1 })
    // @ts-expect-error a team has no team
    Polympics.listTeams({ team })
    // @ts-expect-error a page has a number
    Polympics.accountPage({})
  })
})

describe("callbacks", () => {
  it("are of known events, with a redacted secret", () => {
    Polympics.createCallback({ event: "account_team_update", url: new URL("https://example.com"), secret })
    // @ts-expect-error the event is unknown
    Polympics.getCallback("account_update")
    // @ts-expect-error a secret is redacted
    Polympics.createCallback({ event: "account_team_update", url: "x", secret: "x" })
    expectTypeOf<Polympics.CallbackEvent>().toEqualTypeOf<"account_team_update">()
  })
})
