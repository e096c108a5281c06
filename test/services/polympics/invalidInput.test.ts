import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Snowflake } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import * as callers from "./support/callers.js"
import { inProcess } from "../../support/inProcess.js"
import { invalid, type InvalidCall, marker, testEncodeErrors } from "./support/encodeErrors.js"

/*
 * Values to which the server would respond with a 500, or which it would ignore. They are refused before a request is sent.
 */

const { Permissions } = Polympics
const id = Snowflake.Snowflake.make("1")
const team = Polympics.TeamId.make(1)
const award = Polympics.AwardId.make(1)
const event = "account_team_update"

/** A text of this number of characters, each of two code units. */
const wide = (characters: number) => "😀".repeat(characters)

const nul = "must not contain NUL: the server can't store it"
const lone = "must be well-formed Unicode: it has a lone surrogate"
const ignored = "must not be empty: the server would ignore it"
const bearer = "must be printable ASCII without spaces around it: it is sent in a header"
const range = "page times pageSize must be below 2^63"
const upTo = (characters: number) => `must have at most ${characters} characters`

const callbackLost = "the server can't store more, and would delete the callback that is registered"
const ofLength = (length: number, start: string) => start.padEnd(length, marker)
const longUrls = [
  { title: "2,048 characters", url: ofLength(2048, "https://a.test/") },
  { title: "2,083 characters", url: ofLength(2083, "https://a.test/") },
  { title: "2,084 characters, which the server refuses", url: ofLength(2084, "https://a.test/") },
  { title: "2,048 characters of two code units each in its path", url: `https://a.test/${wide(2033)}` },
  { title: "2,041 characters and an international host", url: ofLength(2041, "https://exämple.com/") },
  {
    title: "2,041 characters and an international host behind a password",
    url: ofLength(2041, "https://ü:ö@exämple.com/")
  },
  { title: "2,048 characters, made by URL", url: new URL(ofLength(2041, "https://exämple.com/")) },
  { title: "2,048 characters in its query and fragment", url: ofLength(2048, "https://a.test?a=#") }
]

describe("impossible pages", () => {
  testEncodeErrors([
    invalid("pageSize 0", () => Polympics.teamPage({ page: 0, pageSize: 0 }), "pageSize: should be a positive number"),
    invalid(
      "pageSize -1",
      () => Polympics.accountPage({ page: 0, pageSize: -1 }),
      "pageSize: should be a positive number"
    ),
    invalid("page -1", () => Polympics.teamPage({ page: -1 }), "page: should be a non-negative number"),
    invalid("page 1.5", () => Polympics.teamPage({ page: 1.5 }), "page: should be an integer"),
    invalid("page NaN", () => Polympics.accountPage({ page: Number.NaN }), "page: should be a non-negative number"),
    invalid("page Infinity", () => Polympics.accountPage({ page: Infinity }), "page: should be an integer"),
    invalid(
      "page and pageSize whose product is 2^63",
      () => Polympics.accountPage({ page: 2 ** 52, pageSize: 2 ** 11 }),
      range
    ),
    invalid(
      "a page whose product with the default size is over 2^63",
      () => Polympics.teamPage({ page: 2 ** 52, pageSize: 2 ** 12 }),
      range
    ),
    invalid(
      "lists that start before the first page",
      () => Stream.runDrain(Polympics.listTeams.with({ from: -1 })()),
      "page: should be a non-negative number"
    ),
    invalid(
      "lists of empty pages",
      () => Stream.runDrain(Polympics.listAccounts.pages({ pageSize: 0 })),
      "pageSize: should be a positive number"
    )
  ])
})

