import type * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Snowflake } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import * as callers from "./support/callers.js"
import * as Scripted from "../../servers/scripted.js"
import { client } from "../../support/client.js"

const { Permissions } = Polympics
const id = Snowflake.Snowflake.make("9223372036854775807")
const teamId = Polympics.TeamId.make(12)
const awardId = Polympics.AwardId.make(34)
const event = "account_team_update"

const json = "application/json"
const anonymous = undefined
const app = callers.appHeader
const user = callers.userHeader

type Caller = Polympics.User | Polympics.App | Polympics.SignedIn | Polympics.Authoriser

interface Case {
  readonly title: string
  readonly call: Effect.Effect<unknown, unknown, HttpClient.HttpClient | Caller>
  readonly authorization: string | undefined
  readonly method: string
  readonly target: string
  /** The exact text; absent if the request has no body. */
  readonly body?: string
}

const sends = (
  title: string,
  authorization: string | undefined,
  call: Case["call"],
  method: string,
  target: string,
  body?: string
): Case => ({ title, authorization, call, method, target, ...(body === undefined ? {} : { body }) })

const account = {
  id,
  name: "Bob",
  discriminator: "0001",
  avatarUrl: null,
  team: null,
  permissions: Permissions.none,
  awards: []
} as unknown as Polympics.Account
const team = { id: teamId, name: "Bobcats" } as unknown as Polympics.Team
const award = { id: awardId, title: "First", imageUrl: "x" } as Polympics.Award

const details: Polympics.AwardDetails = { award, awardees: [], team: null }
const callback: Polympics.Callback = { id: Polympics.CallbackId.make(1), event, url: "https://a.test" }

