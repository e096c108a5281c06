/**
 * A Polympics server on loopback, for the examples. It is the server of `effect-herald/polympics/testing`, with teams, awards and a
 * few hundred accounts, and with unusual responses for some ids.
 */
import { type HttpApp, HttpClient, HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, identity, Layer, Redacted, Ref } from "effect"
import { Transport } from "effect-herald/node"
import { Snowflake } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import * as PolympicsTest from "effect-herald/polympics/testing"
import { createServer } from "node:http"

const names = [
  "Alice",
  "Bob",
  "Zoë",
  "Étienne",
  "Ærøskøbing",
  "İpek",
  "Łukasz",
  "Ωmega",
  "Дмитрий",
  "მზია",
  "Հայկ",
  "דניאל",
  "مرحبا",
  "नमस्ते",
  "বাংলা",
  "தமிழ்",
  "ไทย",
  "한국어",
  "日本語の名前",
  "中文名字",
  "ᐃᓄᒃᑎᑐᑦ",
  "ᚠᚢᚦᚨᚱᚲ",
  "😀🚀",
  "👩‍👩‍👧 family",
  "100% legit",
  "under_score"
]

/** The first id. It is beyond 2^53, so that JavaScript's numbers can't represent all ids exactly. */
const firstId = 900719925474099300n

const accounts = Array.from({ length: 312 }, (_, index) => ({
  id: String(firstId + BigInt(index)),
  name: `${names[index % names.length]}${index < names.length ? "" : ` ${Math.floor(index / names.length) + 1}`}`,
  discriminator: String((index * 37) % 10_000).padStart(4, "0"),
  team: index % 5 === 4 ? null : (index % 4) + 1,
  permissions: index === 0 ? Polympics.Permissions.everyUser : Polympics.Permissions.none
}))

/** The ids for which the server has unusual responses. */
export const unusual = {
  passingOutage: Snowflake.Snowflake.make("503"),
  rateLimited: Snowflake.Snowflake.make("429"),
  teapot: Snowflake.Snowflake.make("418"),
  htmlPage: Snowflake.Snowflake.make("200"),
  slow: Snowflake.Snowflake.make("408"),
  brokenList: "broken list"
}

const withUnusualResponses = (app: HttpApp.Default) =>
  Effect.map(Ref.make(false), (wasUnavailable) => {
    const html = (status: number, title: string) =>
      Effect.succeed(
        HttpServerResponse.html(`<html><h1>${title}</h1></html>`).pipe(HttpServerResponse.setStatus(status))
      )
    return Effect.flatMap(HttpServerRequest.HttpServerRequest, (request): HttpApp.Default => {
      switch (request.url) {
        case "/account/503":
          return Effect.flatMap(Ref.getAndSet(wasUnavailable, true), (recovered) =>
            recovered ? app : html(503, "Back in a moment")
          )
        case "/account/429":
          return Effect.succeed(HttpServerResponse.empty({ status: 429, headers: { "retry-after": "3600" } }))
        case "/account/418":
          return html(418, "I'm a teapot")
        case "/account/200":
          return html(200, "Welcome to the hotel's network")
        case "/account/408":
          return Effect.delay(app, "1 second")
        case "/teams/search?q=broken+list&page=0":
          return Effect.succeed(
            HttpServerResponse.unsafeJson({ page: 0, per_page: 20, pages: 1000, results: 20_000, data: [] })
          )
        default:
          return app
      }
    })
  })

export const appCredentials = { username: "A1", password: Redacted.make("the demo app's password") }

type Wrap = (app: HttpApp.Default) => HttpApp.Default

const serve = Effect.fnUntraced(function* (wrap: Wrap) {
  const app = yield* PolympicsTest.httpApp({
    teams: ["Alpha Ravens", "Bobcats", "Ünïcödé Wölfe", "🏆 Trophy Team"].map((name, index) => ({
      id: index + 1,
      name
    })),
    accounts: [...accounts, { id: "503", name: "Worth the wait" }],
    awards: [
      { id: 1, title: "First place 🥇", imageUrl: "https://example.com/1.png", team: 1, accounts: [accounts[0]!.id] }
    ],
    apps: [
      { id: 1, name: "demo", password: appCredentials.password, permissions: Polympics.Permissions.everyApp },
      { id: 2, name: "powerless", password: "powerless", permissions: Polympics.Permissions.none }
    ],
    callbackClient: yield* HttpClient.HttpClient
  })
  yield* HttpServer.serveEffect(wrap(yield* withUnusualResponses(app)))
  return yield* HttpServer.addressFormattedWith((address) => Effect.succeed(address))
})

/** Serves the app, wrapped in another, on a free port of loopback until the scope closes. Returns its base URL. */
export const startWith = Effect.fnUntraced(function* (wrap: Wrap) {
  const layers = Layer.merge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }), Transport.layer())
  return yield* Effect.provide(serve(wrap), yield* Layer.build(layers))
})

/** Serves the app on a free port of loopback until the scope closes. Returns its base URL. */
export const start = startWith(identity)
