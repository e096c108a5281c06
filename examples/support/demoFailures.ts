import { Effect, Redacted, Stream } from "effect"
import { Deadline, type HeraldError, RetryPolicy, Snowflake } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import { unusual } from "./demoServer.js"
import { heading, line } from "./print.js"

/** Runs a program that fails, and prints the error with its tag. */
const failing = <E extends HeraldError | Polympics.CredentialsLost, R>(program: Effect.Effect<unknown, E, R>) =>
  Effect.matchEffect(program, {
    onFailure: (error) => line(`${error._tag.padEnd(20)} ${error.message}`),
    onSuccess: () => line("(it did not fail)")
  })

/** Calls that fail, one for each kind of error. They run as the app with all permissions, unless they have a caller of their own. */
export const failures = (baseUrl: string) => {
  const anonymous = Polympics.anonymous({ baseUrl })
  const powerless = Polympics.app({ username: "A2", password: Redacted.make("powerless") }, { baseUrl })
  const wrong = Polympics.app({ username: "A2", password: Redacted.make("wrong") }, { baseUrl })
  const unreachable = Polympics.anonymous({ baseUrl: "http://127.0.0.1:9" })
  const someone = Snowflake.Snowflake.make("900719925474099301")
  const team = Polympics.TeamId.make(1)

  return Effect.gen(function* () {
    yield* heading("A 503, and a successful retry")
    const account = yield* Polympics.getAccount(unusual.passingOutage).pipe(Effect.provide(anonymous))
    yield* line(`after a 503 and a second attempt: ${account.name}`)

    yield* heading("An error of each kind, with its tag")
    yield* failing(Polympics.createTeam("x".repeat(256))).pipe(Effect.provide(powerless))
    yield* failing(Polympics.checkSignups()).pipe(Effect.provideService(Deadline.Current, 0), Effect.provide(anonymous))
    yield* failing(Polympics.checkSignups()).pipe(
      Effect.provideService(RetryPolicy.Current, RetryPolicy.none),
      Effect.provide(unreachable)
    )
    yield* failing(Polympics.getAccount(unusual.slow)).pipe(
      Effect.provideService(Deadline.Current, "200 millis"),
      Effect.provide(anonymous)
    )
    yield* failing(Polympics.getAccount(unusual.htmlPage)).pipe(Effect.provide(anonymous))
    yield* failing(Polympics.getApp()).pipe(Effect.provide(wrong))
    yield* failing(Polympics.createTeam("Ours")).pipe(Effect.provide(powerless))
    yield* failing(Polympics.getAccount(Snowflake.Snowflake.make("1"))).pipe(Effect.provide(anonymous))
    yield* failing(Polympics.createAccount({ id: someone, name: "Another", discriminator: "0001" }))
    yield* failing(
      Polympics.createCallback({ event: "account_team_update", url: "not a URL", secret: Redacted.make("s3cret") })
    )
    yield* failing(Polympics.getAccount(unusual.teapot)).pipe(Effect.provide(anonymous))
    yield* failing(Polympics.deleteTeam(team))
    yield* failing(Stream.runDrain(Polympics.listTeams({ search: unusual.brokenList }))).pipe(Effect.provide(anonymous))
    // The 429 pauses later calls of the same caller, so it comes last.
    yield* failing(Polympics.getAccount(unusual.rateLimited)).pipe(Effect.provide(anonymous))
    const session = yield* Polympics.createSession(someone)
    yield* Effect.all([failing(Polympics.resetSession()), failing(Polympics.getMe())]).pipe(
      Effect.provide(Polympics.user(session, { baseUrl }))
    )
  })
}
