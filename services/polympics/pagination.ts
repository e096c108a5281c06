import type { Page } from "../../schemas/polympics/Page.js"

/** The options of the API's lists: page numbers start at 0, and each page has the totals. A function, so that bundlers can drop it. */
export const pagination = <A extends { readonly id: unknown }>() => ({
  first: 0,
  items: (page: Page<A>) => page.data,
  identity: (item: A) => item.id,
  pageSize: (page: Page<A>) => page.perPage,
  end: { totalPages: (page: Page<A>) => page.pages },
  reportedPage: (page: Page<A>) => page.page
})
