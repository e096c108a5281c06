import type { Bench } from "./support/bench.js"
import { withReplying } from "./support/processes.js"
import * as Plan from "./support/stormPlan.js"

/** The contenders: this library first, then its peers. */
const contenders: ReadonlyArray<Plan.Contender> = ["effect-herald", "ky", "got", "three retries"]

const maxRequestsPerCall = 1.2
/** With few calls, the retries of a single call weigh more. */
const maxRequestsPerCallInTrickle = 1.3
const minSucceeded = 99.9

/**
 * The permitted delay of the recovery behind that of the best peer, in milliseconds. A retry of a peer can succeed between two calls of
 * the load. The rest is a margin for busy processes on two cores.
 */
const recoveryAllowance = (storm: Plan.Storm) => 20 + 1000 / Plan.plans[storm].callsPerSecond

/** The permitted delay of calls behind their schedule. If it is larger, the machine was too busy for the planned load. */
const lateAllowanceMilliseconds = 500

/** The results of one contender: its calls in the order of their start, and the times at which the server received its requests. */
interface Run {
  readonly contender: Plan.Contender
  readonly calls: ReadonlyArray<Plan.Call>
  readonly arrivals: ReadonlyArray<number>
}

/** Runs a storm with all contenders at once, each in a process of its own. */
const runStorm = (storm: Plan.Storm) =>
  withReplying(async (start) => {
    const server = await start<Plan.ServerMessage, unknown>("support/stormServer.ts", [storm])
    const send = <Message extends Plan.ServerMessage>(message: Message) =>
      // The reply to each message is of this type.
      server.send(message, 10) as Promise<Plan.ServerReplies[Message]>

    const address = await send("address")
    const clients = await Promise.all(
      contenders.map((contender) =>
        start<number, ReadonlyArray<Plan.Call>>("support/stormClient.ts", [address, contender, storm])
      )
    )
    const times = await send("begin")
    const maxSeconds = Plan.plans[storm].loadSeconds + Plan.drainSeconds + 20
    const calls = await Promise.all(clients.map((client) => client.send(times.load, maxSeconds)))
    const arrivals = await send("arrivals")
    const runs = contenders.map((contender, index): Run => ({
      contender,
      calls: calls[index]!,
      arrivals: arrivals[contender] ?? []
    }))
    return { times, runs }
  })

const within = (times: ReadonlyArray<number>, from: number, until: number) =>
  times.filter((time) => time >= from && time < until).length

/** The largest number of times within one second, for the seconds of a span, counted from its start. */
const peakPerSecond = (times: ReadonlyArray<number>, from: number, until: number) => {
  let peak = 0
  for (let second = from; second < until; second += 1000) peak = Math.max(peak, within(times, second, second + 1000))
  return peak
}

const percentSucceeded = (calls: ReadonlyArray<Plan.Call>) =>
  (calls.filter((call) => call.succeeded).length / calls.length) * 100

/** The time from the end of the outage to the first success. */
const firstSuccess = ({ calls }: Run, { ends }: Plan.Outage) =>
  Math.min(...calls.map(({ ended = Infinity, succeeded }) => (succeeded && ended >= ends ? ended - ends : Infinity)))

/** The time from the end of the outage to the start of the first call after the last failed one; 0 if it started before the end. */
const lastingSuccess = ({ calls }: Run, { ends }: Plan.Outage) =>
  Math.max(0, (calls[calls.findLastIndex((call) => !call.succeeded) + 1]?.begun ?? Infinity) - ends)

/** The largest delay of a call behind its schedule. */
const largestDelay = (storm: Plan.Storm, { calls }: Run, { load }: Plan.Times) =>
  Math.max(...calls.map(({ begun }, index) => begun - load - (index * 1000) / Plan.plans[storm].callsPerSecond))

const missedLoad = (storm: Plan.Storm, runs: ReadonlyArray<Run>, times: Plan.Times) => {
  const late = Math.max(...runs.map((run) => largestDelay(storm, run, times)))
  return late > lateAllowanceMilliseconds
    ? [`${storm}: calls began up to ${rounded(late)} ms behind schedule, so the machine was too busy for valid figures`]
    : []
}

const requestsPerCall = ({ arrivals, calls }: Run) => arrivals.length / calls.length