describe("text that the server can't store", () => {
  testEncodeErrors([
    invalid("NUL in a search", () => Polympics.teamPage({ page: 0, search: `${marker}\0` }), `search: ${nul}`),
    invalid(
      "a lone surrogate in a search",
      () => Polympics.accountPage({ page: 0, search: `${marker}\ud800` }),
      `search: ${lone}`
    ),
    invalid(
      "NUL in all texts of an account",
      () =>
        Polympics.updateAccount(id, {
          name: `${marker}\0`,
          avatarUrl: `${marker}\0`,
          discordToken: Redacted.make(`${marker}\0`)
        }),
      `body.name: ${nul}`,
      `body.avatarUrl: ${nul}`,
      `body.discordToken: ${nul}`
    ),
    invalid(
      "lone surrogates in all texts of a new account",
      () =>
        Polympics.createAccount({
          id,
          name: `${marker}\udfff`,
          discriminator: "1",
          avatarUrl: `\ud83d${marker}`
        }),
      `body.name: ${lone}`,
      `body.avatarUrl: ${lone}`
    ),
    invalid("NUL in a team's name", () => Polympics.createTeam(`${marker}\0`), `body.name: ${nul}`),
    invalid("NUL in a team's new name", () => Polympics.updateTeam(team, { name: `${marker}\0` }), `body.name: ${nul}`),
    invalid(
      "NUL and lone surrogates in an award",
      () => Polympics.createAward({ title: `${marker}\0`, imageUrl: `${marker}\ud800`, team, accounts: [] }),
      `body.title: ${nul}`,
      `body.imageUrl: ${lone}`
    ),
    invalid(
      "NUL and lone surrogates in a callback",
      () => Polympics.createCallback({ event, url: `${marker}\0`, secret: Redacted.make(`${marker}\ud800`) }),
      `body.url: ${nul}`,
      `body.secret: ${bearer}`
    ),
    ...["", " ", `${marker} `, `${marker}\n`, `${marker}é`].map((secret) =>
      invalid(
        `a callback's secret that a header can't hold: ${JSON.stringify(secret)}`,
        () => Polympics.createCallback({ event, url: "https://example.com", secret: Redacted.make(secret) }),
        `body.secret: ${bearer}`
      )
    ),
    invalid(
      "NUL in a Discord token",
      () => Polympics.discordAuthenticate(Redacted.make(`${marker}\0`)),
      `body.token: ${nul}`
    )
  ])
})

describe("text that is too long", () => {
  testEncodeErrors([
    invalid(
      "a name of 256 characters and an avatar URL of 513 in a new account",
      () =>
        Polympics.createAccount({
          id,
          name: marker.padEnd(256, "n"),
          discriminator: "1",
          avatarUrl: marker.padEnd(513, "u")
        }),
      `body.name: ${upTo(255)}`,
      `body.avatarUrl: ${upTo(512)}`
    ),
    invalid(
      "a name of 256 characters of two code units each in an account",
      () => Polympics.updateAccount(id, { name: wide(256), avatarUrl: wide(513) }),
      `body.name: ${upTo(255)}`,
      `body.avatarUrl: ${upTo(512)}`
    ),
    invalid(
      "a name of 256 characters in a new team",
      () => Polympics.createTeam("n".repeat(256)),
      `body.name: ${upTo(255)}`
    ),
    invalid(
      "a name of 256 characters in a team",
      () => Polympics.updateTeam(team, { name: "n".repeat(256) }),
      `body.name: ${upTo(255)}`
    ),
    invalid(
      "a title of 33 characters and an image URL of 513 in a new award",
      () => Polympics.createAward({ title: "t".repeat(33), imageUrl: "u".repeat(513), team, accounts: [] }),
      `body.title: ${upTo(32)}`,
      `body.imageUrl: ${upTo(512)}`
    ),
    invalid(
      "a title of 33 characters and an image URL of 513 in an award",
      () => Polympics.updateAward(award, { title: wide(33), imageUrl: wide(513) }),
      `body.title: ${upTo(32)}`,
      `body.imageUrl: ${upTo(512)}`
    ),
    invalid(
      "a callback's secret of 2,048 characters",
      () => Polympics.createCallback({ event, url: "https://a.test", secret: Redacted.make(marker.padEnd(2048, "s")) }),
      `body.secret: ${upTo(2047)}: ${callbackLost}`
    ),
    ...longUrls.map(({ title, url }) =>
      invalid(
        `a callback's URL of ${title}`,
        () => Polympics.createCallback({ event, url, secret: Redacted.make("s") }),
        `body.url: ${upTo(2047)}, an international host counted as punycode: ${callbackLost}`
      )
    ),
    invalid("a name of a megabyte", () => Polympics.createTeam("n".repeat(2 ** 20)), `body.name: ${upTo(255)}`)
  ])
})