const cases: ReadonlyArray<Case> = [
  sends("checkSignups", anonymous, Polympics.checkSignups(), "GET", "/accounts/signups"),

  sends(
    "createAccount, with all fields",
    app,
    Polympics.createAccount({
      id,
      name: 'Ünï "😀" \\',
      discriminator: "0001",
      avatarUrl: "https://example.com/a.png",
      team,
      permissions: Permissions.of("manageTeams", "manageOwnTeam")
    }),
    "POST",
    "/accounts/new",
    `{"id":"9223372036854775807","name":"Ünï \\"😀\\" \\\\","discriminator":"0001",` +
      `"avatar_url":"https://example.com/a.png","team":12,"permissions":40}`
  ),
  sends(
    "createAccount, with required fields only",
    user,
    Polympics.createAccount({ id: Snowflake.Snowflake.make("-5"), name: "", discriminator: "1" }),
    "POST",
    "/accounts/new",
    `{"id":"-5","name":"","discriminator":"1"}`
  ),
  sends(
    "createAccount, with undefined fields",
    app,
    Polympics.createAccount({
      id,
      name: "x",
      discriminator: "1",
      avatarUrl: undefined,
      team: undefined,
      permissions: undefined
    }),
    "POST",
    "/accounts/new",
    `{"id":"9223372036854775807","name":"x","discriminator":"1"}`
  ),
  sends(
    "createAccount, with a mask beyond 2^53",
    app,
    Polympics.createAccount({
      id,
      name: "x",
      discriminator: "1",
      permissions: Permissions.fromMask(-(2n ** 60n) - 1n)
    }),
    "POST",
    "/accounts/new",
    `{"id":"9223372036854775807","name":"x","discriminator":"1","permissions":-1152921504606846977}`
  ),

  sends(
    "accountPage, with all parameters",
    anonymous,
    Polympics.accountPage({ search: "bob", team, page: 3, pageSize: 50 }),
    "GET",
    "/accounts/search?q=bob&page=3&per_page=50&team=12"
  ),
  sends(
    "accountPage, with required parameters only",
    anonymous,
    Polympics.accountPage({ page: 0 }),
    "GET",
    "/accounts/search?page=0"
  ),
  sends(
    "accountPage, with wildcards, which are escaped",
    anonymous,
    Polympics.accountPage({ search: "100%_\\", page: 0 }),
    "GET",
    `/accounts/search?q=${encodeURIComponent("100\\%\\_\\\\")}&page=0`
  ),
  sends(
    "accountPage, with the special characters of a query",
    anonymous,
    Polympics.accountPage({ search: "a&b=c#d+e f/?", page: 0 }),
    "GET",
    "/accounts/search?q=a%26b%3Dc%23d%2Be%20f%2F%3F&page=0"
  ),
  sends(
    "accountPage, with Unicode",
    anonymous,
    Polympics.accountPage({ search: "Zoë 😀", page: 0 }),
    "GET",
    "/accounts/search?q=Zo%C3%AB%20%F0%9F%98%80&page=0"
  ),
  sends(
    "listAccounts",
    anonymous,
    Stream.runDrain(Polympics.listAccounts.with({ from: 2, ahead: 3 })({ search: "bob", team: teamId, pageSize: 7 })),
    "GET",
    "/accounts/search?q=bob&page=2&per_page=7&team=12"
  ),
  sends(
    "listAccounts, without parameters",
    anonymous,
    Stream.runDrain(Polympics.listAccounts()),
    "GET",
    "/accounts/search?page=0"
  ),
  sends(
    "listAccounts.pages",
    anonymous,
    Stream.runDrain(Polympics.listAccounts.pages({ pageSize: 1 })),
    "GET",
    "/accounts/search?page=0&per_page=1"
  ),

  sends("getAccount, by id", anonymous, Polympics.getAccount(id), "GET", "/account/9223372036854775807"),
  sends("getAccount, by the account", anonymous, Polympics.getAccount(account), "GET", "/account/9223372036854775807"),
  sends(
    "updateAccount, with all fields",
    app,
    Polympics.updateAccount(account, {
      name: "Bob",
      discriminator: "12",
      avatarUrl: "x",
      team: teamId,
      grantPermissions: Permissions.of("manageAwards"),
      revokePermissions: Permissions.none,
      discordToken: Redacted.make("token")
    }),
    "PATCH",
    "/account/9223372036854775807",
    `{"name":"Bob","discriminator":"12","avatar_url":"x","team":12,"grant_permissions":64,"revoke_permissions":0,` +
      `"discord_token":"token"}`
  ),
  sends(
    "updateAccount, to no team",
    user,
    Polympics.updateAccount(id, { team: Polympics.noTeam }),
    "PATCH",
    "/account/9223372036854775807",
    `{"team":0}`
  ),
  sends(
    "updateAccount, to a team by itself",
    user,
    Polympics.updateAccount(id, { team }),
    "PATCH",
    "/account/9223372036854775807",
    `{"team":12}`
  ),
  sends(
    "updateAccount, without changes",
    app,
    Polympics.updateAccount(id, {}),
    "PATCH",
    "/account/9223372036854775807",
    `{}`
  ),
  sends("deleteAccount", app, Polympics.deleteAccount(account), "DELETE", "/account/9223372036854775807"),

  sends("createTeam", app, Polympics.createTeam("Made 🏅"), "POST", "/teams/new", `{"name":"Made 🏅"}`),
  sends("teamPage", anonymous, Polympics.teamPage({ search: "_", page: 1 }), "GET", "/teams/search?q=%5C_&page=1"),
  sends(
    "listTeams",
    anonymous,
    Stream.runDrain(Polympics.listTeams({ search: "bob", pageSize: 3 })),
    "GET",
    "/teams/search?q=bob&page=0&per_page=3"
  ),
  sends("getTeam, by id", anonymous, Polympics.getTeam(teamId), "GET", "/team/12"),
  sends("getTeam, by the team", anonymous, Polympics.getTeam(team), "GET", "/team/12"),
  sends("updateTeam", user, Polympics.updateTeam(team, { name: "" }), "PATCH", "/team/12", `{"name":""}`),
  sends("deleteTeam", user, Polympics.deleteTeam(team), "DELETE", "/team/12"),

  sends(
    "createAward, with accounts by id and by themselves",
    app,
    Polympics.createAward({ title: "First", imageUrl: "i", team, accounts: [account, Snowflake.Snowflake.make("0")] }),
    "POST",
    "/awards/new",
    `{"title":"First","image_url":"i","team":12,"accounts":["9223372036854775807","0"]}`
  ),
  sends("getAward", anonymous, Polympics.getAward(award), "GET", "/award/34"),
  sends(
    "updateAward, with all fields",
    app,
    Polympics.updateAward(award, { title: "Second", imageUrl: "j", team }),
    "PATCH",
    "/award/34",
    `{"title":"Second","image_url":"j","team":12}`
  ),
  sends("updateAward, without changes", app, Polympics.updateAward(awardId, {}), "PATCH", "/award/34", `{}`),
  sends("deleteAward", app, Polympics.deleteAward(awardId), "DELETE", "/award/34"),
  sends("getAward, with details", anonymous, Polympics.getAward(details), "GET", "/award/34"),
  sends(
    "updateAward, with details",
    app,
    Polympics.updateAward(details, { title: "Second" }),
    "PATCH",
    "/award/34",
    `{"title":"Second"}`
  ),
  sends("deleteAward, with details", app, Polympics.deleteAward(details), "DELETE", "/award/34"),
  sends(
    "giveAward, with details",
    app,
    Polympics.giveAward(details, account),
    "PUT",
    "/account/9223372036854775807/award/34"
  ),
  sends(
    "takeAward, with details",
    app,
    Polympics.takeAward(details, account),
    "DELETE",
    "/account/9223372036854775807/award/34"
  ),
  sends("getCallback, with a callback", app, Polympics.getCallback(callback), "GET", "/callback/account_team_update"),
  sends(
    "deleteCallback, with a callback",
    app,
    Polympics.deleteCallback(callback),
    "DELETE",
    "/callback/account_team_update"
  ),
  sends("giveAward", app, Polympics.giveAward(award, account), "PUT", "/account/9223372036854775807/award/34"),
  sends("takeAward", user, Polympics.takeAward(awardId, id), "DELETE", "/account/9223372036854775807/award/34"),

  sends("getCallbacks", app, Polympics.getCallbacks(), "GET", "/callbacks"),
  sends(
    "createCallback",
    app,
    Polympics.createCallback({
      event,
      url: new URL("https://example.com/a?b=c"),
      secret: Redacted.make('the "secret"')
    }),
    "PUT",
    "/callback/account_team_update",
    `{"url":"https://example.com/a?b=c","secret":"the \\"secret\\""}`
  ),
  sends("getCallback", app, Polympics.getCallback(event), "GET", "/callback/account_team_update"),
  sends("deleteCallback", app, Polympics.deleteCallback(event), "DELETE", "/callback/account_team_update"),

  sends(
    "discordAuthenticate",
    anonymous,
    Polympics.discordAuthenticate(Redacted.make("token")),
    "POST",
    "/auth/discord",
    `{"token":"token"}`
  ),
  sends(
    "createSession",
    app,
    Polympics.createSession(account),
    "POST",
    "/auth/create_session",
    `{"account":"9223372036854775807"}`
  ),
  sends("resetAppToken", app, Polympics.resetAppToken(), "POST", "/auth/reset_token"),
  sends("resetSession", user, Polympics.resetSession(), "POST", "/auth/reset_token"),
  sends("getApp", app, Polympics.getApp(), "GET", "/auth/me"),
  sends("getMe", user, Polympics.getMe(), "GET", "/auth/me")
]

