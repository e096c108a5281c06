import { numberIn, pageAfter, serve } from "./pageServer.js"

/** Each page has the URL of the next one in its body, relative to its own. */
export const make = serve(({ url }, items, ring) => {
  const { last, page } = pageAfter(items, numberIn(url, "after", 0), ring)
  return { body: { results: page, next: last === undefined ? null : `?after=${last}#results` } }
})
