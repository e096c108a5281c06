/**
 * All operations of Polympics, over a socket: `npm run demo`. If POLYMPICS_URL is set, the operations that read are run against that
 * server instead. POLYMPICS_USERNAME and POLYMPICS_PASSWORD are then the credentials, if set.
 *
 * `npm run demo -- civis` shows the client of Civis, and the command line, at a Civis server on loopback instead. `npm run demo -- site`
 * shows the client of Python Discord's site API, and logs that are shipped to it. `npm run demo -- browser` serves a page that calls a
 * Polympics server from a browser, until Ctrl+C.
 */
import { NodeRuntime } from "@effect/platform-node"
import type { HttpClient } from "@effect/platform"
import { Config, Effect, Option, type Scope } from "effect"
import { Transport } from "effect-herald/node"
import * as Polympics from "effect-herald/polympics"
import { demoBrowser } from "./browser/server/demo.js"
import { demoCivis } from "./support/demoCivis.js"
import { demoSite } from "./support/demoSite.js"
import { failures } from "./support/demoFailures.js"
import { reading, whoAmI } from "./support/demoReading.js"
import { writing } from "./support/demoWriting.js"
import { appCredentials, start } from "./support/demoServer.js"
import { heading, line } from "./support/print.js"

const withServerAt = (baseUrl: string) =>
  Effect.gen(function* () {
    yield* heading(`Reading from ${baseUrl}`)
    const username = yield* Config.option(Config.string("POLYMPICS_USERNAME"))
    yield* Option.match(username, {
      onNone: () => line("anonymous, since POLYMPICS_USERNAME is not set"),
      onSome: whoAmI
    })
    yield* reading.pipe(Effect.provide(Polympics.anonymousConfig()))
  })

const withLocalServer = Effect.gen(function* () {
  const baseUrl = yield* start
  yield* heading(`A Polympics server listens at ${baseUrl}`)
  yield* reading.pipe(Effect.provide(Polympics.anonymous({ baseUrl })))
  yield* Effect.zipRight(writing(baseUrl), failures(baseUrl)).pipe(
    Effect.provide(Polympics.app(appCredentials, { baseUrl }))
  )
  yield* heading("Done.")
})

const polympics = Effect.flatMap(Config.option(Config.string("POLYMPICS_URL")), (url) =>
  Option.match(url, { onNone: () => withLocalServer, onSome: withServerAt })
)

const demos: Readonly<Record<string, Effect.Effect<void, unknown, HttpClient.HttpClient | Scope.Scope>>> = {
  browser: demoBrowser,
  civis: demoCivis,
  site: demoSite
}
const demo = demos[process.argv[2] ?? ""] ?? polympics

demo.pipe(Effect.scoped, Effect.provide(Transport.layer()), NodeRuntime.runMain)