describe("on the wire", () => {
  it.scopedLive.each(cases)("$title", ({ authorization, body, call, method, target }) =>
    Effect.gen(function* () {
      // A response that is an error of every operation, and is not retried.
      const server = yield* Scripted.make([Scripted.respond({ status: 418 })])
      const as = authorization === app ? callers.app : authorization === user ? callers.user : callers.anonymous
      // The caller comes last, so that operations for several kinds of callers use it.
      const caller = Layer.merge(Layer.merge(callers.user(server.url), callers.app(server.url)), as(server.url))
      yield* Effect.exit(Effect.provide(call, Layer.merge(caller, client)))
      expect(server.requests.map(({ method, target }) => ({ method, target }))).toEqual([{ method, target }])
      const { body: sent, headers } = server.requests[0] ?? {
        body: undefined,
        headers: {} as Scripted.Received["headers"]
      }
      expect(sent).toBe(body ?? "")
      expect(headers["accept"]).toBe(json)
      expect(headers["authorization"]).toBe(authorization)
      expect(headers["content-type"]).toBe(body === undefined ? undefined : json)
    })
  )
})

describe("every operation", () => {
  it("has a test of its request", () => {
    const operations = Object.entries(Polympics)
      .filter(([name, value]) => /^[a-z]/.test(name) && typeof value === "function")
      .map(([name]) => name)
      .filter((name) => !/^(anonymous|app|user)(Config)?$|^callbackApp$|^decodeCallback$/.test(name))
    const tested = new Set(cases.map(({ title }) => title.replace(/[,.].*/, "")))
    expect(operations.filter((name) => !tested.has(name))).toEqual([])
    expect(operations.length).toBe(29)
  })
})
