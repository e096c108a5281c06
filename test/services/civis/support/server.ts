import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Civis from "effect-herald/civis"
import * as CivisServer from "../../../servers/civis/index.js"
import { client } from "../../../support/client.js"
import { specificationText } from "./specification.js"

/** Starts a server, and makes the layer of its client. */
export const start = (options: Partial<CivisServer.Options> = {}, more: Partial<Civis.Options> = {}) =>
  Effect.map(CivisServer.make({ specification: specificationText, ...options }), (server) => ({
    server,
    live: Layer.merge(layerAt(server.url, more), client)
  }))

/** The layer of a client of a server at this URL. */
export const layerAt = (baseUrl: URL, more: Partial<Civis.Options> = {}) =>
  Layer.orDie(Civis.layer({ apiKey: Redacted.make(CivisServer.apiKey), baseUrl, ...more }))
