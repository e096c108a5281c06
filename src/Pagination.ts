import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { PaginationError } from "./HeraldError.js"
import { execute } from "./internal/call/execute.js"
import { atUrl } from "./internal/endpoint/atUrl.js"
import { internals } from "./internal/operation.js"
import { byCursor, byUrl } from "./internal/pagination/chained.js"
import { linkTarget } from "./internal/pagination/linkHeader.js"
import type { List } from "./internal/pagination/list.js"
import { numbered } from "./internal/pagination/numbered.js"
import { type ArgsOf, type CheckParams, checkParams, type Supplies } from "./internal/pagination/params.js"
import { type Page, type ReadOptions, readPages } from "./internal/pagination/readPages.js"
import type { ItemOptions, PageRequest, Param, Read, Strategy } from "./internal/pagination/strategy.js"
import { type Operation, type Response, toResponse } from "./Operation.js"

export type { ItemOptions, Page, PageRequest, Param, Read, ReadOptions }

/**
 * A list: a function that returns the items as a Stream. Pages are requested when they are pulled, and requested again by each
 * run of the Stream.
 */
export interface Paginated<
  in Args extends ReadonlyArray<unknown>,
  out Item,
  out Value,
  in out Position,
  in Ahead extends number,
  out E,
  out R
> {
  (...args: Args): Stream.Stream<Item, E, R>
  /** The pages, with their positions and responses. */
  readonly pages: (...args: Args) => Stream.Stream<Page<Item, Value, Position>, E, R>
  /** The same list, read with other options. */
  readonly with: (options: ReadOptions<Position, Ahead>) => Paginated<Args, Item, Value, Position, Ahead, E, R>
}

/** Page requests that are not made by one operation; see `requests`. */
export interface Requests<in Args extends ReadonlyArray<unknown>, out Value, out E, out R> {
  readonly fetch: (page: PageRequest, ...args: Args) => Effect.Effect<Response<Value>, E, R>
}

/**
 * The requests of a list: an operation, or `requests`.
 *
 * - `In`: the arguments of the operation
 * - `Own`: the arguments of the list, for `requests`
 */
export type Source<In extends ReadonlyArray<unknown>, Own extends ReadonlyArray<unknown>, Value, E, R> =
  | Operation<In, Value, E, R>
  | Requests<Own, Value, E, R>

type AnyOperation = Operation<ReadonlyArray<any>, unknown, unknown, unknown>

const operationList =
  (operation: AnyOperation, params: ReadonlyArray<Param>) =>
  (args: ReadonlyArray<unknown>): List<unknown, unknown, unknown> => {
    const { compiled, descriptor, inputOf, partsOf, tag, withBody, withHeaders, withParams } = operation[internals]
    const inputFor = ({ body, headers, query }: PageRequest) => {
      let input = inputOf(args)
      if (Object.keys(query).length > 0) input = withParams(input, query)
      if (Object.keys(headers).length > 0) input = withHeaders(input, headers)
      return body === undefined ? input : withBody(input, body)
    }
    let checked = descriptor !== undefined
    return {
      fetch: (page) =>
        Effect.flatMap(tag, (authoriser) =>
          Effect.suspend(() => {
            if (!checked) checkParams(operation.endpoint, params)
            checked = true
            const { url } = page
            const endpoint = url === undefined ? compiled() : atUrl(compiled(), url, authoriser)
            return Effect.map(
              execute(endpoint, authoriser, () => {
                const input = inputFor(page)
                return { input, parts: partsOf(input) }
              }),
              toResponse
            )
          })
        ),
      call: Effect.map(tag, (authoriser) => ({ endpoint: compiled(), authoriser, input: inputOf(args) }))
    }
  }

type AnyPaginated = Paginated<ReadonlyArray<any>, unknown, unknown, any, number, unknown, unknown>

const build = (
  strategy: Strategy<any, unknown, unknown>,
  listOf: (args: ReadonlyArray<unknown>) => List<unknown, unknown, unknown>,
  options: ReadOptions<unknown, number>
): AnyPaginated => {
  return Object.assign(
    (...args: ReadonlyArray<unknown>) =>
      readPages(strategy, listOf(args), options, ({ items }) => Chunk.unsafeFromArray(items)),
    {
      pages: (...args: ReadonlyArray<unknown>) => readPages(strategy, listOf(args), options, Chunk.of),
      with: (more: ReadOptions<unknown, number>) => build(strategy, listOf, { ...options, ...more })
    }
  )
}

