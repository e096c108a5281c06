import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import type { HttpClient } from "@effect/platform/HttpClient"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import { describe, expectTypeOf, it } from "vitest"
import {
  Authoriser,
  type CallError,
  type EncodeError,
  Endpoint,
  Operation,
  Pagination,
  type PaginationError,
  Verbs
} from "effect-herald"
import { fromApi } from "effect-herald/http-api"

class Shop extends Authoriser.Tag("effect-herald/test/Shop")<Shop>() {}

class NoSuchShelf extends Schema.TaggedError<NoSuchShelf>()("NoSuchShelf", {}) {}

const Product = Schema.Struct({ id: Schema.String })

const Page = Schema.Struct({
  products: Schema.Array(Product),
  pages: Schema.Number,
  total: Schema.Number,
  more: Schema.Boolean,
  next: Schema.NullOr(Schema.String)
})

type Product = typeof Product.Type
type Page = typeof Page.Type

const byPage = Operation.make(Shop, () =>
  Endpoint.get("/products", {
    query: { page: Schema.Number, search: Schema.optional(Schema.String) },
    success: Page,
    errors: { 404: NoSuchShelf }
  })
)

const byCursor = Operation.make(Shop, () =>
  Endpoint.get("/shelves/{shelf}/products", {
    query: { cursor: Schema.optional(Schema.String) },
    headers: { "x-cursor": Schema.optional(Schema.String), "x-lang": Schema.optional(Schema.String) },
    success: Page
  })
)

const byOffset = Operation.make(Shop, () =>
  Endpoint.get("/products", {
    query: { offset: Schema.optional(Schema.Number), limit: Schema.optional(Schema.Number) },
    success: Page
  })
)

const search = Operation.make(Shop, () =>
  Endpoint.post("/search", {
    body: Schema.Struct({ text: Schema.String, after: Schema.optional(Schema.String) }),
    success: Page
  })
)

const plain = Operation.make(Shop, () => Endpoint.get("/products", { success: Page }))

const { get } = Verbs.make(Shop)

const items = (page: Page) => page.products
const next = (page: Page) => page.next

declare const number: number

