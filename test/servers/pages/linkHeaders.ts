import { numberIn, pageSize, serve } from "./pageServer.js"

/** `Link` headers (RFC 8288) with absolute URLs, in several fields. Pages have numbers from 1. */
export const make = serve(({ url }, items, ring) => {
  const page = numberIn(url, "page", 1)
  const pages = Math.ceil(items.length / pageSize)
  const linkTo = (number: number, rel: string) => {
    const target = new URL(url)
    target.searchParams.set("page", String(number))
    return `<${target.href}>; rel="${rel}"`
  }
  const next = page < pages ? page + 1 : ring ? 1 : undefined
  return {
    headers: {
      link: [`<https://docs.example/paging>; rel=help; crossorigin, ${linkTo(pages, "last")}`].concat(
        next === undefined ? [] : linkTo(next, "next")
      )
    },
    body: items.slice((page - 1) * pageSize, page * pageSize)
  }
})
