import type { IncomingHttpHeaders } from "node:http"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Scripted from "../scripted.js"

/** An item of the lists. */
export interface Item {
  readonly id: number
}

/** Items with ids from `first` to `last`. */
export const itemsFrom = (first: number, last: number): ReadonlyArray<Item> =>
  Array.from({ length: last - first + 1 }, (_, index) => ({ id: first + index }))

/** A request for a page. */
export interface Request {
  /** The URL, with the server's own origin. */
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** The response that holds a page. */
export interface Reply {
  readonly headers?: Readonly<Record<string, string | ReadonlyArray<string>>>
  readonly body: unknown
}

/** Faults of a server. */
export interface Faults {
  /** The server responds to every request with the first page. */
  readonly stuck?: boolean
  /** After the last page the server continues with the first one. */
  readonly ring?: boolean
}

export interface Options extends Faults {
  /** The items. The array may be changed between requests. Default: ids 1 to 8. */
  readonly items?: Array<Item>
  /** Runs before each response. `index` is the number of the request, from 0. */
  readonly before?: (index: number) => void
  /** The number of the request to which the server does not respond. Default: none. */
  readonly silentAt?: number
}

/** The endpoint of a list: makes the response to a request from the items. */
export type List = (request: Request, items: ReadonlyArray<Item>, ring: boolean) => Reply

/** The number of items of a full page. */
export const pageSize = 3

/** Starts a server for a list, on loopback, until the scope closes. */
export const serve =
  (list: List) =>
  ({ before, items = [...itemsFrom(1, 8)], ring = false, silentAt, stuck = false }: Options = {}): Effect.Effect<
    Scripted.Scripted,
    never,
    Scope.Scope
  > =>
    Scripted.make(({ body, headers, target }, index) => {
      before?.(index)
      if (index === silentAt) return Scripted.silence
      const url = new URL(target, `http://${headers.host}`)
      if (stuck) url.search = ""
      const reply = list({ url, headers: stuck ? {} : headers, body: stuck ? "" : body }, items, ring)
      return Scripted.json(reply.body, { headers: reply.headers ?? {} })
    })

/** Returns a query parameter as a number, or `standard` if it is absent. */
export const numberIn = (url: URL, name: string, standard: number): number =>
  Number(url.searchParams.get(name) ?? standard)

/** Returns the page of items after an id, and the id of its last item if more pages follow. */
export const pageAfter = (
  items: ReadonlyArray<Item>,
  id: number,
  ring: boolean
): { readonly page: ReadonlyArray<Item>; readonly last: number | undefined } => {
  const rest = items.filter((item) => item.id > id)
  const page = rest.slice(0, pageSize)
  // The page after 0 is the first one.
  return { page, last: rest.length > pageSize ? page.at(-1)?.id : ring ? 0 : undefined }
}
