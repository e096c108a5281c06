import type * as Redacted from "effect/Redacted"
import { describe, expectTypeOf, it } from "vitest"
import * as Polympics from "effect-herald/polympics"

declare const account: Polympics.Account
declare const team: Polympics.Team
declare const award: Polympics.Award
declare const secret: Redacted.Redacted

describe("a thing is given itself or by its id", () => {
  it("and not by that of another", () => {
    Polympics.getAccount(account)
    Polympics.getAccount(account.id)
    Polympics.getTeam(team.id)
    Polympics.giveAward(award, account)
    // @ts-expect-error an award is not an account
    Polympics.giveAward(account, award)
    // @ts-expect-error a team is no award
    Polympics.getAward(team.id)
    // @ts-expect-error an award is no team
    Polympics.getTeam(award.id)
    // @ts-expect-error any text is no id
    Polympics.getAccount("1")
    // @ts-expect-error a number is none
    Polympics.getAccount(1)
    // @ts-expect-error any number is no team
    Polympics.deleteTeam(1)
  })
})

describe("changes", () => {
  it("are of what can be changed, to what it can be", () => {
    Polympics.updateAccount(account, { name: undefined, team: Polympics.noTeam })
    // @ts-expect-error a picture can't be cleared
    Polympics.updateAccount(account, { avatarUrl: null })
    // @ts-expect-error 0 is the wire's word for no team
    Polympics.updateAccount(account, { team: 0 })
    // @ts-expect-error permissions are a set, not a mask
    Polympics.updateAccount(account, { grantPermissions: 64 })
    // @ts-expect-error a token is a secret
    Polympics.updateAccount(account, { discordToken: "token" })
    // @ts-expect-error an award always has a team
    Polympics.updateAward(award, { team: Polympics.noTeam })
    // @ts-expect-error this is the wire's name of it
    Polympics.updateAward(award, { image_url: "x" })
    // @ts-expect-error a team has a name
    Polympics.updateTeam(team, {})
  })
})

describe("lists", () => {
  it("are read by what they can be read by", () => {
    Polympics.listAccounts()
    Polympics.listAccounts({ search: "bob", team, pageSize: 1, firstPage: 1, ahead: 1 })
    Polympics.listTeams.pages({ ahead: 1 })
    // @ts-expect-error the page comes by itself
    Polympics.listAccounts({ page: 1 })
    // @ts-expect-error teams are in no team
    Polympics.listTeams({ team })
    // @ts-expect-error one page has a number
    Polympics.accountPage({})
  })
})

describe("callbacks", () => {
  it("are of events that there are, and their secret is one", () => {
    Polympics.createCallback({ event: "account_team_update", url: new URL("https://example.com"), secret })
    // @ts-expect-error there is no such event
    Polympics.getCallback("account_update")
    // @ts-expect-error a secret is redacted
    Polympics.createCallback({ event: "account_team_update", url: "x", secret: "x" })
    expectTypeOf<Polympics.CallbackEvent>().toEqualTypeOf<"account_team_update">()
  })
})
