/**
 * Slices: contenders in one process alternate in short slices of calls, and each slice is compared with slices of a reference beside it,
 * so that other load on the machine affects both.
 */
import { reply } from "./reply.js"

/** One way to make a call. */
export interface Contender {
  readonly name: string
  /** What checks the types of its responses. Undefined if nothing does. */
  readonly checks?: "Schema" | "zod"
  /** Makes a number of calls, a number of them at once. */
  readonly run: (calls: number, atOnce: number) => Promise<void>
}

/** Makes a contender of a function that returns a promise. */
export const fromPromise = (name: string, call: () => Promise<unknown>, checks?: "Schema" | "zod"): Contender => ({
  name,
  ...(checks === undefined ? {} : { checks }),
  run: async (calls, atOnce) => {
    let left = calls
    const work = async () => {
      while (left-- > 0) await call()
    }
    await Promise.all(Array.from({ length: atOnce }, work))
  }
})

/** Makes a contender of a synchronous function. */
export const fromFunction = (name: string, call: () => unknown): Contender => ({
  name,
  run: (calls) => {
    for (let left = calls; left > 0; left -= 1) call()
    return Promise.resolve()
  }
})

/** The average cost of a call, in microseconds. */
export interface Cost {
  readonly time: number
  /** CPU time of the process, garbage collection included. */
  readonly cpu: number
}

/** A slice of calls by a contender. */
export interface Slice {
  readonly group: string
  readonly contender: string
  readonly calls: number
  readonly atOnce: number
}

/** Contenders that are compared with one another, by the name of the group. */
export type Groups = Readonly<Record<string, ReadonlyArray<Contender>>>

/** The contenders of a process, by group. */
export type Listing = Readonly<Record<string, ReadonlyArray<Pick<Contender, "name" | "checks">>>>

export type Message = "list" | Slice
export type Reply<M extends Message> = M extends "list" ? Listing : Cost

const runSlice = async ({ run }: Contender, calls: number, atOnce: number): Promise<Cost> => {
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

/** The main function of a process of contenders: replies to messages of `measureGroup`. */
export const replyWithSlices = (prepare: () => Promise<Groups>) =>
  reply(async () => {
    const groups = await prepare()
    const listing: Listing = Object.fromEntries(
      Object.entries(groups).map(([group, contenders]) => [
        group,
        contenders.map(({ checks, name }) => ({ name, ...(checks === undefined ? {} : { checks }) }))
      ])
    )
    return (message: Message) =>
      message === "list"
        ? listing
        : runSlice(
            groups[message.group]!.find(({ name }) => name === message.contender)!,
            message.calls,
            message.atOnce
          )
  })
