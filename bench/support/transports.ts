import { FetchHttpClient, type HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import type { Layer } from "effect"
import * as HeraldNode from "effect-herald/node"

/** An `HttpClient` layer and its name. */
export type Transport = readonly [name: string, layer: Layer.Layer<HttpClient.HttpClient>]

const own = (HeraldNode as { readonly Transport?: { readonly layer: () => Transport[1] } }).Transport

const others: readonly [Transport, ...ReadonlyArray<Transport>] = [
  ["platform undici", NodeHttpClient.layerUndici],
  ["platform node:http", NodeHttpClient.layer],
  ["fetch", FetchHttpClient.layer]
]

/** The transports that this library is measured on: its own first. */
export const transports: readonly [Transport, ...ReadonlyArray<Transport>] =
  own === undefined ? others : [["own transport", own.layer()], ...others]
