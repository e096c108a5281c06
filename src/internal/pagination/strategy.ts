import type { PaginationError } from "../../HeraldError.js"
import type { Response } from "../../Operation.js"

/** Reads a fact from a page: from its decoded value, or from its response, whose header names are in lower case. */
export type Read<in Value, out A> = (value: Value, response: Response<Value>) => A

/** The place of a parameter: the name of a query parameter, the name of a header, or the name of a field of the JSON body. */
export type Param = string | { readonly header: string } | { readonly body: string }

/** The parts of a request that one page needs. */
export interface PageRequest {
  /** Query parameters. Empty if `url` is set. */
  readonly query: Readonly<Record<string, string | number>>
  readonly headers: Readonly<Record<string, string | number>>
  /** Fields of the JSON body, for a strategy whose parameter is one. */
  readonly body: Readonly<Record<string, unknown>> | undefined
  /** The absolute URL of the page, where the API gives one. It replaces path and query. */
  readonly url: string | undefined
}

/** A fact about a page that makes its list unreliable. */
export interface Finding {
  readonly reason: PaginationError["reason"]
  readonly sentence: string
}

/** A page as a strategy judges it. */
export interface Received<out Value, out Position> {
  readonly value: Value
  readonly response: Response<Value>
  readonly items: ReadonlyArray<unknown>
  readonly position: Position
}

/** The place of the next page, as far as a page tells. */
export interface Following<Position> {
  /** Null at the end of the list. */
  readonly next: Exclude<Position, undefined> | null
  /** The position `steps` pages after the next one. Undefined if it is not known, or past the end. */
  readonly after: (steps: number) => Exclude<Position, undefined> | undefined
  /** A fault of this page, because of which its items are not returned. */
  readonly fault?: Finding | undefined
  /** A fault of this page if another page with items follows, which this page does not tell. */
  readonly faultUnlessLast?: Finding | undefined
}

/**
 * A pagination style: the way in which an API addresses pages, and tells the end of a list.
 *
 * - `Value`: the decoded value of a page
 * - `Position`: the place of a page, as JSON; includes undefined if the first page has none
 */
export interface Strategy<in Value, out Item, in out Position> {
  /** The position of the first page. */
  readonly start: Position
  readonly items: Read<Value, ReadonlyArray<Item>>
  /** The identity of an item, by which pages are compared. */
  readonly identity: Identity<any> | undefined
  /** The parameters that the style sets, for a check that the operation has them. */
  readonly params: ReadonlyArray<Param>
  readonly request: (position: Position) => PageRequest
  readonly follow: (page: Received<Value, Position>) => Following<Position>
  /** Names a page in messages, by its position, or by its number among those that were read. It holds no text of the server. */
  readonly nameOf: (position: Position, index: number) => string
  /** The text by which a position is recognized that was followed before. Undefined if positions only grow. */
  readonly positionKey: ((position: Exclude<Position, undefined>) => string) | undefined
}

/** The identity of an item; see `ItemOptions`. */
export type Identity<Item> = ((item: Item) => unknown) | "none"

/** Options that all strategies have. */
export interface ItemOptions<Value, Item> {
  /** The items of a page. */
  readonly items: Read<Value, ReadonlyArray<Item>>
  /**
   * The identity of an item, such as its id, by which pages are compared to find those that are served again and again. Values
   * are compared by `===`. Default: the item as JSON. `"none"` compares no pages, for lists of plain values that may be equal.
   */
  readonly identity?: Identity<Item> | undefined
}

/** The request of the first page, where that has no position. */
export const firstRequest: PageRequest = { query: {}, headers: {}, body: undefined, url: undefined }

/** A request with the value of one parameter. */
export const paramRequest = (param: Param, value: unknown): PageRequest => {
  if (typeof param === "object" && "body" in param) return { ...firstRequest, body: { [param.body]: value } }
  // The types of the constructors admit other values in a body only; an endpoint's schema refuses them at run time.
  const scalar = value as string | number
  return typeof param === "string"
    ? { ...firstRequest, query: { [param]: scalar } }
    : { ...firstRequest, headers: { [param.header]: scalar } }
}

/** A request at a URL. */
export const urlRequest = (url: string): PageRequest => ({ ...firstRequest, url })
