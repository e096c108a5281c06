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
