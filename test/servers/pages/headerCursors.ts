import { pageAfter, serve } from "./pageServer.js"

/** The cursor of the next page is in a header of the response, and is sent in a header of the request. */
export const make = serve(({ headers }, items, ring) => {
  const { last, page } = pageAfter(items, Number(headers["x-cursor"] ?? 0), ring)
  return { ...(last === undefined ? {} : { headers: { "x-next-cursor": String(last) } }), body: page }
})
