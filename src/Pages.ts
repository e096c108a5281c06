import type { HttpClient } from "@effect/platform/HttpClient"
import * as Chunk from "effect/Chunk"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Authoriser } from "./Authoriser.js"
import type * as HeraldError from "./HeraldError.js"
import { PaginationError } from "./HeraldError.js"
import * as Operation from "./Operation.js"
import type { Refusal } from "./Refusal.js"
import { teller } from "./road/errors.js"
import { compile } from "./road/route.js"

/** A page of a list that is fetched by page numbers, from 0. */
export interface Page<A> {
  readonly page: number
  readonly data: ReadonlyArray<A>
  /** How many items a full page has. */
  readonly perPage: number
  /** How many pages there are. */
  readonly pages: number
}

/** How a list is read. */
export interface Options {
  /** The page to begin with. Default: 0. */
  readonly firstPage?: number | undefined
  /** How many pages to fetch before they are wanted, side by side. Default: 0, a page is fetched when it is wanted. */
  readonly ahead?: number | undefined
}

/** A list: its items as a Stream, or page by page, for those who show progress. */
export interface List<in Input, out A, out P, out E, out R> {
  (input?: Input & Options): Stream.Stream<A, E, R>
  /** The pages themselves, with their totals. */
  readonly pages: (input?: Input & Options) => Stream.Stream<P, E, R>
}

/**
 * So many times may a page of the same items come again: in a list that changes while it is read, an item may move from one
 * page to the next.
 */
const mostRepeats = 1

type Finding = { readonly reason: PaginationError["reason"]; readonly sentence: string }

const sameItems = (one: ReadonlyArray<unknown>, other: ReadonlyArray<unknown>) =>
  one.length === other.length && one.every((item, index) => item === other[index])

/**
 * Looks at the pages of a list as they come, and finds those that would make it endless, or not whole. A list that goes in
 * circles, of whatever length, is found by comparing each page with one before it, at distances that double (Brent's
 * algorithm), so that one page is kept.
 */
const inspector = <A>(identity: (item: A) => unknown) => {
  let marked: ReadonlyArray<unknown> | undefined
  let distance = 0
  let furthest = 1
  let repeats = 0
  return ({ data, page, pages, perPage }: Page<A>, asked: number): Finding | undefined => {
    if (page !== asked) return { reason: "WrongPage", sentence: `asked for page ${asked}, page ${page} came` }
    if (page >= pages - 1) return undefined
    if (data.length < perPage || data.length === 0) {
      return {
        reason: "ShortPage",
        sentence: `page ${page} of ${pages} has ${data.length} items instead of ${perPage}, and is not the last`
      }
    }
    const items = data.map(identity)
    if (marked !== undefined && sameItems(items, marked)) repeats += 1
    if (repeats > mostRepeats) {
      return { reason: "SamePage", sentence: `the items of page ${page} of ${pages} came before, again and again` }
    }
    distance += 1
    if (marked === undefined || distance === furthest) {
      marked = items
      furthest *= 2
      distance = 0
      repeats = 0
    }
    return undefined
  }
}

/**
 * The pages from the first on, each fetched when it is wanted, or `ahead` of that. The last page tells that it is; if the list
 * grows while it is read, so does the stream.
 */
const readPages = <A, P extends Page<A>, E, R>(
  options: Options,
  identity: (item: A) => unknown,
  fetch: (page: number) => Effect.Effect<P, E, R>,
  fail: (page: number, finding: Finding) => Effect.Effect<never, E, R>
): Stream.Stream<P, E, R> =>
  Stream.fromPull(
    Effect.map(Effect.scope, (scope) => {
      const inspect = inspector(identity)
      const flights: Array<Fiber.Fiber<P, E>> = []
      const ahead = options.ahead ?? 0
      let wanted = options.firstPage ?? 0
      let done = false

      const fetchAhead = (pages: number): Effect.Effect<void, never, R> =>
        Effect.suspend(() => {
          const next = wanted + flights.length
          if (!(flights.length < ahead) || next >= pages) return Effect.void
          return Effect.zipRight(
            Effect.map(Effect.forkIn(fetch(next), scope), (flight) => flights.push(flight)),
            fetchAhead(pages)
          )
        })

      const pull = Effect.suspend((): Effect.Effect<Chunk.Chunk<P>, E, R> => {
        const flight = flights.shift()
        return Effect.flatMap(flight === undefined ? fetch(wanted) : Fiber.join(flight), (page) => {
          const finding = inspect(page, wanted)
          if (finding !== undefined) return fail(wanted, finding)
          wanted += 1
          done = wanted >= page.pages
          return Effect.as(fetchAhead(page.pages), Chunk.of(page))
        })
      })

      return Effect.suspend(() => (done ? Effect.fail(Option.none()) : Effect.mapError(pull, Option.some)))
    })
  )

/**
 * A list from an endpoint that answers with pages.
 *
 * - `request`: from the list's own arguments, all of them optional, and a page number to the parts of the endpoint's request
 * - `identity`: what tells an item from others
 *
 * Mark the call as pure, so that bundlers drop the lists that a program does not use.
 */
export const make = <
  Id,
  Service extends Authoriser,
  Input extends object,
  Path,
  UrlParams,
  Payload,
  Headers,
  A,
  P extends Page<A>,
  Error extends Refusal
>(
  authoriser: Context.Tag<Id, Service>,
  endpoint: () => Operation.Endpoint<Path, UrlParams, Payload, Headers, P & Page<A>, Error>,
  options: {
    readonly request: (input: Input, page: number) => Operation.Request<Path, UrlParams, Payload, Headers>
    readonly identity: (item: A) => unknown
  }
): List<
  Input,
  A,
  P,
  | HeraldError.AnyCall
  | Operation.Refusals[Error["_tag"]]
  | Operation.InputError<Path | UrlParams | Payload | Headers>
  | PaginationError,
  HttpClient | Id
> => {
  const fetch = Operation.make(authoriser, endpoint, options.request)

  const fail = (page: number, { reason, sentence }: Finding) =>
    Effect.flatMap(authoriser, ({ baseUrl, identity }) => {
      const call = { route: compile(endpoint()), baseUrl, identity, input: undefined, attempts: [] }
      return Effect.fail(new PaginationError({ ...teller(call).told(sentence), page, reason }))
    })

  // All that a list is given is optional.
  const pages = (input: Input & Options = {} as Input & Options) =>
    readPages<
      A,
      P,
      | HeraldError.AnyCall
      | Operation.Refusals[Error["_tag"]]
      | Operation.InputError<Path | UrlParams | Payload | Headers>
      | PaginationError,
      HttpClient | Id
    >(input, options.identity, (page) => fetch(input, page), fail)

  return Object.assign(
    (input?: Input & Options) => Stream.mapConcatChunk(pages(input), ({ data }) => Chunk.unsafeFromArray(data)),
    { pages }
  )
}
