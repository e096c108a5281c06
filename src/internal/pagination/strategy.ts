import type { PaginationError } from "../../HeraldError.js"
import type { Response } from "../../Operation.js"

/** Reads a fact from a page: from its decoded value, or from its response, whose header names are in lower case. */
export type Read<in Value, out A> = (value: Value, response: Response<Value>) => A

/** A parameter: the name of a query parameter, of a header, or of a field of the JSON body. */
export type Param = string | { readonly header: string } | { readonly body: string }

/** The parts of a request that differ by page. */
export interface PageRequest {
  /** Query parameters. Empty if `url` is set. */
  readonly query: Readonly<Record<string, string | number>>
  readonly headers: Readonly<Record<string, string | number>>
  /** Fields of the JSON body, for a strategy whose parameter is one. */
  readonly body: Readonly<Record<string, unknown>> | undefined
  /** The absolute URL of the page, if it comes from a response. It replaces path and query. */
  readonly url: string | undefined
}

/** A fault of a page, which makes its list unreliable. */
export interface Finding {
  readonly reason: PaginationError["reason"]
  readonly sentence: string
}

/** A received page. */
export interface Received<out Value, out Position> {
  readonly value: Value
  readonly response: Response<Value>
  readonly items: ReadonlyArray<unknown>
  readonly position: Position
}

/** The position of the next page, and the faults of this one. */
export interface Following<Position> {
  /** Null at the end of the list. */
  readonly next: Exclude<Position, undefined> | null
  /** The position `steps` pages after the next one. Undefined if it is not known, or past the end. */
  readonly after: (steps: number) => Exclude<Position, undefined> | undefined
  /** A fault of this page. The list fails, and the items of the page are not returned. */
  readonly fault?: Finding | undefined
  /** A fault of this page if the next page has items, which is not known yet. */
  readonly faultUnlessLast?: Finding | undefined
}

/**
 * A pagination strategy: the way in which an API addresses pages and marks the end of a list.
 *
 * - `Value`: the decoded value of a page
 * - `Position`: the position of a page, as JSON; includes undefined if the first page has none
 */
export interface Strategy<in Value, out Item, in out Position> {
  /** The position of the first page. */
  readonly start: Position
  readonly items: Read<Value, ReadonlyArray<Item>>
  /** The identity of an item, by which pages are compared. */
  readonly identity: Identity<any> | undefined
  /** The parameters that the strategy sets, for a check that the operation has them. */
  readonly params: ReadonlyArray<Param>
  readonly request: (position: Position) => PageRequest
  readonly follow: (page: Received<Value, Position>) => Following<Position>
  /** Names a page in messages, by its position, or by its index among those that were read. Contains no text of the server. */
  readonly nameOf: (position: Position, index: number) => string
  /** Makes the text by which positions are compared to find cycles. Undefined if positions are ascending. */
  readonly positionKey: ((position: Exclude<Position, undefined>) => string) | undefined
}

/** The identity of an item; see `ItemOptions`. */
export type Identity<Item> = ((item: Item) => unknown) | "none"

/** Options that all strategies have. */
export interface ItemOptions<Value, Item> {
  /** The items of a page. */
  readonly items: Read<Value, ReadonlyArray<Item>>
  /**
   * The identity of an item, such as its id. Pages are compared by it, with `===`, to find pages that are received repeatedly.
   * Default: the item as JSON. `"none"` compares no pages, for lists of plain values that may be equal.
   */
  readonly identity?: Identity<Item> | undefined
}

/** The request of the first page, where that has no position. */
export const firstRequest: PageRequest = { query: {}, headers: {}, body: undefined, url: undefined }

/** A request with the value of one parameter. */
export const paramRequest = (param: Param, value: unknown): PageRequest => {
  if (typeof param === "object" && "body" in param) return { ...firstRequest, body: { [param.body]: value } }
  // `CheckParams` admits other values in a body only. At run time the endpoint's schema refuses them.
  const scalar = value as string | number
  return typeof param === "string"
    ? { ...firstRequest, query: { [param]: scalar } }
    : { ...firstRequest, headers: { [param.header]: scalar } }
}

/** A request at a URL. */
export const urlRequest = (url: string): PageRequest => ({ ...firstRequest, url })
