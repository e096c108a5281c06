import { HttpRouter, HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Deferred, Effect, Layer, Redacted } from "effect"
import { Snowflake } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import { createServer } from "node:http"
import { heading, line } from "./print.js"

const names = (permissions: Polympics.Permissions.Permissions) =>
  Polympics.Permissions.names(permissions).join(", ") || "none"

/** Starts a server that receives events. Returns its URL, and an Effect of the first event. */
const receiver = (secret: Redacted.Redacted) =>
  Effect.gen(function* () {
    const received = yield* Deferred.make<Polympics.AccountTeamUpdate>()
    const app = HttpRouter.empty.pipe(
      HttpRouter.all(
        "/polympics",
        Polympics.callbackApp({ secret, onEvent: (event) => Deferred.succeed(received, event) })
      )
    )
    const server = yield* Layer.build(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
    const url = yield* HttpServer.serveEffect(app).pipe(
      Effect.zipRight(HttpServer.addressFormattedWith((address) => Effect.succeed(`${address}/polympics`))),
      Effect.provide(server)
    )
    return { url, event: Deferred.await(received) }
  })

/** The operations that write, as an app and as a user. */
export const writing = (baseUrl: string) =>
  Effect.gen(function* () {
    const app = yield* Polympics.getApp()
    yield* heading(`As the app "${app.name}", whose permissions are: ${names(app.permissions)}`)

    const team = yield* Polympics.createTeam("Demo Team 🏅")
    const other = yield* Polympics.createTeam("The Others")
    const bob = yield* Polympics.createAccount({
      id: Snowflake.Snowflake.make("9007199254740993001"),
      name: "Bob of the demo",
      discriminator: "0001",
      team
    })
    yield* line(`created ${bob.name}, ${bob.id}, in ${bob.team?.name}`)
    yield* line(`renamed: ${(yield* Polympics.updateAccount(bob, { name: "Bób 🚀" })).name}`)
    yield* line(`renamed the team: ${(yield* Polympics.updateTeam(team, { name: "Demo Team" })).name}`)

    const { url, event } = yield* receiver(Redacted.make("callback secret"))
    yield* Polympics.createCallback({ event: "account_team_update", url, secret: Redacted.make("callback secret") })
    yield* line(`callbacks: ${JSON.stringify(yield* Polympics.getCallbacks())}`)
    yield* Polympics.updateAccount(bob, { team: other })
    const update = yield* event
    yield* line(`received by the callback: ${update.account.name} is now in ${update.team?.name}`)
    yield* Polympics.deleteCallback("account_team_update")

    const removed = yield* Polympics.updateAccount(bob, { team: Polympics.noTeam })
    yield* line(`moved to ${other.name}, then to ${removed.team?.name ?? "no team"}`)

    const powers = Polympics.Permissions.of("manageOwnTeam", "manageAwards")
    const granted = yield* Polympics.updateAccount(bob, { grantPermissions: powers })
    const revoked = yield* Polympics.updateAccount(bob, {
      revokePermissions: Polympics.Permissions.of("manageAwards")
    })
    yield* line(`granted: ${names(granted.permissions)}; and after a revocation: ${names(revoked.permissions)}`)

    const award = yield* Polympics.createAward({
      title: "Best demo",
      imageUrl: "https://example.com/best.png",
      team: other,
      accounts: []
    })
    yield* line(
      `award given: ${yield* Polympics.giveAward(award, bob)}, and again: ${yield* Polympics.giveAward(award, bob)}`
    )
    const details = yield* Polympics.getAward(award)
    yield* line(
      `"${details.award.title}" of ${details.team?.name} is held by: ${details.awardees.map((_) => _.name).join(", ")}`
    )
    yield* Polympics.takeAward(award, bob)
    yield* Polympics.updateAward(award, { title: "Best demo ever" })
    yield* Polympics.deleteAward(award)

    const session = yield* Polympics.createSession(bob)
    yield* line(`a session for ${session.username}, with the password ${session.password}`)
    const asBob = Effect.gen(function* () {
      const me = yield* Polympics.getMe()
      const joined = yield* Polympics.updateAccount(me, { team })
      yield* line(`as the user ${me.name}: joined ${joined.team?.name}`)
    })
    yield* asBob.pipe(Effect.provide(Polympics.user(session, { baseUrl })))

    const reset = yield* Polympics.resetAppToken()
    yield* line(`${reset.username} has a new password`)
    yield* line(`the same layer uses it: the app is "${(yield* Polympics.getApp()).name}"`)

    yield* Polympics.deleteAccount(bob)
    yield* Polympics.deleteTeam(team)
    yield* Polympics.deleteTeam(other)
    yield* line("deleted what was created")
  }).pipe(Effect.scoped)