/** Makes a list from its requests and its strategy. The constructors declare the types. */
const make = <Value, Item, Position>(
  source: Source<never, never, Value, unknown, unknown>,
  strategy: Strategy<Value, Item, Position>
): never => {
  // `fetch` and operations take the arguments that the list is called with.
  const loose = source as AnyOperation | Requests<ReadonlyArray<any>, unknown, unknown, unknown>
  const listOf =
    internals in loose
      ? operationList(loose, strategy.params)
      : (args: ReadonlyArray<unknown>): List<unknown, unknown, unknown> => ({
          fetch: (page) => loose.fetch(page, ...args),
          call: Effect.succeed(undefined)
        })
  return build(strategy as Strategy<any, unknown, any>, listOf, {}) as never
}

/**
 * Describes the requests of a list that are made by verbs, or by several operations.
 *
 * - `fetch`: makes the request of a page. Takes the parts of the request that differ by page, and the arguments of the list
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Authoriser, Pagination, Verbs } from "effect-herald"
 *
 * class GitHub extends Authoriser.Tag("app/GitHub")<GitHub>() {}
 *
 * const { get } = Verbs.make(GitHub)
 *
 * const Repositories = Schema.Array(Schema.Struct({ full_name: Schema.String }))
 *
 * const listRepositories = Pagination.link(
 *   Pagination.requests(({ url }, user: string) =>
 *     url === undefined
 *       ? get.withResponse("/users/{user}/repos", { path: { user }, success: Repositories })
 *       : get.withResponse(url, { success: Repositories })
 *   ),
 *   { items: (page) => page }
 * )
 *
 * // Stream<{ full_name: string }, PaginationError | NotFound | ..., HttpClient | GitHub>
 * const repositories = listRepositories("Effect-TS")
 * ```
 */
export const requests = <Own extends ReadonlyArray<unknown>, Value, E, R>(
  fetch: (page: PageRequest, ...args: Own) => Effect.Effect<Response<Value>, E, R>
): Requests<Own, Value, E, R> => ({ fetch })

/** The number of items of a full page: fixed, or read from a page. */
export type Size<Value, N extends number = number> = N | Read<Value, number | undefined>

/** The ways to find the end of a list that read a fact from a page. */
interface Ends<Value> {
  readonly totalPages: Read<Value, number | undefined>
  readonly totalItems: Read<Value, number | undefined>
  readonly hasMore: Read<Value, boolean>
}

/** One of `Ends`, without the others. */
type OneOf<Value, Name extends keyof Ends<Value>> = Pick<Ends<Value>, Name> & {
  readonly [Other in Exclude<keyof Ends<Value>, Name>]?: never
}

/**
 * The way to find the end of a list whose pages have numbers.
 *
 * - `totalPages`: reads the number of pages from a page
 * - `hasMore`: reads from a page if another one follows
 * - `"emptyPage"`: the page after the last one is empty. It costs one more request
 * - `totalItems`: reads the number of items from a page. Requires `pageSize`
 * - `"shortPage"`: the last page has fewer items than `pageSize`, or none. Prefer another way: if the server limits the
 *   page size to less than `pageSize`, the list ends after its first page
 *
 * If a total is undefined or not a number, such as that of an absent header, the list ends with an empty page.
 */
export type PageNumberEnd<Value> =
  | {
      readonly end: OneOf<Value, "totalPages"> | OneOf<Value, "hasMore"> | "emptyPage"
      /**
       * The number of items of a full page. The list fails with a `PaginationError` if a page has fewer and is not the last
       * one. Default: unknown, so that only an empty page that is not the last one is an error.
       */
      readonly pageSize?: Size<Value> | undefined
      /**
       * True if pages before the last one can have fewer items than a full page, such as those of a list that the server filters
       * after it has made pages of it, or none; with the end `"emptyPage"`, only fewer. Default: false.
       */
      readonly sparse?: boolean | undefined
    }
  | { readonly end: OneOf<Value, "totalItems">; readonly pageSize: Size<Value>; readonly sparse?: boolean | undefined }
  | { readonly end: "shortPage"; readonly pageSize: Size<Value>; readonly sparse?: never }

/** Options of `pageNumber`. */
export type PageNumberOptions<Value, Item, P extends Param> = ItemOptions<Value, Item> &
  PageNumberEnd<Value> & {
    /** The parameter of the page number, by its name in the operation's input. Default: `page`, in the query. */
    readonly param?: P | undefined
    /** The number of the first page. Default: 1. */
    readonly first?: number | undefined
    /** The page number that a response reports. The list fails with a `PaginationError` if it is not the requested one. */
    readonly reportedPage?: Read<Value, number | undefined> | undefined
  }

