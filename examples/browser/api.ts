/** The APIs that the page calls: Polympics, and one of its own. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Authoriser, Body, Endpoint, Operation } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as Polympics from "effect-herald/polympics"

/** The base URL of both APIs. It is no secret, in contrast to credentials, which must not be in a page. */
export const baseUrl = document.querySelector<HTMLMetaElement>('meta[name="api-url"]')?.content ?? location.origin

/** The API of the page's own. */
export class Lab extends Authoriser.Tag("explorer/Lab")<Lab>() {}

/** A call that something happens to. `run` tells the server which requests are of the same call. */
export const getStory = Operation.make(Lab, () =>
  Endpoint.get("/stories/{story}", {
    name: "getStory",
    path: { story: Schema.String },
    query: { run: Schema.String },
    success: Schema.Struct({ requests: Schema.Number })
  })
)

/** Sends a part of a file. It is safe to send twice, so that it is retried although it is a POST. */
export const sendPart = Operation.make(Lab, () =>
  Endpoint.post("/uploads", {
    name: "sendPart",
    idempotent: true,
    body: Body.multipart({ name: Schema.String, offset: Schema.Number, part: Body.file }),
    success: Schema.Struct({ received: Schema.Number })
  })
)

/** Calls to Polympics, of which those for a team are cached. */
const polympics = Polympics.anonymous({ baseUrl }).pipe(
  Layer.provideMerge(
    HttpCache.layerMemory({ lifetime: ({ operation }) => (operation === "getTeam" ? "1 minute" : undefined) })
  )
)

/** Calls to the API of the page's own. */
export const lab = Lab.layer({ baseUrl }).pipe(Layer.orDie)

/** Everything that the page needs. */
export const live = Layer.mergeAll(polympics, lab).pipe(Layer.provideMerge(FetchHttpClient.layer), Layer.orDie)

/** The services of the page. */
export type Services = Layer.Layer.Success<typeof live>
