/** The load of one contender. Calls begin at fixed times, also while earlier ones are in progress. */
import { setTimeout } from "node:timers/promises"
import { reply } from "./reply.js"
import { contenders } from "./stormContenders.js"
import { type Call, type Contender, drainSeconds, plans, type Storm } from "./stormPlan.js"

// The arguments of bench/storm.ts.
const [address, contender, storm] = process.argv.slice(2) as [string, Contender, Storm]
const { callsPerSecond, loadSeconds, warmUpCalls } = plans[storm]

/**
 * Begins each call at its time, and an overdue one at once. Returns when all calls have ended, or after `drainSeconds`.
 */
const load = async (request: () => Promise<unknown>, begins: number) => {
  const calls: Array<Call> = []
  const call = async (index: number) => {
    const begun = Date.now()
    calls[index] = { begun, succeeded: false }
    const succeeded = await request().then(
      () => true,
      () => false
    )
    calls[index] = { begun, ended: Date.now(), succeeded }
  }

  const started: Array<Promise<void>> = []
  const ends = begins + (loadSeconds + drainSeconds) * 1000
  while (started.length < callsPerSecond * loadSeconds && Date.now() < ends) {
    const due = begins + (started.length * 1000) / callsPerSecond
    if (Date.now() < due) await setTimeout(due - Date.now())
    else started.push(call(started.length))
  }
  await Promise.race([Promise.all(started), setTimeout(ends - Date.now())])
  return calls
}

await reply(async () => {
  const request = await contenders[contender](`${address}/${encodeURIComponent(contender)}`)
  // A service that has run for some time has compiled code and open connections.
  for (let index = 0; index < warmUpCalls; index++) await request()
  return (begins: number) => load(request, begins)
})
