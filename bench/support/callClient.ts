/** The process of the clients of the benchmark `call`: runs slices, and replies with their costs. */
import { effectClients, features, retrying } from "./callEffect.js"
import { peers, retryingPeers } from "./callPeers.js"
import type { Group, Listing, Message } from "./callPlan.js"
import { reply } from "./processes.js"
import { type Contender, runSlice } from "./slices.js"

// The argument of bench/call.ts.
const [baseUrl] = process.argv.slice(2) as [string]

await reply(async () => {
  const clients = [...peers(baseUrl), ...effectClients(baseUrl)]
  const groups: Record<Group, ReadonlyArray<Contender>> = {
    clients,
    features: [clients[0]!, ...features(baseUrl)],
    retries: [...retryingPeers(baseUrl), ...retrying(baseUrl)]
  }
  const namesOf = (group: Group) => groups[group].map(({ name }) => name)
  const listing: Listing = {
    clients: clients.map(({ checks, name }) => ({ name, checks })),
    features: namesOf("features"),
    retries: namesOf("retries")
  }
  return (message: Message) => {
    if (message === "list") return listing
    const { atOnce, calls, contender, group } = message
    return runSlice(
      groups[group].find(({ name }) => name === contender)!,
      calls,
      atOnce
    )
  }
})
