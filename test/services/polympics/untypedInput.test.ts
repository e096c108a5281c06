import { describe } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import { Snowflake } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import { invalid, marker, testEncodeErrors } from "./support/encodeErrors.js"

/*
 * Values of wrong types, which JavaScript callers can give.
 */

/** A value without its type. */
const untyped = (value: unknown): never => value as never

const id = Snowflake.Snowflake.make("1")
const team = Polympics.TeamId.make(1)
const award = Polympics.AwardId.make(1)
const event = "account_team_update"

const notArguments = "these are not the arguments of this operation"
const digits = "must be an integer from -2^63 to 2^63-1, in digits"

describe("invalid account ids", () => {
  testEncodeErrors([
    ...["9223372036854775808", "-9223372036854775809", "", "+1", "01", "-0", " 1", "1.0", "1e3", "..", marker, "٣"].map(
      (text) => invalid(JSON.stringify(text), () => Polympics.getAccount(untyped(text)), `account: ${digits}`)
    ),
    invalid("a number", () => Polympics.getAccount(untyped(123)), "account: should be a string, and is number"),
    invalid("a bigint", () => Polympics.createSession(untyped(1n)), "body.account: should be a string, and is bigint"),
    invalid("null", () => Polympics.deleteAccount(untyped(null)), "account: should be a string, and is null"),
    invalid("undefined", () => Polympics.getAccount(untyped(undefined)), "account: is missing"),
    invalid(
      "an object without an id",
      () => Polympics.getAccount(untyped({})),
      "account: should be a string, and is an object"
    ),
    invalid(
      "an object with a number as id",
      () => Polympics.getAccount(untyped({ id: 123 })),
      "account: should be a string, and is number"
    ),
    invalid(
      "in a list",
      () => Polympics.createAward({ title: "x", imageUrl: "x", team, accounts: [id, untyped(marker), untyped(null)] }),
      `body.accounts[1]: ${digits}`,
      "body.accounts[2]: should be a string, and is null"
    ),
    invalid(
      "and an invalid award id",
      () => Polympics.giveAward(untyped(Number.NaN), untyped(marker)),
      `account: ${digits}`,
      "award: should be an integer"
    )
  ])
})

describe("invalid team ids", () => {
  const whole = "should be an integer"
  const positive = "should be a positive number"
  testEncodeErrors([
    invalid("a fraction", () => Polympics.getTeam(untyped(3.9)), `team: ${whole}`),
    invalid("NaN", () => Polympics.getTeam(untyped(Number.NaN)), `team: ${whole}`),
    invalid("2^53", () => Polympics.getTeam(untyped(2 ** 53)), `team: ${whole}`),
    invalid("0", () => Polympics.getTeam(untyped(0)), `team: ${positive}`),
    invalid("a string", () => Polympics.deleteTeam(untyped("1")), "team: should be a number, and is string"),
    invalid("null", () => Polympics.deleteTeam(untyped(null)), "team: should be a number, and is null"),
    invalid("0 in a query", () => Polympics.accountPage({ page: 0, team: untyped(0) }), `team: ${positive}`),
    invalid(
      "0 for a new account",
      () => Polympics.createAccount({ id, name: "x", discriminator: "1", team: untyped(0) }),
      `body.team: ${positive}`
    ),
    invalid(
      "null for a new account",
      () => Polympics.createAccount({ id, name: "x", discriminator: "1", team: untyped(null) }),
      "body.team: should be a number, and is null"
    ),
    invalid(
      "an empty string for a new account",
      () => Polympics.createAccount({ id, name: "x", discriminator: "1", team: untyped("") }),
      "body.team: should be a number, and is string"
    ),
    invalid("0 for an award", () => Polympics.updateAward(award, { team: untyped(0) }), `body.team: ${positive}`),
    invalid(
      "an object without an id for an award",
      () => Polympics.createAward({ title: "x", imageUrl: "x", team: untyped({}), accounts: [] }),
      "body.team: should be a number, and is an object"
    ),
    invalid(
      "a team without an id to move to",
      () => Polympics.updateAccount(id, { team: untyped({ id: undefined }) }),
      "body.team: should be a number, and is an object",
      'body.team: should be "noTeam", and is an object'
    ),
    ...[true, "none", {}, null].map((value) => {
      const kind = value === null ? "null" : typeof value === "object" ? "an object" : typeof value
      return invalid(
        `${JSON.stringify(value)} to move to, which must not mean no change`,
        () => Polympics.updateAccount(id, { team: untyped(value) }),
        `body.team: should be a number, and is ${kind}`,
        `body.team: should be "noTeam", and is ${kind}`
      )
    })
  ])
})

describe("values of wrong types", () => {
  const text = (kind: string) => `should be a string, and is ${kind}`
  testEncodeErrors([
    invalid("null for a name", () => Polympics.createTeam(untyped(null)), `body.name: ${text("null")}`),
    invalid("a number for a name", () => Polympics.createTeam(untyped(5)), `body.name: ${text("number")}`),
    invalid("undefined for a name", () => Polympics.createTeam(untyped(undefined)), `body.name: ${text("undefined")}`),
    invalid(
      "a redacted name",
      () => Polympics.createTeam(untyped(Redacted.make(marker))),
      `body.name: ${text("an object")}`
    ),
    invalid(
      "a number to search for",
      () => Polympics.teamPage({ page: 0, search: untyped(5) }),
      `search: ${text("number")}`
    ),
    invalid(
      "a page that is a text",
      () => Polympics.teamPage({ page: untyped("1") }),
      "page: should be a number, and is string"
    ),
    invalid(
      "a page that is null",
      () => Polympics.teamPage({ page: untyped(null) }),
      "page: should be a number, and is null"
    ),
    invalid(
      "null for changes, which the server would ignore",
      () =>
        Polympics.updateAccount(id, { name: untyped(null), discriminator: untyped(null), avatarUrl: untyped(null) }),
      `body.name: ${text("null")}`,
      `body.discriminator: ${text("null")}`,
      `body.avatarUrl: ${text("null")}`
    ),
    invalid(
      "a mask for permissions",
      () => Polympics.updateAccount(id, { grantPermissions: untyped(64) }),
      "body.grantPermissions: should be Permissions, and is number"
    ),
    invalid(
      "five digits for a discriminator",
      () => Polympics.createAccount({ id, name: "x", discriminator: "12345" }),
      "body.discriminator: must be one to four digits"
    ),
    invalid(
      "a token that is not redacted",
      () => Polympics.discordAuthenticate(untyped(marker)),
      "body.token: should be Redacted(<redacted>), and is string"
    ),
    invalid(
      "a callback's secret that is not redacted",
      () => Polympics.createCallback({ event, url: "https://example.com", secret: untyped(marker) }),
      "body.secret: should be Redacted(<redacted>), and is string"
    ),
    invalid(
      "an unknown event",
      () => Polympics.getCallback(untyped(marker)),
      'event: should be "account_team_update", and is string'
    ),
    invalid(
      "all fields at once",
      () =>
        Polympics.createAccount({
          id: untyped(marker),
          name: untyped({ [marker]: marker }),
          discriminator: untyped(marker),
          avatarUrl: untyped([marker]),
          team: untyped(Number.POSITIVE_INFINITY),
          permissions: untyped(marker)
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

describe("missing arguments", () => {
  testEncodeErrors([
    invalid("no changes", () => Polympics.updateAccount(id, untyped(undefined)), notArguments),
    invalid(
      "no list of accounts",
      () => Polympics.createAward(untyped({ title: "x", imageUrl: "x", team, accounts: null })),
      notArguments
    )
  ])
})
