import { numberIn, serve } from "./pageServer.js"

/** Pages with numbers from 1, as arrays. The number of items is in the header `X-Total-Count`. */
export const make = serve(({ url }, items, ring) => {
  const size = numberIn(url, "per_page", 3)
  const start = (numberIn(url, "page", 1) - 1) * size
  const offset = ring ? start % items.length : start
  return {
    headers: { "x-total-count": String(ring ? 1000 : items.length) },
    body: items.slice(offset, offset + size)
  }
})
