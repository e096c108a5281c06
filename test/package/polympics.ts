// A program of a user of Polympics, and its test layer. It runs against the packed package, so that it imports public entry points.
import { Effect, Option, Stream } from "effect"
import { Snowflake } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import * as PolympicsTest from "effect-herald/polympics/testing"

const names = Polympics.listAccounts({ search: "b" }).pipe(
  Stream.map((account) => account.name),
  Stream.runCollect,
  Effect.map((all) => Array.from(all).join())
)

const missing = Polympics.getAccount(Snowflake.Snowflake.make("2")).pipe(
  Effect.asSome,
  Effect.catchTag("NotFound", () => Effect.succeed(Option.none<Polympics.Account>()))
)

const [found, second] = await Effect.all([names, missing]).pipe(
  Effect.provide(Polympics.anonymous()),
  Effect.provide(
    PolympicsTest.layer({
      accounts: [
        { id: "1", name: "Bob" },
        { id: "3", name: "Abe" }
      ]
    })
  ),
  Effect.runPromise
)
if (found !== "Abe,Bob" || Option.isSome(second))
  throw new Error(`expected Abe,Bob and no account 2, and found ${found}`)
