/** Measurements of contenders in a process of their own, and their statistics. */
import type { StartReplying } from "./processes.js"
import type { Cost, Listing, Message, Reply } from "./slices.js"

/** Options of a measurement. */
export interface MeasureOptions {
  readonly group: string
  /** The contender with which the others are compared. */
  readonly reference: string
  readonly atOnce: number
  readonly rounds: number
  /** On a busy machine the rounds end after this time, in seconds. At least three are measured. */
  readonly maxSeconds: number
  /** The number of calls of a slice, for calls that are long. Default: as many as fit into a slice. */
  readonly calls?: number
}

/** The costs of a slice, and the average of the slices of the reference before and after it. */
export interface Paired {
  readonly own: Cost
  readonly reference: Cost
}

/** The costs of a contender, by name and round. */
export type Costs = ReadonlyMap<string, ReadonlyArray<Paired>>

/** The number of calls to warm up. V8 has compiled the code of a contender by then. On a busy machine there are fewer. */
const warmUp = { calls: 1500, step: 300, atOnce: 32, maxSeconds: 2 }
/** The number of calls to estimate how many fit into a slice. */
const firstCalls = 128
/** The approximate CPU time of a slice, in milliseconds. A slice contains several garbage collections. */
const sliceLength = 80
const minRounds = 3
/** The number of contenders between two slices of the reference. */
const interval = 3
/** The time limit for a slice, in seconds. */
const maxSliceSeconds = 120

const average = (first: Cost, second: Cost): Cost => ({
  time: (first.time + second.time) / 2,
  cpu: (first.cpu + second.cpu) / 2
})

/** Starts a process of contenders, whose main function is `replyWithSlices`. */
export const startContenders = async (start: StartReplying, script: string, args: ReadonlyArray<string>) => {
  const client = await start<Message, unknown>(script, args)
  // The reply to each message is of this type.
  const send = <M extends Message>(message: M) => client.send(message, maxSliceSeconds) as Promise<Reply<M>>
  const listing: Listing = await send("list")

  /** Measures the contenders of a group in alternating slices. */
  const measureGroup = async ({
    atOnce,
    calls: fixed,
    group,
    maxSeconds,
    reference,
    rounds
  }: MeasureOptions): Promise<Costs> => {
    const run = (contender: string, calls: number) => send({ group, contender, calls, atOnce })
    const names = listing[group]!.map(({ name }) => name)
    const calls = new Map<string, number>()
    console.error(`${group}: ${names.length} contenders, ${atOnce} at once`)
    for (const name of names) {
      if (fixed !== undefined) {
        await run(name, fixed)
        calls.set(name, fixed)
        continue
      }
      const warmBy = performance.now() + warmUp.maxSeconds * 1000
      for (let made = 0; made < warmUp.calls && performance.now() < warmBy; made += warmUp.step)
        await send({ group, contender: name, calls: warmUp.step, atOnce: Math.max(atOnce, warmUp.atOnce) })
      const { cpu } = await run(name, firstCalls)
      calls.set(name, Math.max(atOnce, Math.ceil((sliceLength * 1e3) / cpu)))
    }
    const slice = (name: string) => run(name, calls.get(name)!)

    const costs = new Map(names.map((name) => [name, [] as Array<Paired>]))
    const others = names.filter((name) => name !== reference)
    const endsAt = performance.now() + maxSeconds * 1000
    for (let round = 0; round < rounds && (round < minRounds || performance.now() < endsAt); round += 1) {
      console.error(`${group}, ${atOnce} at once: round ${round + 1} of ${rounds}`)
      const order = round % 2 === 0 ? others : others.toReversed()
      let before = await slice(reference)
      for (let index = 0; index < order.length; index += interval) {
        const some = order.slice(index, index + interval)
        const own: Array<Cost> = []
        for (const name of some) own.push(await slice(name))
        const after = await slice(reference)
        for (const [index, name] of some.entries())
          costs.get(name)!.push({ own: own[index]!, reference: average(before, after) })
        costs.get(reference)!.push({ own: after, reference: after })
        before = after
      }
    }
    return costs
  }
  return { listing, measureGroup }
}

/** The median of figures. */
export interface Summary {
  readonly median: number
  /** Half of the interquartile range of the figures. */
  readonly spread: number
  /** The standard error of the median. */
  readonly error: number
}

const quantile = (sorted: ReadonlyArray<number>, share: number) => {
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)]!
  return below + (sorted[Math.ceil(position)]! - below) * (position % 1)
}

export const summarize = (figures: ReadonlyArray<number>): Summary => {
  const sorted = figures.toSorted((a, b) => a - b)
  const spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2
  // The error of a median of a normal distribution, whose deviation is estimated from the spread.
  return { median: quantile(sorted, 0.5), spread, error: (1.253 * (spread / 0.6745)) / Math.sqrt(sorted.length) }
}

/** Summarizes the ratios of the costs of a contender to those of the reference beside them. */
export const ratio = (costs: Costs, contender: string, figure: "cpu" | "time" = "cpu"): Summary =>
  summarize(costs.get(contender)!.map(({ own, reference }) => own[figure] / reference[figure]))

/** The median cost of a contender, in microseconds. */
export const microseconds = (costs: Costs, contender: string, figure: "cpu" | "time" = "cpu"): number =>
  summarize(costs.get(contender)!.map(({ own }) => own[figure])).median

/** Divides two independent summaries. */
export const quotient = (dividend: Summary, divisor: Summary): Summary => {
  const median = dividend.median / divisor.median
  const relative = (of: "spread" | "error") =>
    median * Math.hypot(dividend[of] / dividend.median, divisor[of] / divisor.median)
  return { median, spread: relative("spread"), error: relative("error") }
}

/** The largest standard error of a figure that is compared with a bar. It is a tenth of the bar if that is more. */
const maxError = 0.15

/** A requirement: the highest permitted median, or the lowest. */
export interface Bar {
  readonly what: string
  readonly figure: Summary
  readonly atMost?: number
  readonly atLeast?: number
}

/** The sentence of a bar that is missed by more than the standard error of its figure, or whose figure has too large an error. */
export const missedBars = (bars: ReadonlyArray<Bar>): ReadonlyArray<string> =>
  bars.flatMap(({ atLeast, atMost, figure: { error, median }, what }) => {
    const measured = `${what}: ${round(median)} (standard error ${round(error)})`
    if (atMost !== undefined && median - error > atMost)
      return [`${measured}, and at most ${round(atMost)} is permitted`]
    if (atLeast !== undefined && median + error < atLeast) return [`${measured}, and at least ${atLeast} is required`]
    const tolerable = Math.max(maxError, (atLeast ?? atMost ?? 0) / 10)
    return error > tolerable ? [`${measured}, so the machine was too busy for a valid figure`] : []
  })

/** Rounds a figure to two decimals, or to more if it is small. */
export const round = (figure: number): number => Number(Math.abs(figure) < 0.1 ? figure.toFixed(3) : figure.toFixed(2))
