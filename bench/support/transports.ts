import { FetchHttpClient, type HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { Layer } from "effect"
import * as HeraldNode from "effect-herald/node"

/** An `HttpClient` layer and its name. */
export type Transport = readonly [name: string, layer: Layer.Layer<HttpClient.HttpClient>]

/** Its agent closes each connection by default. The other transports keep them alive. */
const nodeHttp = Layer.provide(NodeHttpClient.layerWithoutAgent, NodeHttpClient.makeAgentLayer({ keepAlive: true }))

/** The transports that this library is measured on: its own first. */
export const transports: readonly [Transport, ...ReadonlyArray<Transport>] = [
  ["own transport", HeraldNode.Transport.layer()],
  ["platform undici", NodeHttpClient.layerUndici],
  ["platform node:http", nodeHttp],
  ["fetch", FetchHttpClient.layer]
]
