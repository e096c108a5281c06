import { numberIn, pageSize, serve } from "./pageServer.js"

/** Pages with numbers from 0. Each has its number, its size, and the number of pages. */
export const make = serve(({ url }, items, ring) => {
  const page = numberIn(url, "page", 0)
  const data = ring
    ? items.slice((page * pageSize) % items.length, ((page * pageSize) % items.length) + pageSize)
    : items.slice(page * pageSize, (page + 1) * pageSize)
  return { body: { page, perPage: pageSize, pages: ring ? 1000 : Math.ceil(items.length / pageSize), data } }
})
