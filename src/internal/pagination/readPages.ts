import * as Channel from "effect/Channel"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import type { PaginationError } from "../../HeraldError.js"
import type { Response } from "../../Operation.js"
import { cycleDetector } from "./cycles.js"
import { urlFault } from "./nextUrl.js"
import { baseUrlOf, paginationError, type List } from "./list.js"
import { sameJson } from "./sameJson.js"
import type { Finding, Following, Identity, Strategy } from "./strategy.js"

/** A page of a list. */
export interface Page<out Item, out Value, out Position> {
  readonly items: ReadonlyArray<Item>
  /** The decoded value of the response. */
  readonly value: Value
  readonly response: Response<Value>
  /**
   * The position where this page starts, as JSON. Reading on from it fetches this page again. Undefined for the first page of a
   * list of cursors or links.
   */
  readonly position: Position
  /** The position where the next page starts, as JSON. Null at the end of the list. */
  readonly next: Exclude<Position, undefined> | null
}

/** Options of reading a list. */
export interface ReadOptions<out Position, out Ahead extends number> {
  /**
   * The position to read from: the `next` or the `position` of a page, from this process or another. Undefined starts at the
   * first page. For null, which is the `next` of the last page, the list is empty. Default: undefined.
   */
  readonly from?: Position | null | undefined
  /**
   * The number of pages that are requested before they are pulled, at most 100. Pages with a number or an offset are requested
   * concurrently. Pages with a cursor or a URL can be requested one in advance, while the page before is processed. Without a
   * total, up to this number of requests can be made past the end of the list; their responses are dropped. Default: 0.
   */
  readonly ahead?: Ahead | undefined
}

const maxAhead = 100

/**
 * The number of times that a page of the same items may be repeated: in a list that changes while it is read, items may move
 * from one page to the next.
 */
const toleratedRepeats = 1

/** The maximum number of pages without items in a row. A list that declares its pages to be sparse may have many. */
const maxEmptyPages = 1000

/** Makes a detector of pages that are received repeatedly. Pages without items are not compared. */
const pageDetector = (identity: Identity<any> | undefined): ((items: ReadonlyArray<unknown>) => boolean) => {
  if (identity === "none") return () => false
  const same = identity === undefined ? sameJson : (one: unknown, other: unknown) => identity(one) === identity(other)
  // Stops at the first item that differs.
  const samePage = (one: ReadonlyArray<unknown>, other: ReadonlyArray<unknown>): boolean =>
    one.length === other.length && one.every((item, index) => same(item, other[index]))
  const repeated = cycleDetector(samePage, toleratedRepeats)
  return (items) => items.length > 0 && repeated(items)
}

/** Makes a detector of positions that were followed before. */
const positionDetector = <Position>({ positionKey }: Strategy<never, unknown, Position>) => {
  if (positionKey === undefined) return () => false
  const repeated = cycleDetector<string>((one, other) => one === other, 0)
  let last: string | undefined
  return (position: Exclude<Position, undefined>): boolean => {
    const key = positionKey(position)
    const found = key === last || repeated(key)
    last = key
    return found
  }
}

/**
 * Reads the pages of a list, and returns the elements that `elementsOf` makes of each: one chunk for a page. A page is requested when
 * it is pulled, or up to `ahead` pages before. The Stream holds the last page and, to find cycles, one more in memory. It includes pages
 * that are added to the list while it is read.
 */
