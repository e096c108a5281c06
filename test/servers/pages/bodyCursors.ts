import { pageAfter, serve } from "./pageServer.js"

/** A search by POST. The cursor of the next page is in the body of the response, and is sent in the body of the request. */
export const make = serve(({ body }, items, ring) => {
  const { after = 0 } = JSON.parse(body === "" ? "{}" : body) as { readonly after?: number }
  const { last, page } = pageAfter(items, after, ring)
  return { body: { hits: page, ...(last === undefined ? {} : { after: last }) } }
})
