import { createServer } from "node:http"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Snowflake } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import * as PolympicsTest from "effect-herald/polympics/testing"
import { client } from "../../support/client.js"
import { serveApp } from "./support/callbackServer.js"

const { Permissions } = Polympics

const password = Redacted.make("of the app")
const discord = {
  id: "900719925474099305",
  name: "Discord Bob",
  discriminator: "4321",
  avatarUrl: "https://example.com/bob.png"
}

const options = (callbackClient?: HttpClient.HttpClient): PolympicsTest.ServerOptions => ({
  teams: [{ id: 1, name: "Alpha Ravens" }],
  accounts: Array.from({ length: 45 }, (_, index) => ({
    id: String(900719925474099400n + BigInt(index)),
    name: `Player ${String(index).padStart(2, "0")}`,
    team: 1
  })),
  apps: [{ id: 1, password }],
  discordUsers: { "good-token": discord },
  callbackClient
})

/** A server that receives events. */
const listener = Effect.gen(function* () {
  const events = yield* Queue.unbounded<Polympics.AccountTeamUpdate>()
  const secret = Redacted.make("the callback's secret")
  const app = Polympics.callbackApp({ secret, onEvent: (event) => Queue.offer(events, event) })
  return { events, secret, ...(yield* serveApp(app)) }
})

/** The client with which the server posts events. */
const callbackClient = Effect.map(Layer.build(client), (context) => Context.get(context, HttpClient.HttpClient))

