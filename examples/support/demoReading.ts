import { Chunk, Effect, Ref, Stream } from "effect"
import * as Polympics from "effect-herald/polympics"
import { heading, line, progress } from "./print.js"

const team = (account: Polympics.Account) => account.team?.name ?? "no team"

/** The operations that read, for any caller. */
export const reading = Effect.gen(function* () {
  yield* line(`signups are ${(yield* Polympics.checkSignups()) ? "open" : "closed"}`)

  yield* heading("All accounts as a Stream, with two pages requested in advance, and progress")
  const seen = yield* Ref.make(0)
  yield* Polympics.listAccounts
    .with({ ahead: 2 })
    .pages({ pageSize: 50 })
    .pipe(
      Stream.runForEach(({ items, value }) =>
        Effect.flatMap(
          Ref.updateAndGet(seen, (count) => count + items.length),
          (count) => progress(count, value.results, "accounts")
        )
      )
    )

  yield* heading("Searches, with escaped wildcards")
  for (const search of ["bob", "100%", "日本", "no such name"]) {
    const found = yield* Stream.runCollect(Polympics.listAccounts({ search }).pipe(Stream.take(3)))
    const names = Chunk.toReadonlyArray(found).map((account) => `${account.name} (${team(account)})`)
    yield* line(`"${search}": ${names.join(", ") || "none"}`)
  }

  yield* heading("One page, with the totals")
  const page = yield* Polympics.accountPage({ page: 1, pageSize: 5 })
  yield* line(`page ${page.page + 1} of ${page.pages}, ${page.results} accounts in all:`)
  for (const account of page.data) yield* line(`  ${account.id}  ${account.name}`)

  yield* heading("Teams, an account and its team")
  yield* Polympics.listTeams().pipe(
    Stream.take(5),
    Stream.runForEach((team) => line(`team ${team.id}: ${team.name}, ${team.memberCount} members`))
  )
  const first = page.data[0]
  if (first !== undefined) {
    const account = yield* Polympics.getAccount(first)
    yield* line(`account ${account.id}: ${account.name}#${account.discriminator}, ${team(account)}`)
    if (account.team !== null) yield* line(`its team: ${(yield* Polympics.getTeam(account.team)).name}`)
  }
})

/** Prints the owner of the credentials in the environment. */
export const whoAmI = (username: string) =>
  /^s/i.test(username)
    ? Polympics.getMe().pipe(
        Effect.flatMap((account) => line(`you are ${account.name}, by a session`)),
        Effect.provide(Polympics.userConfig())
      )
    : Polympics.getApp().pipe(
        Effect.flatMap((app) => line(`you are the app ${app.name}`)),
        Effect.provide(Polympics.appConfig())
      )
