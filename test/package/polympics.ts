// A user of an API and of its test layer. Run against the packed package, so it imports what users can.
import { Effect, Option, Stream } from "effect"
import * as Polympics from "effect-herald/polympics"
import * as PolympicsTest from "effect-herald/polympics/test"

const names = Polympics.listAccounts({ search: "b" }).pipe(
  Stream.map((account) => account.name),
  Stream.runCollect,
  Effect.map((all) => Array.from(all).join())
)

const nobody = Polympics.getAccount(Polympics.AccountId.make("2")).pipe(
  Effect.asSome,
  Effect.catchTag("NotFound", () => Effect.succeed(Option.none<Polympics.Account>()))
)

const [found, second] = await Effect.all([names, nobody]).pipe(
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
if (found !== "Abe,Bob" || Option.isSome(second)) throw new Error(`Abe,Bob and nobody else, not ${found}`)
