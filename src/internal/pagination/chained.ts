import * as Json from "../http/json.js"
import { resolveReference } from "../http/reference.js"
import {
  firstRequest,
  type ItemOptions,
  type Param,
  paramRequest,
  type Read,
  type Strategy,
  urlRequest
} from "./strategy.js"

/** The positions after the next one, which only the next page determines. */
const unknownPosition = () => undefined

/** Names a page by its index, since cursors and URLs are texts of the server. */
const nameOf = (_: unknown, index: number): string => `page number ${index} of those received, from 0,`

/** Makes a strategy for pages that contain a cursor for the next one. */
export const byCursor = <Value, Item, C>(
  {
    first,
    identity,
    items,
    next: read
  }: ItemOptions<Value, Item> & {
    readonly first?: C | undefined
    readonly next: Read<Value, C | null | undefined>
  },
  param: Param
): Strategy<Value, Item, C | undefined> => ({
  start: first,
  items,
  identity,
  params: [param],
  request: (position) => (position === undefined ? firstRequest : paramRequest(param, position)),
  follow: ({ response, value }) => {
    const next = read(value, response)
    return {
      // Undefined is excluded, which TypeScript does not infer for a type parameter.
      next: next === undefined || next === "" ? null : (next as Exclude<C, undefined> | null),
      after: unknownPosition
    }
  },
  nameOf,
  positionKey: (position) => Json.stringify(position)
})

/** Makes a strategy for pages that contain the URL of the next one. */
export const byUrl = <Value, Item>({
  identity,
  items,
  next: read
}: ItemOptions<Value, Item> & { readonly next: Read<Value, string | URL | null | undefined> }): Strategy<
  Value,
  Item,
  string | undefined
> => ({
  start: undefined,
  items,
  identity,
  params: [],
  request: (position) => (position === undefined ? firstRequest : urlRequest(position)),
  follow: ({ response, value }) => {
    const next = read(value, response)
    return {
      next: next === undefined || next === null || next === "" ? null : resolveReference(next, response.url),
      after: unknownPosition
    }
  },
  nameOf,
  positionKey: (position) => position
})
