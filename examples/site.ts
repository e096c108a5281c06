/**
 * Keeps the users of a site up to date with the members of a guild, as the bot of Python Discord does, in a few requests. The site is on
 * loopback. Run it with `npx tsx examples/site.ts`.
 */
import { Array, Console, Effect, HashMap, Option, Redacted, Schedule, Stream } from "effect"
import { Snowflake } from "effect-herald"
import { Transport } from "effect-herald/node"
import * as Site from "effect-herald/site"
import { deepStrictEqual } from "node:assert"
import * as SiteServer from "../test/servers/site/index.js"

/** A member of the guild. */
type Member = Required<Pick<Site.NewUser, "id" | "name" | "discriminator">>

/** The most users of a request. */
const batchSize = 1000

/** Creates the members that the site does not know, and changes the users that it has otherwise. */
const synchronize = (members: ReadonlyArray<Member>) =>
  Effect.gen(function* () {
    const known = yield* Site.listUsers().pipe(
      Stream.runFold(HashMap.empty<Snowflake.Snowflake, Site.User>(), (users, user) =>
        HashMap.set(users, user.id, user)
      )
    )
    const created = members.filter(({ id }) => !HashMap.has(known, id))
    const renamed = members.filter(({ id, name }) =>
      Option.exists(HashMap.get(known, id), (user) => user.name !== name || !user.inGuild)
    )
    const ids = new Set(members.map(({ id }) => id))
    const left = [...HashMap.values(known)].filter(({ id, inGuild }) => inGuild && !ids.has(id))
    const changes: ReadonlyArray<Site.UserUpdate> = [
      ...renamed.map(({ id, name }) => ({ id, name, inGuild: true })),
      ...left.map(({ id }) => ({ id, inGuild: false }))
    ]
    yield* Effect.forEach(Array.chunksOf(created, batchSize), (some) => Site.createUsers(some), { discard: true })
    yield* Effect.forEach(Array.chunksOf(changes, batchSize), (some) => Site.updateUsers(some), { discard: true })
    return { created: created.length, renamed: renamed.length, left: left.length }
  })

const member = (number: number, name = `member ${number}`): Member => ({
  id: Snowflake.Snowflake.make(String(409107086526644000n + BigInt(number))),
  name,
  discriminator: number
})

const program = Effect.gen(function* () {
  yield* Site.waitUntilHealthy(Schedule.spaced("100 millis"))
  const first = Array.makeBy(3000, (number) => member(number))
  deepStrictEqual(yield* synchronize(first), { created: 3000, renamed: 0, left: 0 })
  yield* Console.log("3,000 members of a new guild are created")

  const later = [member(0, "Ada"), ...first.slice(2), member(9000)]
  deepStrictEqual(yield* synchronize(later), { created: 1, renamed: 1, left: 1 })
  yield* Console.log("later one is new, one has another name, and one has left")

  deepStrictEqual(yield* synchronize(later), { created: 0, renamed: 0, left: 0 })
  yield* Console.log("nothing is left to do")
})

const main = Effect.gen(function* () {
  const { requests, url } = yield* SiteServer.make()
  yield* program.pipe(Effect.provide(Site.layer({ token: Redacted.make(SiteServer.token), baseUrl: url })))
  yield* Console.log(`the site received ${requests.length} requests`)
})

await main.pipe(Effect.scoped, Effect.provide(Transport.layer()), Effect.runPromise)