describe("integers beyond 64 bits", () => {
  const beyond = "must fit 64 bits"
  testEncodeErrors([
    invalid(
      "a new account's permissions",
      () =>
        Polympics.createAccount({
          id,
          name: "Bob",
          discriminator: "1",
          permissions: Permissions.fromMask(2n ** 63n)
        }),
      `body.permissions: ${beyond}`
    ),
    invalid(
      "permissions to grant and to revoke",
      () =>
        Polympics.updateAccount(id, {
          grantPermissions: Permissions.fromMask(2n ** 63n),
          revokePermissions: Permissions.fromMask(-(2n ** 63n) - 1n)
        }),
      `body.grantPermissions: ${beyond}`,
      `body.revokePermissions: ${beyond}`
    )
  ])

  it("are not account ids", () => {
    for (const text of ["9223372036854775808", "-9223372036854775809", "9".repeat(4301)]) {
      expect(() => Snowflake.Snowflake.make(text), text).toThrow("-2^63 to 2^63-1")
    }
  })
})

describe("changes that the server would ignore", () => {
  testEncodeErrors([
    invalid(
      "of an account",
      () =>
        Polympics.updateAccount(id, { name: "", discriminator: "", avatarUrl: "", discordToken: Redacted.make("") }),
      `body.name: ${ignored}`,
      "body.discriminator: must be one to four digits",
      `body.avatarUrl: ${ignored}`,
      `body.discordToken: ${ignored}`
    ),
    invalid(
      "of an award",
      () => Polympics.updateAward(award, { title: "", imageUrl: "" }),
      `body.title: ${ignored}`,
      `body.imageUrl: ${ignored}`
    )
  ])
})

describe("values at a limit are sent:", () => {
  const cases: ReadonlyArray<Pick<InvalidCall, "title" | "call">> = [
    { title: "a name of 255 characters", call: () => Polympics.createTeam("n".repeat(255)) },
    { title: "a name of 255 characters of two code units each", call: () => Polympics.createTeam(wide(255)) },
    { title: "an empty name of a team", call: () => Polympics.updateTeam(team, { name: "" }) },
    {
      title: "a title of 32 characters and an image URL of 512",
      call: () => Polympics.createAward({ title: wide(32), imageUrl: "u".repeat(512), team, accounts: [] })
    },
    {
      title: "the largest id and the smallest mask",
      call: () =>
        Polympics.createAccount({
          id: Snowflake.Snowflake.make("9223372036854775807"),
          name: "",
          discriminator: "0000",
          avatarUrl: "",
          permissions: Permissions.fromMask(-(2n ** 63n))
        })
    },
    { title: "the smallest id", call: () => Polympics.getAccount(Snowflake.Snowflake.make("-9223372036854775808")) },
    ...[
      { title: "2,047 characters", url: ofLength(2047, "https://a.test/") },
      { title: "2,047 characters of two code units each in its path", url: `https://a.test/${wide(2032)}` },
      { title: "2,040 characters and an international host", url: ofLength(2040, "https://exämple.com/") },
      { title: "2,047 characters, with spaces around it", url: `  ${ofLength(2047, "https://a.test/")}\n` },
      { title: "2,047 characters that is none", url: ofLength(2047, "nothing") }
    ].map(({ title, url }) => ({
      title: `a callback's URL of ${title}, and a secret of 2,047`,
      call: () => Polympics.createCallback({ event, url, secret: Redacted.make("s".repeat(2047)) })
    })),
    {
      title: "the largest page number",
      call: () => Polympics.accountPage({ page: Number.MAX_SAFE_INTEGER, pageSize: 1024 })
    }
  ]

  it.effect.each(cases)("$title", ({ call }) => {
    const http = inProcess(() => ({ status: 418 }))
    const origin = "https://polympics.test"
    const environment = Layer.mergeAll(callers.user(origin), callers.app(origin), http.layer)
    return Effect.gen(function* () {
      const exit = yield* Effect.exit(Effect.provide(Effect.suspend(call), environment))
      expect(Exit.isFailure(exit)).toBe(true)
      expect(http.sent.length).toBe(1)
    })
  })
})