/**
 * Makes a list whose pages have numbers: `?page=1`, `?page=2`. Pages can be requested concurrently, and reading can start
 * at any page number.
 *
 * The list takes the arguments of the operation, without the parameters that the list sets. It returns a Stream of items;
 * `pages` returns the pages, and `with` sets options of reading. Annotate the call as pure (`#__PURE__`), so that bundlers drop
 * the lists that a program does not use.
 *
 * The Stream fails with the errors of the operation, and with a `PaginationError` if the list may be endless or incomplete. If
 * the list changes while it is read, items move from one page to another: an item can be received twice, or be missed.
 *
 * @example
 * ```ts
 * import { Effect, Schema, Stream } from "effect"
 * import { Authoriser, Endpoint, Operation, Pagination } from "effect-herald"
 *
 * class Shop extends Authoriser.Tag("app/Shop")<Shop>() {}
 *
 * const listProducts = Pagination.pageNumber(
 *   Operation.make(Shop, () =>
 *     Endpoint.get("/products", {
 *       query: { search: Schema.optional(Schema.String), page: Schema.Number },
 *       success: Schema.Struct({ products: Schema.Array(Schema.Struct({ id: Schema.String })), pages: Schema.Number })
 *     })
 *   ),
 *   {
 *     items: (page) => page.products,
 *     end: { totalPages: (page) => page.pages },
 *     identity: (product) => product.id
 *   }
 * )
 *
 * // Stream<{ id: string }, PaginationError | NotFound | ..., HttpClient | Shop>
 * const lamps = listProducts({ search: "lamp" })
 *
 * // Three pages are requested in advance.
 * const fast = listProducts.with({ ahead: 3 })({ search: "lamp" })
 *
 * // Each page has the position of the next one. A later run reads on from there.
 * const resumable = (saved: number | null | undefined, save: (position: number | null) => Effect.Effect<void>) =>
 *   listProducts
 *     .with({ from: saved })
 *     .pages()
 *     .pipe(Stream.runForEach(({ items, next }) => Effect.zipRight(Effect.log(items), save(next))))
 * ```
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Authoriser, Endpoint, Operation, Pagination } from "effect-herald"
 *
 * class GitLab extends Authoriser.Tag("app/GitLab")<GitLab>() {}
 *
 * // Totals in headers, which are absent for long lists: https://docs.gitlab.com/api/rest/#offset-based-pagination
 * const listProjects = Pagination.pageNumber(
 *   Operation.make(GitLab, () =>
 *     Endpoint.get("/projects", {
 *       query: { search: Schema.optional(Schema.String), page: Schema.Number },
 *       success: Schema.Array(Schema.Struct({ id: Schema.Number }))
 *     })
 *   ),
 *   { items: (page) => page, end: { totalPages: (_, { headers }) => Number(headers["x-total-pages"]) } }
 * )
 * ```
 */
export const pageNumber = <
  Value,
  E,
  R,
  Item,
  In extends ReadonlyArray<unknown> = never,
  Own extends ReadonlyArray<unknown> = never,
  const P extends Param = "page"
>(
  source: Source<In, Own, Value, E, R> & CheckParams<NoInfer<In>, Supplies<P, number>>,
  options: PageNumberOptions<NoInfer<Value>, Item, P>
): Paginated<ArgsOf<In, Own, Supplies<P, number>>, Item, Value, number, number, E | PaginationError, R> =>
  make(
    source,
    numbered({
      unit: "page",
      param: options.param ?? "page",
      sizeParam: undefined,
      first: options.first ?? 1,
      size: options.pageSize,
      end: options.end,
      sparse: options.sparse === true,
      reported: options.reportedPage,
      items: options.items,
      identity: options.identity
    })
  )

/** The way to find the end of a list whose pages have offsets; see `PageNumberEnd`. `"shortPage"` requires `limit`. */
export type OffsetEnd<Value, N extends number> =
  | {
      readonly end: OneOf<Value, "totalItems"> | OneOf<Value, "hasMore"> | "emptyPage"
      /**
       * The number of items of a full page. A number is sent in `limitParam`; a function reads it from the page, and nothing is
       * sent. The list fails with a `PaginationError` if a page has fewer items and is not the last one. Default: unknown, so
       * that the next offset is that of the page plus its number of items.
       */
      readonly limit?: Size<Value, N> | undefined
      /** True if pages before the last one can have fewer items than the limit, or none; see `PageNumberEnd`. Default: false. */
      readonly sparse?: boolean | undefined
    }
  | { readonly end: "shortPage"; readonly limit: Size<Value, N>; readonly sparse?: never }

