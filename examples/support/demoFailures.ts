import { Effect, Redacted, Stream } from "effect"
import { Deadline, type HeraldError, RetryPolicy } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import { misbehaving } from "./demoServer.js"
import { heading, line } from "./print.js"

/** Runs what is to fail, and shows the failure by its tag. */
const failing = <E extends HeraldError | Polympics.CredentialsLost, R>(program: Effect.Effect<unknown, E, R>) =>
  Effect.matchEffect(program, {
    onFailure: (error) => line(`${error._tag.padEnd(16)} ${error.message}`),
    onSuccess: () => line("(it did not fail)")
  })

/** A failure of each kind, as the app that has every permission where nothing else is said. */
export const failures = (baseUrl: string) => {
  const nobody = Polympics.anonymous({ baseUrl })
  const powerless = Polympics.app({ username: "A2", password: Redacted.make("powerless") }, { baseUrl })
  const wrong = Polympics.app({ username: "A2", password: Redacted.make("wrong") }, { baseUrl })
  const nowhere = Polympics.anonymous({ baseUrl: "http://127.0.0.1:9" })
  const someone = Polympics.AccountId.make("900719925474099301")
  const team = Polympics.TeamId.make(1)

  return Effect.gen(function* () {
    yield* heading("A 503 that a retry heals")
    const healed = yield* Polympics.getAccount(misbehaving.passingOutage).pipe(Effect.provide(nobody))
    yield* line(`after a 503 and a second attempt: ${healed.name}`)

    yield* heading("A failure of each kind, caught by its tag")
    yield* failing(Polympics.createTeam("x".repeat(256))).pipe(Effect.provide(powerless))
    yield* failing(Polympics.checkSignups).pipe(Effect.provideService(Deadline.Current, 0), Effect.provide(nobody))
    yield* failing(Polympics.checkSignups).pipe(
      Effect.provideService(RetryPolicy.Current, RetryPolicy.none),
      Effect.provide(nowhere)
    )
    yield* failing(Polympics.getAccount(misbehaving.slow)).pipe(
      Effect.provideService(Deadline.Current, "200 millis"),
      Effect.provide(nobody)
    )
    yield* failing(Polympics.getAccount(misbehaving.htmlPage)).pipe(Effect.provide(nobody))
    yield* failing(Polympics.getApp).pipe(Effect.provide(wrong))
    yield* failing(Polympics.createTeam("Ours")).pipe(Effect.provide(powerless))
    yield* failing(Polympics.getAccount(Polympics.AccountId.make("1"))).pipe(Effect.provide(nobody))
    yield* failing(Polympics.createAccount({ id: someone, name: "Another", discriminator: "0001" }))
    yield* failing(
      Polympics.createCallback({ event: "account_team_update", url: "not a URL", secret: Redacted.make("s3cret") })
    )
    yield* failing(Polympics.getAccount(misbehaving.rateLimited)).pipe(Effect.provide(nobody))
    yield* failing(Polympics.getAccount(misbehaving.teapot)).pipe(Effect.provide(nobody))
    yield* failing(Polympics.deleteTeam(team))
    yield* failing(Stream.runDrain(Polympics.listTeams({ search: misbehaving.brokenList }))).pipe(
      Effect.provide(nobody)
    )
    const session = yield* Polympics.createSession(someone)
    yield* Effect.all([failing(Polympics.resetSession), failing(Polympics.getMe)]).pipe(
      Effect.provide(Polympics.user(session, { baseUrl }))
    )
  })
}
