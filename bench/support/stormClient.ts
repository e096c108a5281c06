/** The load of one contender: calls begin by the clock, whether or not those before them have ended. */
import { setTimeout } from "node:timers/promises"
import { answer } from "./processes.js"
import { contenders } from "./stormContenders.js"
import { type Call, callsPerSecond, type Contender, loadSeconds, patienceSeconds, warmUpCalls } from "./stormPlan.js"

// bench/storm.ts gives these two.
const [address, contender] = process.argv.slice(2) as [string, Contender]

/** Begins each call when it is due, and at once those that a late timer left behind; gives all when they or patience end. */
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
  const ends = begins + (loadSeconds + patienceSeconds) * 1000
  while (made.length < callsPerSecond * loadSeconds && Date.now() < ends) {
    const due = begins + (made.length * 1000) / callsPerSecond
    if (Date.now() < due) await setTimeout(due - Date.now())
    else made.push(call(made.length))
  }
  await Promise.race([Promise.all(made), setTimeout(ends - Date.now())])
  return calls
}

await answer(async () => {
  const request = await contenders[contender](`${address}/${encodeURIComponent(contender)}`)
  // A service in the midst of its life has made calls before.
  for (let index = 0; index < warmUpCalls; index++) await request()
  return (begins: number) => load(request, begins)
})