const outageFigures = (run: Run, { outage }: Plan.Times) => {
  const { arrivals, calls } = run
  const { begins, ends } = outage
  const begun = calls.map((call) => call.begun)
  return {
    requestsPerCall: within(arrivals, begins, ends) / within(begun, begins, ends),
    peak: peakPerSecond(arrivals, begins, ends),
    peakAfter: peakPerSecond(arrivals, ends, ends + 5000),
    percentOutside: percentSucceeded(calls.filter((call) => call.begun < begins || call.begun >= ends)),
    firstSuccess: firstSuccess(run, outage),
    lastingSuccess: lastingSuccess(run, outage)
  }
}

const rounded = (figure: number, digits = 0) => (figure === Infinity ? "never" : Number(figure.toFixed(digits)))

/** The figures that every kind of storm has. */
const row = (storm: Plan.Storm, run: Run, times: Plan.Times) => ({
  storm,
  contender: run.contender,
  "requests/call": rounded(requestsPerCall(run), 3),
  "succeeded, %": rounded(percentSucceeded(run.calls), 2),
  "largest delay, ms": rounded(largestDelay(storm, run, times))
})

const successes = [
  ["firstSuccess", "first success"],
  ["lastingSuccess", "lasting success"]
] as const

const runOutage = async (
  storm: Plan.Storm,
  maxRequests: number,
  recoveries: ReadonlyArray<(typeof successes)[number]>
) => {
  const { runs, times } = await runStorm(storm)
  const measured = runs.map((run) => ({ run, figures: outageFigures(run, times) }))
  const rows = measured.map(({ run, figures }) => ({
    ...row(storm, run, times),
    "in outage, requests/call": rounded(figures.requestsPerCall, 3),
    "in outage, peak/s": figures.peak,
    "5 s after, peak/s": figures.peakAfter,
    "outside, succeeded, %": rounded(figures.percentOutside, 2),
    "first success, ms": rounded(figures.firstSuccess),
    "lasting success, ms": rounded(figures.lastingSuccess)
  }))

  const missed = missedLoad(storm, runs, times)
  const [own, ...peers] = measured.map(({ figures }) => figures)
  if (own!.requestsPerCall > maxRequests)
    missed.push(
      `${storm}: ${own!.requestsPerCall.toFixed(3)} requests per call, and at most ${maxRequests} are permitted`
    )
  for (const [success, what] of recoveries) {
    const best = Math.min(...peers.map((peer) => peer[success]))
    const allowance = recoveryAllowance(storm)
    if (own![success] > best + allowance)
      missed.push(
        `${storm}: ${what} after ${rounded(own![success])} ms, more than ${allowance} ms behind the best peer (${rounded(best)} ms)`
      )
  }
  return { rows, missed }
}

const runFlaky = async () => {
  const { runs, times } = await runStorm("flaky")
  const rows = runs.map((run) => row("flaky", run, times))
  const percent = percentSucceeded(runs[0]!.calls)
  const missed = missedLoad("flaky", runs, times)
  if (percent < minSucceeded)
    missed.push(`flaky: ${percent.toFixed(2)} % of the calls succeed, and at least ${minSucceeded} % have to`)
  return { rows, missed }
}

const announce = (storm: Plan.Storm, what: string) =>
  console.error(`${storm}: ${what}; ${contenders.join(", ")} at once; about ${Plan.plans[storm].loadSeconds + 10} s`)

const { callsPerSecond, loadSeconds, outage: outageSpan } = Plan.plans.outage

export const storm: Bench = {
  name: "storm",
  about: `${callsPerSecond} calls a second for ${loadSeconds} s, during an outage and with a flaky server; and 5 and 1 during an outage`,
  requirement: `effect-herald sends at most ${maxRequestsPerCall} requests per call during an outage (${maxRequestsPerCallInTrickle} with few calls), recovers as fast as the best peer, and ${minSucceeded} % of its calls succeed with a flaky server`,
  run: async () => {
    announce("outage", `503 from second ${outageSpan.from} to ${outageSpan.until}`)
    const outage = await runOutage("outage", maxRequestsPerCall, successes)
    announce("flaky", `${Plan.flaky.share * 100} % of the responses are a 503`)
    const flaky = await runFlaky()
    const { from, until } = Plan.plans["trickle of 1"].outage
    announce("trickle of 1", `503 from second ${from} to ${until}, beside a trickle of 5`)
    // A lasting success depends on the phase of a few calls.
    const trickles = await Promise.all(
      (["trickle of 5", "trickle of 1"] as const).map((storm) =>
        runOutage(storm, maxRequestsPerCallInTrickle, successes.slice(0, 1))
      )
    )
    const all = [outage, flaky, ...trickles]
    return { tables: { storms: all.flatMap(({ rows }) => rows) }, missed: all.flatMap(({ missed }) => missed) }
  }
}
