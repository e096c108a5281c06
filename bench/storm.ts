import type { Bench } from "./support/bench.js"
import { withAnswering } from "./support/processes.js"
import * as Plan from "./support/stormPlan.js"

/** Ours, and then its peers. */
const contenders: ReadonlyArray<Plan.Contender> = ["effect-herald", "ky", "got", "three retries"]

const mostRequestsPerCall = 1.2
const leastSucceeded = 99.9

/**
 * How much later than the best peer may be called as soon. Between two calls of the load are 5 ms, which a peer fills with
 * the retries of earlier calls, and this one must not; the rest is for five busy processes that take turns on two cores.
 */
const recoveryAllowanceMilliseconds = 25

/** Calls that begin later than this are not the load that was meant: a contender, or whatever else runs, kept the cores. */
const lateAllowanceMilliseconds = 500

/** What one contender did in a storm: its calls in the order that they began, and when its requests reached the server. */
interface Conduct {
  readonly contender: Plan.Contender
  readonly calls: ReadonlyArray<Plan.Call>
  readonly arrivals: ReadonlyArray<number>
}

/** A storm over all contenders at once, each in a process of its own. */
const rage = (storm: Plan.Storm) =>
  withAnswering(async (start) => {
    const server = await start<Plan.ServerQuestion, unknown>("support/stormServer.ts", [storm])
    const ask = <Question extends Plan.ServerQuestion>(question: Question) =>
      // It answers each question with what `ServerAnswers` has for it.
      server.ask(question, 10) as Promise<Plan.ServerAnswers[Question]>

    const address = await ask("address")
    const clients = await Promise.all(
      contenders.map((contender) =>
        start<number, ReadonlyArray<Plan.Call>>("support/stormClient.ts", [address, contender])
      )
    )
    const times = await ask("begin")
    const mostSeconds = Plan.loadSeconds + Plan.patienceSeconds + 20
    const calls = await Promise.all(clients.map((client) => client.ask(times.load, mostSeconds)))
    const arrivals = await ask("arrivals")
    const conducts = contenders.map((contender, index): Conduct => ({
      contender,
      calls: calls[index]!,
      arrivals: arrivals[contender] ?? []
    }))
    return { times, conducts }
  })

const within = (times: ReadonlyArray<number>, from: number, until: number) =>
  times.filter((time) => time >= from && time < until).length

/** The most in any second of a span, in which seconds begin with it. */
const peakPerSecond = (times: ReadonlyArray<number>, from: number, until: number) => {
  let peak = 0
  for (let second = from; second < until; second += 1000) peak = Math.max(peak, within(times, second, second + 1000))
  return peak
}

const percentSucceeded = (calls: ReadonlyArray<Plan.Call>) =>
  (calls.filter((call) => call.succeeded).length / calls.length) * 100

/** Until a call ends well, counted from the outage's end. */
const firstSuccess = ({ calls }: Conduct, { ends }: Plan.Outage) =>
  Math.min(...calls.map(({ ended = Infinity, succeeded }) => (succeeded && ended >= ends ? ended - ends : Infinity)))

/** Until a call begins that ends well, as do all that begin after it; 0 if it began before the outage ended. */
const lastingSuccess = ({ calls }: Conduct, { ends }: Plan.Outage) =>
  Math.max(0, (calls[calls.findLastIndex((call) => !call.succeeded) + 1]?.begun ?? Infinity) - ends)

/** By how much the load fell behind its schedule, at worst. */
const latestBegin = ({ calls }: Conduct, { load }: Plan.Times) =>
  Math.max(...calls.map(({ begun }, index) => begun - load - (index * 1000) / Plan.callsPerSecond))

const missedLoad = (storm: Plan.Storm, conducts: ReadonlyArray<Conduct>, times: Plan.Times) => {
  const late = Math.max(...conducts.map((conduct) => latestBegin(conduct, times)))
  return late > lateAllowanceMilliseconds
    ? [
        `${storm}: the load fell ${rounded(late)} ms behind, so that these are the figures of a machine that is too busy`
      ]
    : []
}

const requestsPerCall = ({ arrivals, calls }: Conduct) => arrivals.length / calls.length