export const readPages = <Value, Item, Position, E, R, A>(
  strategy: Strategy<Value, Item, Position>,
  list: List<Value, E, R>,
  options: ReadOptions<Position, number>,
  elementsOf: (page: Page<Item, Value, Position>) => Chunk.Chunk<A>
): Stream.Stream<A, E | PaginationError, R> => {
  type Next = Exclude<Position, undefined>
  type Failure = E | PaginationError
  type Elements = Channel.Channel<Chunk.Chunk<A>, unknown, Failure, unknown, unknown, unknown, R>
  const { from } = options
  if (from === null) return Stream.empty
  const ahead = Math.min(options.ahead ?? 0, maxAhead)

  const read = (): Elements => {
    const isRepeatedPage = pageDetector(strategy.identity)
    const isRepeatedPosition = positionDetector(strategy)
    // The requests of the next pages. The first one may be waited for.
    const inFlight: Array<{ readonly position: Next; readonly fiber: Fiber.RuntimeFiber<Response<Value>, Failure> }> =
      []
    // The number of pages that were read.
    let count = 0
    // The number of the last pages that had no items.
    let empty = 0
    let last: Response<Value> | undefined
    let wanted: Position | null = from ?? strategy.start
    let faultUnlessLast: Finding | undefined
    // The fault of the link to the next page. That page must not be requested.
    let nextFault: Finding | undefined

    const fail = (page: number, finding: Finding): Effect.Effect<never, PaginationError, R> => {
      const response = last
      return Effect.flatMap(list.call, (call) => Effect.fail(paginationError(call, response, page, finding)))
    }

    const request = (position: Position): Effect.Effect<Response<Value>, Failure, R> => {
      const parts = strategy.request(position)
      const { url } = parts
      if (url === undefined) return list.fetch(parts)
      // The page that has the link is the last one that was read, if any.
      const page = Math.max(count - 1, 0)
      const response = last
      return Effect.flatMap(list.call, (call): Effect.Effect<Response<Value>, Failure, R> => {
        const baseUrl = baseUrlOf(call, response)
        const fault = baseUrl && urlFault(url, baseUrl)
        return fault === undefined ? list.fetch(parts) : Effect.fail(paginationError(call, response, page, fault))
      })
    }

    const interruptRequests = Effect.suspend(() => Fiber.interruptAll(inFlight.splice(0).map(({ fiber }) => fiber)))

    /** Starts the requests of the next pages at once, so that they are sent before this page is processed. */
    const requestAhead = (following: Following<Position>) =>
      Effect.map(Effect.runtime<R>(), (runtime) => {
        for (let steps = inFlight.length; steps < ahead; steps++) {
          const position = steps === 0 ? following.next : following.after(steps)
          if (position === null || position === undefined) return
          inFlight.push({ position, fiber: Runtime.runFork(runtime)(Effect.suspend(() => request(position))) })
        }
      })

    const receive = (position: Position, response: Response<Value>): Effect.Effect<Chunk.Chunk<A>, Failure, R> => {
      const { value } = response
      const items = strategy.items(value, response)
      const following = strategy.follow({ value, response, items, position })
      last = response
      if (following.fault !== undefined) return fail(count, following.fault)
      if (faultUnlessLast !== undefined && items.length > 0) return fail(count - 1, faultUnlessLast)
      const { next } = following
      if (next !== null && isRepeatedPage(items)) {
        const sentence = `the items of ${strategy.nameOf(position, count)} were received before, again and again`
        return fail(count, { reason: "SamePage", sentence })
      }
      empty = items.length === 0 ? empty + 1 : 0
      if (next !== null && empty > maxEmptyPages) {
        return fail(count, { reason: "SamePage", sentence: `${maxEmptyPages} pages in a row have no items` })
      }
      if (next !== null && isRepeatedPosition(next)) {
        const sentence = `${strategy.nameOf(position, count)} leads to a page that was requested before`
        nextFault = { reason: "SameCursor", sentence }
      }
      count += 1
      wanted = next
      faultUnlessLast = following.faultUnlessLast
      const elements = elementsOf({ items, value, response, position, next })
      if (!(ahead > 0)) return Effect.succeed(elements)
      // Requests for pages that turn out not to be the next ones are dropped.
      const dropped = inFlight[0] === undefined || inFlight[0].position === next ? Effect.void : interruptRequests
      const requested = nextFault === undefined ? Effect.zipRight(dropped, requestAhead(following)) : dropped
      return Effect.as(requested, elements)
    }

    const receiveNext = (position: Position): Effect.Effect<Chunk.Chunk<A>, Failure, R> => {
      if (nextFault !== undefined) return fail(count - 1, nextFault)
      const requested = inFlight[0]
      if (requested === undefined) {
        return Effect.flatMap(request(position), (response) => receive(position, response))
      }
      return Effect.flatMap(Effect.flatten(Fiber.await(requested.fiber)), (response) => {
        inFlight.shift()
        return receive(position, response)
      })
    }

    // Records the first position. It is neither undefined nor null: `from` is not null here.
    if (wanted !== undefined) isRepeatedPosition(wanted as Next)
    const pages: Elements = Channel.suspend(() =>
      wanted === null
        ? Channel.void
        : Channel.flatMap(Channel.fromEffect(receiveNext(wanted)), (elements) =>
            Channel.flatMap(Channel.write(elements), () => pages)
          )
    )
    return ahead > 0 ? Channel.ensuring(pages, interruptRequests) : pages
  }

  return Stream.fromChannel(Channel.suspend(read))
}
