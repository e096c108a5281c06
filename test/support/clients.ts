import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type { HttpClient } from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Layer from "effect/Layer"
import { Transport } from "effect-herald/node"

type Client = readonly [name: string, layer: Layer.Layer<HttpClient>]

/** The transports for which the library's promises hold. The suite runs on the first one. */
const all: readonly [Client, ...ReadonlyArray<Client>] = [
  ["herald", Transport.layer()],
  ["undici", NodeHttpClient.layerUndici],
  [
    "node:http",
    NodeHttpClient.layerWithoutAgent.pipe(Layer.provide(NodeHttpClient.makeAgentLayer({ keepAlive: true })))
  ],
  ["fetch", FetchHttpClient.layer]
]

/** The names of the transports. The first is that of the suite. */
export const names = [all[0][0], ...all.slice(1).map(([name]) => name)] as const

const selected = process.env["HERALD_TRANSPORT"]

/**
 * The transports, for tests whose subject they are. The variable `HERALD_TRANSPORT` restricts them to the one that it names. All other
 * tests with sockets use `client`, of `client.ts`.
 */
export const clients = all.filter(([name]) => selected === undefined || selected === name)

if (clients.length === 0) {
  throw new Error(`HERALD_TRANSPORT is "${selected}": set it to one of ${names.join(", ")}`)
}
