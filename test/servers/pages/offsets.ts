import { numberIn, serve } from "./pageServer.js"

/** Offset and limit. `has_more` of a page reports whether more pages follow. */
export const make = serve(({ url }, items, ring) => {
  const offset = numberIn(url, "offset", 0)
  const limit = numberIn(url, "limit", 3)
  const start = ring ? offset % items.length : offset
  const entries = items.slice(start, start + limit)
  return { body: { entries, offset, has_more: ring || offset + limit < items.length } }
})
