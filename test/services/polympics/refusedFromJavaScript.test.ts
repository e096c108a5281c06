import { describe } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Polympics from "effect-herald/polympics"
import { marker, refused, refuses } from "./support/refuses.js"

/*
 * What the compiler refuses, and JavaScript does not.
 */

/** A value whose type nobody looks at. */
const js = (value: unknown): never => value as never

const id = Polympics.AccountId.make("1")
const team = Polympics.TeamId.make(1)
const award = Polympics.AwardId.make(1)
const event = "account_team_update"

const notArguments = "these are not the arguments of this operation"
const digits = "must be an integer from -2^63 to 2^63-1, in digits"

describe("account ids that are none", () => {
  refuses([
    ...["9223372036854775808", "-9223372036854775809", "", "+1", "01", "-0", " 1", "1.0", "1e3", "..", marker, "٣"].map(
      (text) => refused(JSON.stringify(text), () => Polympics.getAccount(js(text)), `path.account: ${digits}`)
    ),
    refused("a number", () => Polympics.getAccount(js(123)), "path.account: should be a string, and is number"),
    refused("a bigint", () => Polympics.createSession(js(1n)), "body.account: should be a string, and is bigint"),
    refused("null", () => Polympics.deleteAccount(js(null)), "path.account: should be a string, and is null"),
    refused(
      "undefined",
      () => Polympics.getAccount(js(undefined)),
      "path.account: should be a string, and is undefined"
    ),
    refused(
      "an object without one",
      () => Polympics.getAccount(js({})),
      "path.account: should be a string, and is an object"
    ),
    refused(
      "an object with a number",
      () => Polympics.getAccount(js({ id: 123 })),
      "path.account: should be a string, and is number"
    ),
    refused(
      "in a list",
      () => Polympics.createAward({ title: "x", imageUrl: "x", team, accounts: [id, js(marker), js(null)] }),
      `body.accounts[1]: ${digits}`,
      "body.accounts[2]: should be a string, and is null"
    ),
    refused(
      "beside an award that is none",
      () => Polympics.giveAward(js(Number.NaN), js(marker)),
      `path.account: ${digits}`,
      "path.award: should be an integer"
    )
  ])
})

describe("team ids that are none", () => {
  const whole = "should be an integer"
  const positive = "should be a positive number"
  refuses([
    refused("a fraction", () => Polympics.getTeam(js(3.9)), `path.team: ${whole}`),
    refused("NaN", () => Polympics.getTeam(js(Number.NaN)), `path.team: ${whole}`),
    refused("2^53", () => Polympics.getTeam(js(2 ** 53)), `path.team: ${whole}`),
    refused("0", () => Polympics.getTeam(js(0)), `path.team: ${positive}`),
    refused("a string", () => Polympics.deleteTeam(js("1")), "path.team: should be a number, and is string"),
    refused("null", () => Polympics.deleteTeam(js(null)), "path.team: should be a number, and is null"),
    refused("0 to search in", () => Polympics.accountPage({ page: 0, team: js(0) }), `query.team: ${positive}`),
    refused(
      "0 for a new account",
      () => Polympics.createAccount({ id, name: "x", discriminator: "1", team: js(0) }),
      `body.team: ${positive}`
    ),
    refused(
      "null for a new account",
      () => Polympics.createAccount({ id, name: "x", discriminator: "1", team: js(null) }),
      "body.team: should be a number, and is null"
    ),
    refused(
      "an empty string for a new account",
      () => Polympics.createAccount({ id, name: "x", discriminator: "1", team: js("") }),
      "body.team: should be a number, and is string"
    ),
    refused("0 for an award", () => Polympics.updateAward(award, { team: js(0) }), `body.team: ${positive}`),
    refused(
      "an object without one for an award",
      () => Polympics.createAward({ title: "x", imageUrl: "x", team: js({}), accounts: [] }),
      "body.team: should be a number, and is an object"
    ),
    refused(
      "a team without its id to move to",
      () => Polympics.updateAccount(id, { team: js({ id: undefined }) }),
      "body.team: should be a number, and is an object",
      'body.team: should be "noTeam", and is an object'
    ),
    ...[true, "none", {}, null].map((value) => {
      const kind = value === null ? "null" : typeof value === "object" ? "an object" : typeof value
      return refused(
        `${JSON.stringify(value)} to move to, which must not become no change`,
        () => Polympics.updateAccount(id, { team: js(value) }),
        `body.team: should be a number, and is ${kind}`,
        `body.team: should be "noTeam", and is ${kind}`
      )
    })
  ])
})

describe("parts of another type", () => {
  const text = (kind: string) => `should be a string, and is ${kind}`
  refuses([
    refused("null for a name", () => Polympics.createTeam(js(null)), `body.name: ${text("null")}`),
    refused("a number for a name", () => Polympics.createTeam(js(5)), `body.name: ${text("number")}`),
    refused("nothing for a name", () => Polympics.createTeam(js(undefined)), `body.name: ${text("undefined")}`),
    refused(
      "a secret for a name",
      () => Polympics.createTeam(js(Redacted.make(marker))),
      `body.name: ${text("an object")}`
    ),
    refused(
      "a number to search for",
      () => Polympics.teamPage({ page: 0, search: js(5) }),
      `query.search: ${text("number")}`
    ),
    refused(
      "a page in text",
      () => Polympics.teamPage({ page: js("1") }),
      "query.page: should be a number, and is string"
    ),
    refused(
      "a page of null",
      () => Polympics.teamPage({ page: js(null) }),
      "query.page: should be a number, and is null"
    ),
    refused(
      "null for changes, which the server would ignore",
      () => Polympics.updateAccount(id, { name: js(null), discriminator: js(null), avatarUrl: js(null) }),
      `body.name: ${text("null")}`,
      `body.discriminator: ${text("null")}`,
      `body.avatarUrl: ${text("null")}`
    ),
    refused(
      "a mask for permissions",
      () => Polympics.updateAccount(id, { grantPermissions: js(64) }),
      "body.grantPermissions: should be Permissions, and is number"
    ),
    refused(
      "five digits for a discriminator",
      () => Polympics.createAccount({ id, name: "x", discriminator: "12345" }),
      "body.discriminator: must be one to four digits"
    ),
    refused(
      "a secret in the open",
      () => Polympics.discordAuthenticate(js(marker)),
      "body.token: should be Redacted(<redacted>), and is string"
    ),
    refused(
      "a callback's secret in the open",
      () => Polympics.createCallback({ event, url: "https://example.com", secret: js(marker) }),
      "body.secret: should be Redacted(<redacted>), and is string"
    ),
    refused(
      "an unknown event",
      () => Polympics.getCallback(js(marker)),
      'path.event: should be "account_team_update", and is string'
    ),
    refused(
      "all that can be wrong at once",
      () =>
        Polympics.createAccount({
          id: js(marker),
          name: js({ [marker]: marker }),
          discriminator: js(marker),
          avatarUrl: js([marker]),
          team: js(Number.POSITIVE_INFINITY),
          permissions: js(marker)
        }),
      `body.id: ${digits}`,
      `body.name: ${text("an object")}`,
      "body.discriminator: must be one to four digits",
      `body.avatarUrl: ${text("an array")}`,
      "body.team: should be an integer",
      "body.permissions: should be Permissions, and is string"
    )
  ])
})

describe("arguments that are none", () => {
  refuses([
    refused("no changes", () => Polympics.updateAccount(id, js(undefined)), notArguments),
    refused(
      "no list of accounts",
      () => Polympics.createAward(js({ title: "x", imageUrl: "x", team, accounts: null })),
      notArguments
    )
  ])
})
