/** The process of the clients of the benchmark `call`. */
import { effectClients, features, retrying } from "./callEffect.js"
import { peers, retryingPeers } from "./callPeers.js"
import { replyWithSlices } from "./slices.js"

// The argument of bench/call.ts.
const [baseUrl] = process.argv.slice(2) as [string]

await replyWithSlices(() => {
  const clients = [...peers(baseUrl), ...effectClients(baseUrl)]
  return Promise.resolve({
    clients,
    features: [clients[0]!, ...features(baseUrl)],
    retries: [...retryingPeers(baseUrl), ...retrying(baseUrl)]
  })
})