/** Options of `offset`. */
export type OffsetOptions<Value, Item, P extends Param, L extends Param, N extends number> = ItemOptions<Value, Item> &
  OffsetEnd<Value, N> & {
    /** The parameter of the offset, by its name in the operation's input. Default: `offset`, in the query. */
    readonly param?: P | undefined
    /** The parameter of `limit`, where that is a number. Default: `limit`, in the query. */
    readonly limitParam?: L | undefined
    /** The offset of the first item. Default: 0. */
    readonly first?: number | undefined
    /** The offset that a response reports. The list fails with a `PaginationError` if it is not the requested one. */
    readonly reportedOffset?: Read<Value, number | undefined> | undefined
  }

/** The parameters that `offset` sets. A limit that is read from pages, or whose type is not a literal, is not one of them. */
type SuppliesOffset<P, L, N extends number> = Supplies<P, number> &
  ([N] extends [never] ? {} : number extends N ? {} : Supplies<L, number>)

/**
 * Makes a list whose pages have an offset and a limit: `?offset=0&limit=50`, `?offset=50&limit=50`. Pages can be requested
 * concurrently, and reading can start at any offset. For everything else see `pageNumber`.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Authoriser, Endpoint, Operation, Pagination } from "effect-herald"
 *
 * class Spotify extends Authoriser.Tag("app/Spotify")<Spotify>() {}
 *
 * // https://developer.spotify.com/documentation/web-api/reference/get-an-artists-albums
 * const listAlbums = Pagination.offset(
 *   Operation.make(Spotify, () =>
 *     Endpoint.get("/artists/{artist}/albums", {
 *       query: { offset: Schema.Number, limit: Schema.optional(Schema.Number) },
 *       success: Schema.Struct({ items: Schema.Array(Schema.Struct({ id: Schema.String })), total: Schema.Number })
 *     })
 *   ),
 *   { limit: 50, items: (page) => page.items, end: { totalItems: (page) => page.total } }
 * )
 *
 * const albums = listAlbums({ artist: "0OdUWJ0sBjDrqHygGUXeCF" })
 * ```
 */
export const offset = <
  Value,
  E,
  R,
  Item,
  In extends ReadonlyArray<unknown> = never,
  Own extends ReadonlyArray<unknown> = never,
  const P extends Param = "offset",
  const L extends Param = "limit",
  N extends number = never
>(
  source: Source<In, Own, Value, E, R> & CheckParams<NoInfer<In>, SuppliesOffset<P, L, N>>,
  options: OffsetOptions<NoInfer<Value>, Item, P, L, N>
): Paginated<ArgsOf<In, Own, SuppliesOffset<P, L, N>>, Item, Value, number, number, E | PaginationError, R> =>
  make(
    source,
    numbered({
      unit: "offset",
      param: options.param ?? "offset",
      sizeParam:
        typeof options.limit === "number" ? { param: options.limitParam ?? "limit", value: options.limit } : undefined,
      first: options.first ?? 0,
      size: options.limit,
      end: options.end,
      sparse: options.sparse === true,
      reported: options.reportedOffset,
      items: options.items,
      identity: options.identity
    })
  )

/** A cursor: a string, a number, or, in a body, any JSON object. */
export type Cursor = string | number | object

/** Options of `cursor`. */
export interface CursorOptions<Value, Item, C extends Cursor, P extends Param> extends ItemOptions<Value, Item> {
  /** The parameter of the cursor, by its name in the operation's input. Default: `cursor`, in the query. */
  readonly param?: P | undefined
  /** The cursor of the first page. Default: none, so that the parameter is left out. */
  readonly first?: NoInfer<C> | undefined
  /** The cursor of the next page. Undefined, null or an empty string at the end of the list. */
  readonly next: Read<Value, C | null | undefined>
}

/**
 * Makes a list whose pages contain a cursor for the next one, in their body or their headers. The cursor is sent in the
 * query, a header, or the JSON body. One page can be requested in advance, and reading can start at any cursor. For
 * everything else see `pageNumber`.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Authoriser, Endpoint, Operation, Pagination } from "effect-herald"
 *
 * class Stripe extends Authoriser.Tag("app/Stripe")<Stripe>() {}
 *
 * // https://docs.stripe.com/api/pagination
 * const listCustomers = Pagination.cursor(
 *   Operation.make(Stripe, () =>
 *     Endpoint.get("/v1/customers", {
 *       query: { email: Schema.optional(Schema.String), starting_after: Schema.optional(Schema.String) },
 *       success: Schema.Struct({ data: Schema.Array(Schema.Struct({ id: Schema.String })), has_more: Schema.Boolean })
 *     })
 *   ),
 *   {
 *     param: "starting_after",
 *     items: (page) => page.data,
 *     next: (page) => (page.has_more ? page.data.at(-1)?.id : undefined)
 *   }
 * )
 *
 * const customers = listCustomers.with({ ahead: 1 })({ email: "ada@example.com" })
 * ```
 */
