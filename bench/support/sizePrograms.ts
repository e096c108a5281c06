/** Programs whose bundles are measured: JavaScript that makes one call. They are bundled and not run. */
import { existsSync } from "node:fs"
import { oneCall, oneOperation } from "../../tools/bundle.js"

interface Program {
  readonly name: string
  readonly text: string
  /** Default: browser. */
  readonly platform?: "node"
}

/** A call of this library by the fetch client, with more in the layer of its API. */
const oneCallWith = (imports: string, layer: string) =>
  `${imports}\n${oneCall.replace('Weather.layer({ baseUrl: "https://weather.example" })', layer)}`

const baseUrl = `baseUrl: "https://weather.example"`

const own: ReadonlyArray<Program> = [
  { name: "effect-herald: one operation", text: oneOperation },
  { name: "effect-herald: one call, with its layer and fetch", text: oneCall },
  {
    name: "effect-herald: one call, cache",
    text: oneCallWith(
      `import * as Layer from "effect/Layer"\nimport * as HttpCache from "effect-herald/cache"`,
      `Weather.layer({ ${baseUrl} }).pipe(Layer.provide(HttpCache.layerMemory()))`
    )
  },
  {
    name: "effect-herald: one call, OAuth client credentials",
    text: oneCallWith(
      `import * as Redacted from "effect/Redacted"\nimport * as OAuth from "effect-herald/oauth"`,
      `Weather.layer({ ${baseUrl}, credentials: OAuth.clientCredentials({
        server: "https://auth.example",
        client: { clientId: "reporter", clientSecret: Redacted.make("secret") }
      }) })`
    )
  },
  {
    name: "effect-herald: one call of Polympics",
    text: `
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import { anonymous, getAccount } from "effect-herald/polympics"
globalThis.program = getAccount("1").pipe(Effect.provide(anonymous()), Effect.provide(FetchHttpClient.layer))
`
  },
  {
    name: "effect-herald: one call of the site API",
    text: `
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import { anonymous, getUser } from "effect-herald/site"
globalThis.program = getUser("409107086526644234").pipe(Effect.provide(anonymous()), Effect.provide(FetchHttpClient.layer))
`
  },
  {
    name: "effect-herald: the log shipper alone",
    text: `
import * as Effect from "effect/Effect"
import { layer } from "effect-herald/log"
globalThis.program = Effect.log("started").pipe(Effect.provide(layer({ send: () => Effect.void })))
`
  },
  {
    name: "effect-herald: a call of the site API, and logs shipped to it",
    text: `
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import { anonymous, getUser, logShipper } from "effect-herald/site"
globalThis.program = getUser("409107086526644234").pipe(
  Effect.provide(logShipper({ application: "bot" })),
  Effect.provide(anonymous()),
  Effect.provide(FetchHttpClient.layer)
)
`
  }
]

/** Programs of modules that this version may not have yet, by their sources. */
const later: ReadonlyArray<Program & { readonly source: string }> = [
  {
    name: "effect-herald: the decoder alone",
    source: "src/Decoder.ts",
    text: `
import * as Schema from "effect/Schema"
import * as Decoder from "effect-herald/decoder"
globalThis.decoder = Decoder
globalThis.schema = Schema.Struct({ celsius: Schema.Number })
`
  },
  {
    name: "effect-herald: one call, own transport, for Node",
    source: "src/node/Transport.ts",
    platform: "node",
    text: oneCall
      .replace(
        `import * as FetchHttpClient from "@effect/platform/FetchHttpClient"`,
        `import { Transport } from "effect-herald/node"`
      )
      .replace("FetchHttpClient.layer", "Transport.layer()")
  }
]

const peers: ReadonlyArray<Program> = [
  {
    name: "effect: runPromise",
    text: `import * as Effect from "effect/Effect"\nglobalThis.program = Effect.runPromise(Effect.succeed(1))`
  },
  {
    name: "effect: runPromise and a Schema",
    text: `
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
globalThis.program = Effect.runPromise(Schema.decodeUnknown(Schema.Struct({ celsius: Schema.Number }))({ celsius: 3 }))
`
  },
  {
    name: "platform: HttpClient and Schema, fetch",
    text: `
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
globalThis.program = HttpClient.get("https://weather.example/forecast/Oslo").pipe(
  Effect.flatMap(HttpClientResponse.schemaBodyJson(Schema.Struct({ celsius: Schema.Number }))),
  Effect.provide(FetchHttpClient.layer)
)
`
  },
  {
    name: "platform: HttpApiClient, fetch",
    text: `
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
const get = HttpApiEndpoint.get("get")\`/forecast/\${HttpApiSchema.param("city", Schema.String)}\`.addSuccess(
  Schema.Struct({ celsius: Schema.Number })
)
const api = HttpApi.make("weather").add(HttpApiGroup.make("forecast").add(get))
globalThis.program = HttpApiClient.make(api, { baseUrl: "https://weather.example" }).pipe(
  Effect.flatMap((client) => client.forecast.get({ path: { city: "Oslo" } })),
  Effect.provide(FetchHttpClient.layer)
)
`
  },
  {
    name: "axios",
    text: `import axios from "axios"\nglobalThis.program = () => axios.get("https://weather.example/forecast/Oslo")`
  },
  {
    name: "ky",
    text: `import ky from "ky"\nglobalThis.program = () => ky("https://weather.example/forecast/Oslo").json()`
  },
  {
    name: "ofetch",
    text: `import { ofetch } from "ofetch"\nglobalThis.program = () => ofetch("https://weather.example/forecast/Oslo")`
  },
  {
    name: "openapi-fetch",
    text: `
import createClient from "openapi-fetch"
const client = createClient({ baseUrl: "https://weather.example" })
globalThis.program = () => client.GET("/forecast/{city}", { params: { path: { city: "Oslo" } } })
`
  },
  {
    name: "openapi-fetch + zod",
    text: `
import createClient from "openapi-fetch"
import { z } from "zod"
const Forecast = z.object({ celsius: z.number() })
const client = createClient({ baseUrl: "https://weather.example" })
globalThis.program = async () =>
  Forecast.parse((await client.GET("/forecast/{city}", { params: { path: { city: "Oslo" } } })).data)
`
  }
]

/** All programs. */
export const programs: ReadonlyArray<Program> = [
  ...own,
  ...later.filter(({ source }) => existsSync(new URL(`../../${source}`, import.meta.url))),
  ...peers
]
