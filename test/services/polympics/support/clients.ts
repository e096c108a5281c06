import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"

/** The clients that a user on Node is likely to provide. */
export const clients = [
  { name: "undici", client: NodeHttpClient.layerUndici },
  { name: "fetch", client: FetchHttpClient.layer }
] as const
