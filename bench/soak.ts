import type { Bench } from "./support/bench.js"
import { withReplying, withServer } from "./support/processes.js"
import { outcomeOf, type Outcomes, type SoakFigures } from "./support/soakPlan.js"

const defaultCalls = 1_000_000
/** A pool has more connections than the 64 calls at once, since it replaces those of interrupted calls while they close. */
const maxSockets = 256
/** The permitted growth of the heap, in bytes: one for each of a million calls. Compiled code and its statistics are on the heap, too. */
const maxGrowth = 1_000_000
const maxSeconds = 3600

const expected = (calls: number): Outcomes => {
  const outcomes = { succeeded: 0, failed: 0, interrupted: 0 }
  for (let call = 1; call <= calls; call += 1) outcomes[outcomeOf(call)] += 1
  return outcomes
}

const missedBy = (calls: number, figures: SoakFigures): ReadonlyArray<string> => {
  const { held, outcomes, unhandledRejections, warnings } = figures
  const { after, before, initial, released } = held
  const wanted = expected(calls)
  const bars: ReadonlyArray<readonly [what: string, figure: number, atMost: number]> = [
    ["bytes by which the heap grew", after.heap - before.heap, maxGrowth],
    ["open sockets after the calls", after.sockets, maxSockets],
    ["open sockets after the layers were released", released.sockets, 0],
    ["timers after the calls", after.timers, initial.timers],
    ["timers after the layers were released", released.timers, initial.timers],
    ["other resources after the layers were released", released.resources, initial.resources],
    ["listeners of a socket", after.listeners, before.listeners],
    ["unhandled rejections", unhandledRejections, 0],
    ["warnings of the process", warnings, 0]
  ]
  return [
    ...bars
      .filter(([, figure, atMost]) => figure > atMost)
      .map(([what, figure, atMost]) => `${what}: ${figure}, and at most ${atMost} is permitted`),
    ...(["succeeded", "failed", "interrupted"] as const)
      .filter((outcome) => outcomes[outcome] !== wanted[outcome])
      .map(
        (outcome) =>
          `calls that ${outcome === "interrupted" ? "were interrupted" : outcome}: ${outcomes[outcome]}, not ${wanted[outcome]}`
      )
  ]
}

export const soak: Bench = {
  name: "soak",
  about: `${defaultCalls.toLocaleString("en")} calls (--calls N), of which 1 % are interrupted and 1 % fail, and what they leave behind`,
  requirement: `no socket, timer, listener or unhandled rejection is left over, and the heap grows by less than ${maxGrowth / 1e6} MB`,
  run: ({ calls = defaultCalls }) =>
    withServer("support/soakServer.ts", [], (baseUrl) =>
      withReplying(async (start) => {
        const client = await start<number, SoakFigures>("support/soakClient.ts", [baseUrl])
        const figures = await client.send(calls, maxSeconds)
        const { cpu, held, outcomes, seconds, unhandledRejections, warnings } = figures
        return {
          tables: {
            calls: [
              {
                calls,
                ...outcomes,
                seconds: Math.round(seconds),
                "calls a second": Math.round(calls / seconds),
                "CPU, µs a call": Math.round(cpu),
                "unhandled rejections": unhandledRejections,
                warnings
              }
            ],
            "left over": (["initial", "before", "after", "released"] as const).map((moment) => {
              const { heap, ...others } = held[moment]
              return { moment, "heap, MB": Number((heap / 1e6).toFixed(2)), ...others }
            })
          },
          missed: missedBy(calls, figures)
        }
      })
    )
}