describe("a list", () => {
  it("infers items, errors and requirements from its operation", () => {
    const list = Pagination.pageNumber(byPage, {
      items: (page) => {
        expectTypeOf(page).branded.toEqualTypeOf<Page>()
        return page.products
      },
      end: { totalPages: (page, response) => page.pages + response.status },
      identity: (product) => product.id
    })
    expectTypeOf(list({ search: "lamp" })).toEqualTypeOf<
      Stream.Stream<Product, PaginationError | CallError | EncodeError | NoSuchShelf, HttpClient | Shop>
    >()
  })

  it("infers them from an operation that is made in place", () => {
    const numbered = Pagination.pageNumber(
      Operation.make(Shop, () =>
        Endpoint.get("/products", { query: { page: Schema.Number }, success: Page, errors: { 404: NoSuchShelf } })
      ),
      { items: (page) => page.products, end: { totalPages: (page) => page.pages }, identity: ({ id }) => id }
    )
    expectTypeOf(numbered).parameters.toEqualTypeOf<[]>()
    expectTypeOf(numbered()).toEqualTypeOf<
      Stream.Stream<Product, PaginationError | CallError | EncodeError | NoSuchShelf, HttpClient | Shop>
    >()
    const chained = Pagination.nextUrl(
      Operation.make(Shop, () => Endpoint.get("/products", { success: Page })),
      { items: (page) => page.products, next: (page) => page.next }
    )
    const cursors = Pagination.cursor(
      Operation.make(Shop, () =>
        Endpoint.get("/products", { query: { cursor: Schema.optional(Schema.String) }, success: Page })
      ),
      { items: (page) => page.products, next: (page) => page.next }
    )
    expectTypeOf(cursors.pages()).toExtend<
      Stream.Stream<Pagination.Page<Product, Page, string | undefined>, unknown, unknown>
    >()
    expectTypeOf(cursors).parameters.toEqualTypeOf<[]>()
    expectTypeOf(chained()).toEqualTypeOf<Stream.Stream<Product, PaginationError | CallError, HttpClient | Shop>>()
  })

  it("does not take the parameters that its style sets", () => {
    const list = Pagination.pageNumber(byPage, { items, end: "emptyPage" })
    expectTypeOf(list).parameters.toEqualTypeOf<[input?: { readonly search?: string | undefined }]>()
    // @ts-expect-error the style sets it
    list({ page: 3 })
    expectTypeOf(Pagination.offset(byOffset, { items, end: "shortPage", limit: 10 })).parameters.toEqualTypeOf<[]>()
  })

  it("takes the limit where its style does not send one", () => {
    type Limit = [input?: { readonly limit?: number | undefined }]
    const unlimited = Pagination.offset(byOffset, { items, end: { hasMore: (page) => page.more } })
    expectTypeOf(unlimited).parameters.toEqualTypeOf<Limit>()
    const read = Pagination.offset(byOffset, { items, end: "shortPage", limit: () => 10 })
    expectTypeOf(read).parameters.toEqualTypeOf<Limit>()
    const computed = Pagination.offset(byOffset, { items, end: "shortPage", limit: number })
    expectTypeOf(computed).parameters.toEqualTypeOf<Limit>()
  })

  it("takes path parameters, and the other headers and fields of a body", () => {
    const list = Pagination.cursor(byCursor, { items, next })
    list({ shelf: 1 })
    list({ shelf: 1, headers: { "x-cursor": "a" } })
    // @ts-expect-error the path has a parameter
    list()
    // @ts-expect-error the style sets it
    list({ shelf: 1, cursor: "a" })

    const byHeader = Pagination.cursor(byCursor, { param: { header: "x-cursor" }, items, next })
    byHeader({ shelf: 1, cursor: "a", headers: { "x-lang": "en" } })
    // @ts-expect-error the style sets it
    byHeader({ shelf: 1, headers: { "x-cursor": "a" } })

    const byBody = Pagination.cursor(search, { param: { body: "after" }, items, next })
    expectTypeOf(byBody).parameters.toEqualTypeOf<[input: { readonly body: { readonly text: string } }]>()
  })

  it("takes arguments that are not the endpoint's input as they are", () => {
    const custom = Operation.make(
      Shop,
      () =>
        Endpoint.get("/products", {
          query: { page: Schema.optional(Schema.Number), search: Schema.String },
          success: Page
        }),
      (text: string, exact?: boolean) => ({ search: exact === true ? `"${text}"` : text })
    )
    const list = Pagination.pageNumber(custom, { items, end: "emptyPage" })
    expectTypeOf(list).parameters.toEqualTypeOf<[text: string, exact?: boolean | undefined]>()
    list.with({ ahead: 2 }).pages("lamp", true)
  })

  it("refuses a reader of other pages", () => {
    // @ts-expect-error the page has no such field
    Pagination.link(plain, { items: (page) => page.rows })
    // @ts-expect-error these are not the operation's pages
    Pagination.link(plain, { items: (page: { readonly rows: ReadonlyArray<string> }) => page.rows })
    // @ts-expect-error not a list
    Pagination.link(plain, { items: (page) => page.pages })
  })

  it("refuses a style whose values a parameter does not accept", () => {
    const text = Operation.make(Shop, () => Endpoint.get("/p", { query: { page: Schema.String }, success: Page }))
    // @ts-expect-error the page is a text
    Pagination.pageNumber(text, { items, end: "emptyPage" })
    // @ts-expect-error the cursor is a text
    Pagination.cursor(byCursor, { items, next: (page: Page) => page.total })
    // @ts-expect-error the cursor is a text
    Pagination.cursor(byCursor, { items, next: (page) => page.total })
    // @ts-expect-error the header is a text
    Pagination.cursor(byCursor, { param: { header: "x-cursor" }, items, next: (page: Page) => page.total })
    // @ts-expect-error the limit is a text
    Pagination.offset(byCursor, { items, end: "emptyPage", limit: 3, limitParam: "cursor" })
  })

  it("takes operations of an HttpApi", () => {
    const Api = HttpApi.make("shop").add(
      HttpApiGroup.make("products").add(
        HttpApiEndpoint.get("list", "/products")
          .setUrlParams(Schema.Struct({ page: Schema.NumberFromString, search: Schema.optional(Schema.String) }))
          .addSuccess(Page)
      )
    )
    const { products } = fromApi(Shop, Api)
    const list = Pagination.pageNumber(products.list, { items, end: "emptyPage" })
    list()
    list({ urlParams: { search: "lamp" } })
    // @ts-expect-error the style sets it
    list({ urlParams: { page: 1 } })
  })
})

