/** Ways to read a list. The number of calls is the number of pages of the list. */
import { Effect, Layer, ManagedRuntime, Schema, Stream } from "effect"
import { Authoriser, Endpoint, Operation, Pagination } from "effect-herald"
import { Agent, request } from "undici"
import { z } from "zod"
import { AccountSchema, accountZod } from "./account.js"
import type { Contender } from "./slices.js"
import { type Transport, transports } from "./transports.js"

class Api extends Authoriser.Tag("bench/Lists")<Api>() {}

const listAccounts = Pagination.pageNumber(
  Operation.make(Api, () =>
    Endpoint.get("/{pages}/accounts", {
      path: { pages: Schema.NumberFromString },
      query: { page: Schema.Number, size: Schema.Number, delay: Schema.Number },
      success: Schema.Struct({ page: Schema.Number, pages: Schema.Number, data: Schema.Array(AccountSchema) })
    })
  ),
  { items: ({ data }) => data, end: { totalPages: ({ pages }) => pages } }
)

const pageZod = z.object({ page: z.number(), pages: z.number(), data: z.array(accountZod) })

interface Page {
  readonly pages: number
  readonly data: ReadonlyArray<{ readonly level: number }>
}

/** A list and the latency of its server, in milliseconds. */
interface List {
  readonly baseUrl: string
  readonly size: number
  readonly delay: number
}

/** Each way adds up a field of all accounts, so that each account is read. */
const checkSum = (sum: number, accounts: number) => {
  if (sum !== accounts * 42) throw new Error(`the accounts are not complete: ${sum / 42} of ${accounts}`)
}

/** An async generator over undici, without retries, credentials and typed errors. */
const generator = (
  name: string,
  { baseUrl, delay, size }: List,
  read: (body: unknown) => Page,
  checks?: "zod"
): Contender => {
  const dispatcher = new Agent()
  async function* accounts(pages: number) {
    for (let page = 1, last = 1; page <= last; page += 1) {
      const url = `${baseUrl}/${pages}/accounts?page=${page}&size=${size}&delay=${delay}`
      const { body } = await request(url, { dispatcher })
      const { data, pages: total } = read(JSON.parse(await body.text()))
      last = total
      yield* data
    }
  }
  return {
    name,
    ...(checks === undefined ? {} : { checks }),
    run: async (pages) => {
      let sum = 0
      for await (const { level } of accounts(pages)) sum += level
      checkSum(sum, pages * size)
    }
  }
}

const stream = (name: string, { baseUrl, delay, size }: List, [, client]: Transport, ahead = 0): Contender => {
  const runtime = ManagedRuntime.make(Layer.provideMerge(Api.layer({ baseUrl }), client))
  return {
    name,
    checks: "Schema",
    run: (pages) => {
      let sum = 0
      const add = Stream.runForEach(listAccounts.with({ ahead })({ pages, size, delay }), ({ level }) =>
        Effect.sync(() => {
          sum += level
        })
      )
      return runtime.runPromise(Effect.map(add, () => checkSum(sum, pages * size)))
    }
  }
}

/** A generator that checks nothing, one with zod, and this library's Stream on each transport. */
export const readers = (list: List): ReadonlyArray<Contender> => [
  // The server sends such pages.
  generator("generator", list, (body) => body as Page),
  generator("generator + zod", list, (body) => pageZod.parse(body), "zod"),
  ...transports.map((transport) => stream(`effect-herald, ${transport[0]}`, list, transport))
]

/** This library's Stream on the first transport, with and without pages that are requested in advance. */
export const readersAhead = (list: List): ReadonlyArray<Contender> => [
  stream("one page at a time", list, transports[0]),
  stream("8 pages ahead", list, transports[0], 8)
]