const outageFigures = (conduct: Conduct, { outage }: Plan.Times) => {
  const { arrivals, calls } = conduct
  const { begins, ends } = outage
  const begun = calls.map((call) => call.begun)
  return {
    requestsPerCall: within(arrivals, begins, ends) / within(begun, begins, ends),
    peak: peakPerSecond(arrivals, begins, ends),
    peakAfter: peakPerSecond(arrivals, ends, ends + 5000),
    percentOutside: percentSucceeded(calls.filter((call) => call.begun < begins || call.begun >= ends)),
    firstSuccess: firstSuccess(conduct, outage),
    lastingSuccess: lastingSuccess(conduct, outage)
  }
}

const rounded = (figure: number, digits = 0) => (figure === Infinity ? "never" : Number(figure.toFixed(digits)))

/** What is told of any storm. */
const row = (storm: Plan.Storm, conduct: Conduct, times: Plan.Times) => ({
  storm,
  contender: conduct.contender,
  "requests/call": rounded(requestsPerCall(conduct), 3),
  "succeeded, %": rounded(percentSucceeded(conduct.calls), 2),
  "latest begin, ms": rounded(latestBegin(conduct, times))
})

const successes = [
  ["firstSuccess", "first success"],
  ["lastingSuccess", "lasting success"]
] as const

const runOutage = async () => {
  const { conducts, times } = await rage("outage")
  const told = conducts.map((conduct) => ({ conduct, figures: outageFigures(conduct, times) }))
  const rows = told.map(({ conduct, figures }) => ({
    ...row("outage", conduct, times),
    "in outage, requests/call": rounded(figures.requestsPerCall, 3),
    "in outage, peak/s": figures.peak,
    "5 s after, peak/s": figures.peakAfter,
    "outside, succeeded, %": rounded(figures.percentOutside, 2),
    "first success, ms": rounded(figures.firstSuccess),
    "lasting success, ms": rounded(figures.lastingSuccess)
  }))

  const missed = missedLoad("outage", conducts, times)
  const [own, ...peers] = told.map(({ figures }) => figures)
  if (own!.requestsPerCall > mostRequestsPerCall)
    missed.push(
      `outage: ${own!.requestsPerCall.toFixed(3)} requests a call while it lasts, not ${mostRequestsPerCall} at most`
    )
  for (const [success, what] of successes) {
    const best = Math.min(...peers.map((peer) => peer[success]))
    if (own![success] > best + recoveryAllowanceMilliseconds)
      missed.push(
        `outage: ${what} ${rounded(own![success])} ms after it, not ${recoveryAllowanceMilliseconds} ms at most behind the best peer's ${rounded(best)} ms`
      )
  }
  return { rows, missed }
}

const runFlaky = async () => {
  const { conducts, times } = await rage("flaky")
  const rows = conducts.map((conduct) => row("flaky", conduct, times))
  const percent = percentSucceeded(conducts[0]!.calls)
  const missed = missedLoad("flaky", conducts, times)
  if (percent < leastSucceeded) missed.push(`flaky: ${percent.toFixed(2)} % succeed, not ${leastSucceeded} % at least`)
  return { rows, missed }
}

const tell = (storm: string) =>
  console.error(`${storm}: ${contenders.join(", ")} at once; about ${Plan.loadSeconds + 10} s`)

export const storm: Bench = {
  name: "storm",
  about: `${Plan.callsPerSecond} calls a second for ${Plan.loadSeconds} s, through an outage and at a flaky server`,
  bar: `effect-herald sends ${mostRequestsPerCall} requests a call at most while an outage lasts, recovers with the best peer, and ${leastSucceeded} % of its calls succeed at a flaky server`,
  run: async () => {
    tell(`outage: 503 from second ${Plan.outage.from} to ${Plan.outage.until}`)
    const outage = await runOutage()
    tell(`flaky: ${Plan.flaky.share * 100} % of the answers are a 503`)
    const flaky = await runFlaky()
    return { rows: [...outage.rows, ...flaky.rows], missed: [...outage.missed, ...flaky.missed] }
  }
}
