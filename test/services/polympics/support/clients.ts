import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"

/** The clients that are common on Node. */
export const clients = [
  { name: "undici", client: NodeHttpClient.layerUndici },
  { name: "fetch", client: FetchHttpClient.layer }
] as const
