import { type Following, type Param, paramRequest, type Read, type Received, type Strategy } from "./strategy.js"

/** The way to find the end of a list; see `Pagination.PageNumberEnd`. */
export type NumberedEnd<Value> =
  | { readonly totalPages: Read<Value, number | undefined> }
  | { readonly totalItems: Read<Value, number | undefined> }
  | { readonly hasMore: Read<Value, boolean> }
  | "shortPage"
  | "emptyPage"

/** Options of a strategy whose positions are ascending numbers: of pages, or of items. */
export interface NumberedOptions<Value, Item> {
  readonly unit: "page" | "offset"
  readonly param: Param
  /** The parameter of the page size, and its value. */
  readonly sizeParam: { readonly param: Param; readonly value: number } | undefined
  readonly first: number
  readonly size: number | Read<Value, number | undefined> | undefined
  readonly end: NumberedEnd<Value>
  /** True if a page that is not full is no fault. */
  readonly sparse: boolean
  readonly reported: Read<Value, number | undefined> | undefined
  readonly items: Read<Value, ReadonlyArray<Item>>
  readonly identity: Strategy<Value, Item, number>["identity"]
}

/** Returns a count that an API reports. Undefined if it is absent or not a number. */
const countOf = (count: number | undefined): number | undefined =>
  count !== undefined && Number.isFinite(count) && count >= 0 ? count : undefined

const plural = (count: number): string => (count === 0 ? "no items" : count === 1 ? "1 item" : `${count} items`)

/** Returns the position where the list ends, if the page contains a total. */
const endPosition = <Value, Item>(
  { end, first, unit }: NumberedOptions<Value, Item>,
  { response, value }: Received<Value, number>,
  size: number | undefined
): number | undefined => {
  if (typeof end === "string" || "hasMore" in end) return undefined
  const total = countOf("totalPages" in end ? end.totalPages(value, response) : end.totalItems(value, response))
  if (total === undefined) return undefined
  if ("totalPages" in end || unit === "offset") return first + total
  return size === undefined ? undefined : first + Math.ceil(total / size)
}

/** Reports whether a page is the last one, where no total determines the end. */
const isLast = <Value, Item>(
  { end }: NumberedOptions<Value, Item>,
  { items, response, value }: Received<Value, number>,
  size: number | undefined
): boolean => {
  if (typeof end === "object" && "hasMore" in end) return !end.hasMore(value, response)
  if (end === "shortPage" && size !== undefined) return items.length < size
  // Also if the API leaves out a total, as some do for long lists.
  return items.length === 0
}

/** Makes a strategy whose positions are ascending numbers. Pages can be requested concurrently. */
export const numbered = <Value, Item>(options: NumberedOptions<Value, Item>): Strategy<Value, Item, number> => {
  const { end, first, identity, items, param, reported, sizeParam, unit } = options
  const nameOf = (position: number) => (unit === "page" ? `page ${position}` : `the page at offset ${position}`)

  const follow = (page: Received<Value, number>): Following<number> => {
    const { position, response, value } = page
    const count = page.items.length
    const size = countOf(typeof options.size === "function" ? options.size(value, response) : options.size) || undefined
    // A server may ignore the limit, and send more.
    const step = unit === "page" ? 1 : Math.max(size ?? 0, count)
    const next = position + step
    const endsAt = endPosition(options, page, size)
    const after = (steps: number) => {
      const target = next + steps * step
      return endsAt !== undefined && target >= endsAt ? undefined : target
    }
    const received = countOf(reported?.(value, response))
    if (received !== undefined && received !== position) {
      const sentence = `requested ${nameOf(position)}, received ${nameOf(received)}`
      return { next, after, fault: { reason: "WrongPage", sentence } }
    }
    if (endsAt === undefined ? isLast(options, page, size) : next >= endsAt)
      return { next: null, after: () => undefined }
    const isExpected = options.sparse ? step > 0 : count > 0 && (size === undefined || count >= size)
    if (isExpected) return { next, after }
    const instead = size === undefined || count === 0 ? "" : ` instead of ${size}`
    const sentence = `${nameOf(position)} has ${plural(count)}${instead}, and is not the last`
    const fault = { reason: "ShortPage" as const, sentence }
    const isCertain = endsAt !== undefined || (typeof end === "object" && "hasMore" in end)
    return isCertain ? { next, after, fault } : { next, after, faultUnlessLast: fault }
  }

  return {
    start: first,
    items,
    identity,
    params: sizeParam === undefined ? [param] : [param, sizeParam.param],
    request: (position) => {
      const request = paramRequest(param, position)
      if (sizeParam === undefined) return request
      const { body, headers, query } = paramRequest(sizeParam.param, sizeParam.value)
      return {
        ...request,
        query: { ...query, ...request.query },
        headers: { ...headers, ...request.headers },
        body: body === undefined ? request.body : { ...body, ...request.body }
      }
    },
    follow,
    nameOf,
    positionKey: undefined
  }
}
