/** The load of one contender. Calls begin at fixed times, even if earlier ones have not ended. */
import { setTimeout } from "node:timers/promises"
import { reply } from "./processes.js"
import { contenders } from "./stormContenders.js"
import { type Call, callsPerSecond, type Contender, loadSeconds, drainSeconds, warmUpCalls } from "./stormPlan.js"

// The arguments of bench/storm.ts.
const [address, contender] = process.argv.slice(2) as [string, Contender]

/**
 * Begins each call when it is due, and overdue ones at once. Returns all calls when they have ended, or when the time to drain
 * has passed.
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

  const made: Array<Promise<void>> = []
  const ends = begins + (loadSeconds + drainSeconds) * 1000
  while (made.length < callsPerSecond * loadSeconds && Date.now() < ends) {
    const due = begins + (made.length * 1000) / callsPerSecond
    if (Date.now() < due) await setTimeout(due - Date.now())
    else made.push(call(made.length))
  }
  await Promise.race([Promise.all(made), setTimeout(ends - Date.now())])
  return calls
}

await reply(async () => {
  const request = await contenders[contender](`${address}/${encodeURIComponent(contender)}`)
  // As in a service that has run for some time.
  for (let index = 0; index < warmUpCalls; index++) await request()
  return (begins: number) => load(request, begins)
})