describe("a list of requests", () => {
  const list = Pagination.cursor(
    Pagination.requests(({ query, url }, shelf: string, sort?: "price") =>
      url === undefined
        ? get.withResponse("/shelves/{shelf}", { path: { shelf }, query: { ...query, sort }, success: Page })
        : get.withResponse(url, { success: Page, errors: { 404: NoSuchShelf } })
    ),
    { items: (page) => page.products, next: (page) => page.next }
  )

  it("infers items, errors, requirements and its own arguments", () => {
    expectTypeOf(list).parameters.toEqualTypeOf<[shelf: string, sort?: "price" | undefined]>()
    expectTypeOf(list("a")).toEqualTypeOf<
      Stream.Stream<Product, Verbs.Errors | NoSuchShelf | PaginationError, HttpClient | Shop>
    >()
  })

  it("keeps an argument that has the name of a parameter", () => {
    const own = Pagination.pageNumber(
      Pagination.requests(({ query }, filter: { readonly page: string }) =>
        get.withResponse("/a", { query: { ...filter, ...query }, success: Page })
      ),
      { items, end: "emptyPage" }
    )
    expectTypeOf(own).parameters.toEqualTypeOf<[filter: { readonly page: string }]>()
  })

  it("needs responses, not values", () => {
    // @ts-expect-error a value has no headers
    Pagination.requests(({ query }) => get("/a", { query, success: Page }))
  })
})

describe("positions", () => {
  const numbered = Pagination.pageNumber(byPage, { items, end: "emptyPage" })
  const chained = Pagination.nextUrl(plain, { items, next })
  const cursors = Pagination.cursor(byCursor, { items, next })

  it("have the type of the style", () => {
    expectTypeOf(numbered.pages()).toExtend<Stream.Stream<Pagination.Page<Product, Page, number>, unknown, unknown>>()
    expectTypeOf(chained.pages()).toExtend<
      Stream.Stream<Pagination.Page<Product, Page, string | undefined>, unknown, unknown>
    >()
    expectTypeOf<Pagination.Page<Product, Page, number>["next"]>().toEqualTypeOf<number | null>()
    expectTypeOf<Pagination.Page<Product, Page, string | undefined>["next"]>().toEqualTypeOf<string | null>()
    expectTypeOf<Pagination.Page<Product, Page, number>["response"]>().toEqualTypeOf<Operation.Response<Page>>()
  })

  it("can be read on from", () => {
    numbered.with({ from: 3 })
    numbered.with({ from: null })
    cursors.with({ from: "abc" })
    cursors.with({ from: undefined })
    // @ts-expect-error its positions are numbers
    numbered.with({ from: "abc" })
    // @ts-expect-error its positions are texts
    cursors.with({ from: 3 })
  })

  it("are requested one in advance where only a page tells the next", () => {
    numbered.with({ ahead: 10 })
    cursors.with({ ahead: 1 })
    chained.with({ ahead: 0 })
    // @ts-expect-error one at most
    cursors.with({ ahead: 2 })
    // @ts-expect-error one at most
    chained.with({ ahead: 2 })
  })
})

describe("the end of a list", () => {
  it("is told in one way", () => {
    // @ts-expect-error by one of them
    Pagination.pageNumber(byPage, { items, end: { totalPages: () => 1, hasMore: () => true } })
    // @ts-expect-error it has to be told
    Pagination.pageNumber(byPage, { items })
    // @ts-expect-error offsets have no total of pages
    Pagination.offset(byOffset, { items, end: { totalPages: () => 1 } })
    // @ts-expect-error a cursor tells it
    Pagination.cursor(byCursor, { items, next, end: "emptyPage" })
  })

  it("needs the page size where it is told by that", () => {
    // @ts-expect-error no page size
    Pagination.pageNumber(byPage, { items, end: "shortPage" })
    // @ts-expect-error no page size
    Pagination.pageNumber(byPage, { items, end: { totalItems: () => 1 } })
    // @ts-expect-error no limit
    Pagination.offset(byOffset, { items, end: "shortPage" })
    Pagination.pageNumber(byPage, { items, end: "shortPage", pageSize: 20 })
    Pagination.pageNumber(byPage, { items, end: { totalItems: (page) => page.total }, pageSize: () => 20 })
    Pagination.offset(byOffset, { items, end: { totalItems: (page) => page.total } })
  })
})
