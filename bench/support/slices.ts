/**
 * Slices: contenders in one process alternate in short slices of calls, and each slice is compared with one of the same round, so that
 * other load on the machine affects all of them.
 */

/** One way to make a call. */
export interface Contender {
  readonly name: string
  /** Makes one call, and returns its result. */
  readonly once: () => Promise<unknown>
  /** Makes a number of calls, a number of them at once. */
  readonly run: (calls: number, atOnce: number) => Promise<void>
  readonly end: () => Promise<void>
}

/** The average cost of a call, in microseconds. */
export interface Cost {
  readonly time: number
  /** CPU time of the process, garbage collection included. */
  readonly cpu: number
}

/** A slice of calls that a process makes. */
export interface Slice {
  readonly contender: string
  readonly calls: number
  readonly atOnce: number
}

/** Makes a contender of a function that returns a promise. */
export const fromPromise = (
  name: string,
  once: () => Promise<unknown>,
  end: () => Promise<void> = () => Promise.resolve()
): Contender => ({
  name,
  once,
  run: async (calls, atOnce) => {
    let left = calls
    const work = async () => {
      while (left-- > 0) await once()
    }
    await Promise.all(Array.from({ length: atOnce }, work))
  },
  end
})

/** Runs a slice, and returns the average cost of its calls. */
export const runSlice = async ({ run }: Contender, calls: number, atOnce: number): Promise<Cost> => {
  // Connections that were closed since the last slice are opened again, and the garbage of other contenders is collected.
  await run(atOnce, atOnce)
  globalThis.gc?.({ type: "minor", execution: "sync" })
  const cpu = process.cpuUsage()
  const begun = process.hrtime.bigint()
  await run(calls, atOnce)
  const time = Number(process.hrtime.bigint() - begun) / 1e3
  const { system, user } = process.cpuUsage(cpu)
  return { time: time / calls, cpu: (user + system) / calls }
}

/** Options of `measure`. */
export interface MeasureOptions {
  readonly atOnce: number
  readonly rounds: number
  /** On a busy machine the rounds end after this time, in seconds. At least three are measured. */
  readonly maxSeconds: number
  /** A contender with which others are compared. Each round measures it several times. */
  readonly reference: string
}

/** The costs of a contender, by round. */
export type Costs = ReadonlyMap<string, ReadonlyArray<Cost>>

const firstCalls = 200
/** CPU time, in milliseconds. */
const warmUp = 200
/** The approximate CPU time of a slice, in milliseconds. A slice contains several garbage collections. */
const sliceLength = 80
const minRounds = 3
/** The number of contenders between two slices of the reference. */
const referenceInterval = 6

/** Measures contenders in alternating slices. The costs of the reference are averages of its slices in a round. */
export const measure = async (
  run: (slice: Slice) => Promise<Cost>,
  contenders: ReadonlyArray<string>,
  { atOnce, maxSeconds, reference, rounds }: MeasureOptions
): Promise<Costs> => {
  const callsIn = (milliseconds: number, { cpu }: Cost) => Math.max(atOnce, Math.ceil((milliseconds * 1e3) / cpu))
  const calls = new Map<string, number>()
  console.error(`${contenders.length} contenders, ${atOnce} at once`)
  for (const contender of contenders) {
    const first = await run({ contender, calls: firstCalls, atOnce })
    const warm = await run({ contender, calls: callsIn(warmUp, first), atOnce })
    calls.set(contender, callsIn(sliceLength, warm))
  }
  const costs = new Map(contenders.map((contender) => [contender, [] as Array<Cost>]))
  const others = contenders.filter((contender) => contender !== reference)
  const endsAt = performance.now() + maxSeconds * 1000
  for (let round = 0; round < rounds && (round < minRounds || performance.now() < endsAt); round += 1) {
    console.error(`round ${round + 1} of ${rounds}`)
    const slice = (contender: string) => run({ contender, calls: calls.get(contender)!, atOnce })
    const references: Array<Cost> = []
    for (const [index, contender] of (round % 2 === 0 ? others : others.toReversed()).entries()) {
      if (index % referenceInterval === 0) references.push(await slice(reference))
      costs.get(contender)!.push(await slice(contender))
    }
    references.push(await slice(reference))
    costs.get(reference)!.push({
      time: mean(references.map(({ time }) => time)),
      cpu: mean(references.map(({ cpu }) => cpu))
    })
  }
  return costs
}

const mean = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Figures of several rounds. */
export interface Summary {
  readonly median: number
  /** Half of the interquartile range. */
  readonly spread: number
  /** The standard error of the median. */
  readonly error: number
}

const quantile = (sorted: ReadonlyArray<number>, share: number) => {
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)]!
  return below + (sorted[Math.ceil(position)]! - below) * (position % 1)
}

export const summarize = (values: ReadonlyArray<number>): Summary => {
  const sorted = values.toSorted((a, b) => a - b)
  const spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2
  // Of a normal distribution, with its deviation estimated from the spread.
  return { median: quantile(sorted, 0.5), spread, error: (1.253 * (spread / 0.6745)) / Math.sqrt(sorted.length) }
}

/** Summarizes a figure of two contenders in the same rounds, such as the ratio of their costs. */
export const paired = (
  costs: Costs,
  contender: string,
  other: string,
  figure: (cost: Cost, other: Cost, round: number) => number
): Summary => summarize(costs.get(contender)!.map((cost, round) => figure(cost, costs.get(other)![round]!, round)))