export const cursor = <
  Value,
  E,
  R,
  Item,
  C extends Cursor,
  In extends ReadonlyArray<unknown> = never,
  Own extends ReadonlyArray<unknown> = never,
  const P extends Param = "cursor"
>(
  source: Source<In, Own, Value, E, R> & CheckParams<NoInfer<In>, Cursor extends C ? {} : Supplies<P, C>>,
  options: CursorOptions<NoInfer<Value>, Item, C, P>
): Paginated<ArgsOf<In, Own, Supplies<P, C>>, Item, Value, C | undefined, 0 | 1, E | PaginationError, R> =>
  make(source, byCursor<Value, Item, C>(options, options.param ?? "cursor"))

/** Options of `nextUrl`. */
export interface NextUrlOptions<Value, Item> extends ItemOptions<Value, Item> {
  /** The URL of the next page, absolute or relative to that of the page. Undefined, null or an empty string at the end. */
  readonly next: Read<Value, string | URL | null | undefined>
}

/**
 * Makes a list whose pages contain the URL of the next one in their body. The URL replaces the path and query of the operation;
 * headers and body stay the same. A URL of another origin is not requested: the list fails with a
 * `PaginationError`. One page can be requested in advance, and reading can start at the URL of any page. For everything else
 * see `pageNumber`.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Authoriser, Endpoint, Operation, Pagination } from "effect-herald"
 *
 * class Pokemon extends Authoriser.Tag("app/Pokemon")<Pokemon>() {}
 *
 * // https://pokeapi.co/docs/v2#resource-listspagination-section
 * const listPokemon = Pagination.nextUrl(
 *   Operation.make(Pokemon, () =>
 *     Endpoint.get("/api/v2/pokemon", {
 *       success: Schema.Struct({
 *         results: Schema.Array(Schema.Struct({ name: Schema.String })),
 *         next: Schema.NullOr(Schema.String)
 *       })
 *     })
 *   ),
 *   { items: (page) => page.results, next: (page) => page.next }
 * )
 * ```
 */
export const nextUrl = <
  Value,
  E,
  R,
  Item,
  In extends ReadonlyArray<unknown> = never,
  Own extends ReadonlyArray<unknown> = never
>(
  source: Source<In, Own, Value, E, R>,
  options: NextUrlOptions<NoInfer<Value>, Item>
): Paginated<ArgsOf<In, Own, {}>, Item, Value, string | undefined, 0 | 1, E | PaginationError, R> =>
  make(source, byUrl(options))

/** Options of `link`. */
export interface LinkOptions<Value, Item> extends ItemOptions<Value, Item> {
  /** The relation type of the link to the next page. Default: `next`. */
  readonly rel?: string | undefined
}

/**
 * Makes a list whose responses have the URL of the next page in the header `Link` (RFC 8288). The list ends with a response
 * without such a link. For everything else see `nextUrl`.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Authoriser, Endpoint, Operation, Pagination } from "effect-herald"
 *
 * class GitHub extends Authoriser.Tag("app/GitHub")<GitHub>() {}
 *
 * // https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
 * const listIssues = Pagination.link(
 *   Operation.make(GitHub, () =>
 *     Endpoint.get("/repos/{owner}/{repo}/issues", {
 *       query: { state: Schema.optional(Schema.String), per_page: Schema.optional(Schema.Number) },
 *       success: Schema.Array(Schema.Struct({ number: Schema.Number, title: Schema.String }))
 *     })
 *   ),
 *   { items: (page) => page }
 * )
 *
 * const issues = listIssues({ owner: "Effect-TS", repo: "effect", state: "open", per_page: 100 })
 * ```
 */
export const link = <
  Value,
  E,
  R,
  Item,
  In extends ReadonlyArray<unknown> = never,
  Own extends ReadonlyArray<unknown> = never
>(
  source: Source<In, Own, Value, E, R>,
  options: LinkOptions<NoInfer<Value>, Item>
): Paginated<ArgsOf<In, Own, {}>, Item, Value, string | undefined, 0 | 1, E | PaginationError, R> => {
  const { identity, items, rel = "next" } = options
  return make(source, byUrl({ items, identity, next: (_, { headers }) => linkTarget(headers["link"] ?? "", rel) }))
}
