import type { Page } from "../../schemas/polympics/Page.js"

/** The pagination of the API: page numbers from 0, and totals in each page. A function, so that bundlers can drop it. */
export const pagination = <A extends { readonly id: unknown }>() => ({
  first: 0,
  items: (page: Page<A>) => page.data,
  identity: (item: A) => item.id,
  pageSize: (page: Page<A>) => page.perPage,
  end: { totalPages: (page: Page<A>) => page.pages },
  reportedPage: (page: Page<A>) => page.page
})