/** Calls all operations, each on the state that the earlier ones have made. */
const allOperations = (
  baseUrl: string,
  listener: { readonly url: string; readonly secret: Redacted.Redacted },
  received: Effect.Effect<Polympics.AccountTeamUpdate>
) =>
  Effect.gen(function* () {
    // Reading.
    expect(yield* Polympics.checkSignups()).toBe(true)
    expect((yield* Polympics.getApp()).username).toBe("A1")
    const players = yield* Stream.runCollect(
      Polympics.listAccounts.with({ ahead: 1 })({ search: "player", team: Polympics.TeamId.make(1) })
    )
    expect(Chunk.toReadonlyArray(players).map(({ name }) => name)).toEqual(
      Array.from({ length: 45 }, (_, index) => `Player ${String(index).padStart(2, "0")}`)
    )
    expect(yield* Polympics.accountPage({ page: 2, pageSize: 20 })).toMatchObject({ page: 2, pages: 3, results: 45 })

    // A team and an account.
    const team = yield* Polympics.createTeam("100% Bobcats_")
    expect(yield* Polympics.updateTeam(team, { name: "100% Wildcats_" })).toMatchObject({ name: "100% Wildcats_" })
    expect((yield* Polympics.getTeam(team)).memberCount).toBe(0)
    const teams = yield* Stream.runCollect(Polympics.listTeams({ search: "100% wild" }))
    expect(Chunk.toReadonlyArray(teams).map(({ id }) => id)).toEqual([team.id])
    expect((yield* Polympics.teamPage({ page: 0, search: "%" })).results).toBe(1)
    const bob = yield* Polympics.createAccount({
      id: Snowflake.Snowflake.make("9007199254740993"),
      name: "Bob 😀",
      discriminator: "0001",
      team: team.id
    })
    expect(bob).toMatchObject({ id: "9007199254740993", avatarUrl: null, team: { id: team.id, memberCount: 1 } })
    const again = Polympics.createAccount({ id: bob.id, name: "Bob", discriminator: "0001" })
    expect((yield* Effect.flip(again))._tag).toBe("Conflict")

    // An event.
    const callback = yield* Polympics.createCallback({ event: "account_team_update", ...listener })
    expect(yield* Polympics.getCallback("account_team_update")).toEqual(callback)
    expect(yield* Polympics.getCallbacks()).toEqual({ account_team_update: listener.url })
    const moved = yield* Polympics.updateAccount(bob, { team: Polympics.TeamId.make(1), name: "Robert" })
    expect(moved).toMatchObject({ name: "Robert", team: { id: 1, memberCount: 46 } })
    expect(yield* received).toMatchObject({ account: { id: bob.id, name: "Robert" }, team: { id: 1 } })
    yield* Polympics.deleteCallback("account_team_update")
    expect((yield* Effect.flip(Polympics.getCallback("account_team_update")))._tag).toBe("NotFound")

    // Permissions.
    const captain = Permissions.of("manageOwnTeam", "manageTeams")
    const granted = yield* Polympics.updateAccount(bob, { grantPermissions: captain })
    expect(granted.permissions).toEqual(captain)
    yield* Polympics.updateAccount(bob, { revokePermissions: Permissions.of("manageTeams") })
    expect(Permissions.names((yield* Polympics.getAccount(bob)).permissions)).toEqual(["manageOwnTeam"])

    // Awards.
    const award = yield* Polympics.createAward({ title: "First", imageUrl: "i", team, accounts: [bob] })
    expect(yield* Polympics.updateAward(award, { title: "Second" })).toEqual({ ...award, title: "Second" })
    expect(yield* Polympics.giveAward(award, bob)).toBe("AlreadyHeld")
    yield* Polympics.takeAward(award, bob)
    expect((yield* Effect.flip(Polympics.takeAward(award, bob)))._tag).toBe("NotFound")
    expect(yield* Polympics.giveAward(award, bob)).toBe("Given")
    expect(yield* Polympics.getAward(award)).toMatchObject({
      award: { title: "Second" },
      awardees: [{ id: bob.id }],
      team: { id: team.id }
    })

    // The operations of a user.
    const session = yield* Polympics.createSession(bob)
    yield* Effect.gen(function* () {
      expect((yield* Polympics.getMe()).id).toBe(bob.id)
      expect((yield* Polympics.updateAccount(bob, { team: Polympics.noTeam })).team).toBe(null)
      expect((yield* Effect.flip(Polympics.updateAccount(bob, { name: "x" })))._tag).toBe("Forbidden")
      expect(yield* Effect.flip(Polympics.resetSession())).toMatchObject({
        _tag: "CredentialsLost",
        reason: "NotReturned"
      })
      expect((yield* Effect.flip(Polympics.getMe()))._tag).toBe("AuthoriserError")
    }).pipe(Effect.provide(Polympics.user(session, { baseUrl })))
    const withOldSession = Effect.flip(Effect.provide(Polympics.getMe(), Polympics.user(session, { baseUrl })))
    expect((yield* withOldSession)._tag).toBe("Unauthorized")

    // Sign-in by Discord.
    const signedIn = yield* Polympics.discordAuthenticate(Redacted.make("good-token"))
    expect((yield* Effect.flip(Polympics.discordAuthenticate(Redacted.make("bad"))))._tag).toBe("Unauthorized")
    yield* Effect.gen(function* () {
      const me = yield* Polympics.getMe()
      expect(me).toMatchObject({ id: discord.id, name: "Discord Bob", avatarUrl: discord.avatarUrl })
      expect(yield* Polympics.updateAccount(me, { discordToken: Redacted.make("good-token") })).toEqual(me)
      yield* Polympics.deleteAccount(me)
      expect((yield* Effect.flip(Polympics.getAccount(me)))._tag).toBe("NotFound")
    }).pipe(Effect.provide(Polympics.user(signedIn, { baseUrl })))

    // A new password.
    const credentials = yield* Polympics.resetAppToken()
    expect((yield* Polympics.getApp()).name).toBe(credentials.name)
    const withOldPassword = Effect.flip(
      Effect.provide(Polympics.getApp(), Polympics.app({ username: "A1", password }, { baseUrl }))
    )
    expect((yield* withOldPassword)._tag).toBe("Unauthorized")

    // Deletion.
    expect((yield* Effect.flip(Polympics.deleteTeam(team)))._tag).toBe("ServerError")
    yield* Polympics.deleteAward(award)
    yield* Polympics.deleteTeam(team)
    yield* Polympics.deleteAccount(bob)
    expect((yield* Effect.flip(Polympics.getTeam(team)))._tag).toBe("NotFound")
    expect((yield* Effect.flip(Polympics.getAward(award)))._tag).toBe("NotFound")
    expect((yield* Effect.flip(Polympics.getAccount(bob)))._tag).toBe("NotFound")
  }).pipe(Effect.provide(Polympics.app({ username: "A1", password }, { baseUrl })))

describe("all operations in one program", () => {
  it.scopedLive("over a socket", () =>
    Effect.gen(function* () {
      const { events, secret, url } = yield* listener
      const app = yield* PolympicsTest.httpApp(options(yield* callbackClient))
      const context = yield* Layer.build(
        HttpServer.serve(app).pipe(
          Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
        )
      )
      const baseUrl = yield* Effect.provide(
        HttpServer.addressFormattedWith((address) => Effect.succeed(address)),
        context
      )
      yield* Effect.provide(allOperations(baseUrl, { secret, url: `${url}/polympics` }, Queue.take(events)), client)
    })
  )

  it.scopedLive("without sockets, except for the event", () =>
    Effect.gen(function* () {
      const { events, secret, url } = yield* listener
      yield* Effect.provide(
        allOperations("https://polympics.test", { secret, url }, Queue.take(events)),
        PolympicsTest.layer(options(yield* callbackClient))
      )
    })
  )
})
