import { Clock, Effect, Layer, Logger, Redacted, Runtime, Schedule, Stream } from "effect"
import { Snowflake } from "effect-herald"
import * as Log from "effect-herald/log"
import * as Site from "effect-herald/site"
import { type Condition, firstId, readOnlyToken, type ReceivedLog, start, token } from "./demoSiteServer.js"
import { bar, column, heading, line, progress } from "./print.js"

const idOf = (index: number) => Snowflake.Snowflake.make(String(firstId + BigInt(index)))

/** A message without the request, to fit into a line. */
const withoutUrl = (message: string) => message.replace(/ \([A-Z]+ http:.*|\S+ http:\S+: /, "")

/** Runs a program that fails, and prints the error with its tag. */
const failing = <E extends { readonly _tag: string; readonly message: string }, R>(
  program: Effect.Effect<unknown, E, R>
) =>
  Effect.matchEffect(program, {
    onFailure: ({ _tag, message }) => line(`${_tag.padEnd(18)}${withoutUrl(message)}`),
    onSuccess: () => line("(it did not fail)")
  })

/** Waits for a site that is starting. */
const waiting = (set: (condition: Condition) => Effect.Effect<void>) =>
  Effect.gen(function* () {
    yield* heading("The site is starting: the program waits until it is healthy")
    yield* set("starting")
    yield* Effect.fork(Effect.delay(set("up"), "700 millis"))
    const begun = yield* Clock.currentTimeMillis
    yield* Site.waitUntilHealthy(
      Schedule.spaced("250 millis").pipe(
        Schedule.tapInput(({ message }: { readonly message: string }) => line(`not yet: ${withoutUrl(message)}`))
      )
    )
    yield* line(`healthy after ${(yield* Clock.currentTimeMillis) - begun} ms`)
  })

const reading = Effect.gen(function* () {
  yield* heading("All users as a Stream, with a page requested in advance, and progress")
  let read = 0
  const members = yield* Site.listUsers
    .with({ ahead: 1 })
    .pages({ pageSize: 400 })
    .pipe(
      Stream.tap(({ items, value }) => progress((read += items.length), value.count, "users")),
      Stream.flatMap(({ items }) => Stream.fromIterable(items)),
      Stream.filter((user) => user.inGuild),
      Stream.runCount
    )
  yield* line(`${members} of them are in the guild`)
  const user = yield* Site.getUser(idOf(0))
  yield* line(`${user.name} is ${user.id}, and not ${Number(user.id)}, which JSON.parse reads`)

  yield* heading("All infractions as a Stream, not the first hundred")
  const counts = yield* Site.listInfractions().pipe(
    Stream.runFold(new Map<string, number>(), (counts, { type }) => counts.set(type, (counts.get(type) ?? 0) + 1))
  )
  for (const [type, count] of counts) yield* line(`${type.padEnd(9)}${bar(count, 90)} ${count}`)
})

const writing = Effect.gen(function* () {
  yield* heading("Writes")
  const role = yield* Site.createRole({
    id: idOf(-1),
    name: "Demo helpers",
    colour: 0x5865f2,
    permissions: 1n << 62n,
    position: 3
  })
  yield* line(`created the role "${role.name}", whose permissions are ${role.permissions}`)
  const newcomers = [10_000, 10_001, 10_002].map((index) => ({
    id: idOf(index),
    name: `newcomer ${index}`,
    discriminator: 1,
    roles: [role.id]
  }))
  yield* Site.createUsers(newcomers)
  yield* line(`created ${newcomers.length} users in one request`)
  const user = yield* Site.updateUser(idOf(10_000), { name: "Ada", inGuild: false })
  yield* line(`changed one: ${user.name}, in the guild: ${user.inGuild}`)
  const infraction = yield* Site.createInfraction({
    user,
    actor: idOf(0),
    type: "ban",
    active: true,
    reason: "a demonstration"
  })
  yield* line(`infraction ${infraction.id}: ${infraction.type}, ${infraction.reason}`)
  yield* failing(Site.createInfraction({ user, actor: idOf(0), type: "ban", active: true, reason: "once more" }))
  yield* Site.deleteInfraction(infraction)
  yield* Effect.forEach(newcomers, Site.deleteUser, { discard: true })
  yield* Site.deleteRole(role)
  yield* line("deleted what was created")
})

const failures = (baseUrl: string) =>
  Effect.gen(function* () {
    yield* heading("Failures, each with its tag")
    const bob = { id: idOf(0), name: "Bob", discriminator: 1 }
    yield* failing(Site.getUser(Snowflake.Snowflake.make("1")))
    yield* failing(Site.createUser(bob))
    yield* failing(Site.createUser({ ...bob, id: idOf(-2), roles: [idOf(-3)] }))
    yield* failing(Site.createUser({ ...bob, name: "x".repeat(33) }))
    yield* failing(Site.verbs.post("/bot/users", { json: { id: "many", name: "", roles: 1 } }))
    yield* failing(Site.getRoles().pipe(Effect.provide(Site.anonymous({ baseUrl }))))
    yield* failing(
      Site.deleteUser(idOf(0)).pipe(Effect.provide(Site.layer({ token: Redacted.make(readOnlyToken), baseUrl })))
    )
    yield* failing(
      Site.getRoles().pipe(Effect.provide(Site.layer({ token: Redacted.make(token), baseUrl: `${baseUrl}/v2` })))
    )
  })

/** A program that logs. While it runs the site goes down, and comes back. */
const logging = (set: (condition: Condition) => Effect.Effect<void>) =>
  Effect.gen(function* () {
    const log = (effect: Effect.Effect<void>) => Effect.zipRight(effect, Effect.sleep("60 millis"))
    yield* log(Effect.logInfo("cog Moderation is loaded"))
    yield* log(Effect.logInfo("user joined").pipe(Effect.annotateLogs({ user: idOf(1) })))
    yield* set("down")
    yield* column("right", "(the site goes down)")
    yield* log(Effect.logWarning("Discord is slow"))
    yield* log(Effect.logError("reminder 7 failed"))
    yield* log(Effect.logInfo("thread archived"))
    yield* Effect.sleep("200 millis")
    yield* set("up")
    yield* column("right", "(the site is back)")
    yield* Effect.sleep("400 millis")
    yield* log(Effect.logInfo("shutting down"))
    yield* Effect.logInfo("the last line of the program")
  })

/** Prints the program's records in the left column, and then leaves them to the shipper. */
const onTheLeft = Layer.merge(
  // The logger of NodeRuntime.runMain.
  Logger.remove(Logger.prettyLoggerDefault),
  Logger.add(
    Logger.make(({ logLevel, message }) => {
      Effect.runSync(column("left", `${logLevel.label.padEnd(6)}${String(message)}`))
    })
  )
)

const shipping = (baseUrl: string, set: (condition: Condition) => Effect.Effect<void>) =>
  Effect.gen(function* () {
    yield* heading("Logs, shipped to the site one by one, while it is up, down, and up again")
    yield* column("left", "THE PROGRAM LOGS")
    yield* column("right", "THE SITE RECEIVES")
    const live = Site.logShipper({ application: "bot" }).pipe(
      Layer.provide(Site.layer({ token: Redacted.make(token), baseUrl })),
      Layer.merge(onTheLeft)
    )
    const { accepted, dropped, failed, shipped } = yield* logging(set).pipe(
      Effect.zipRight(Effect.flatMap(Log.Shipper, ({ flush, stats }) => Effect.zipRight(flush, stats))),
      Effect.provide(live)
    )
    yield* line(`${accepted} accepted, ${shipped} shipped, ${dropped} dropped, ${failed} failed`)
  })

/** A site on loopback, and everything that is done with it. */
export const demoSite = Effect.gen(function* () {
  const received: Array<string> = []
  const runtime = yield* Effect.runtime()
  const { baseUrl, set } = yield* start(({ level, message }: ReceivedLog) => {
    received.push(message)
    Runtime.runSync(runtime)(column("right", `${level.padEnd(9)}${message}`))
  })
  yield* heading(`A site listens at ${baseUrl}`)
  const live = Site.layer({ token: Redacted.make(token), baseUrl })
  yield* Effect.all([waiting(set), reading, writing, failures(baseUrl)], { discard: true }).pipe(Effect.provide(live))
  yield* shipping(baseUrl, set)
  yield* line(`the site has ${received.length} records, the last one: "${received.at(-1)}"`)
  yield* heading("Done.")
})
