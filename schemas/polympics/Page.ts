import * as Schema from "effect/Schema"

/**
 * One page of a list.
 *
 * - `page`: the number of the page, from 0
 * - `perPage`: the number of items of a full page
 * - `pages`, `results`: the total numbers of pages and items; both are 0 if nothing was found
 * - `data`: the items
 */
export interface Page<A> {
  readonly page: number
  readonly perPage: number
  readonly pages: number
  readonly results: number
  readonly data: ReadonlyArray<A>
}

/** A `Page` on the wire. */
export interface PageEncoded<I> {
  readonly page: number
  readonly per_page: number
  readonly pages: number
  readonly results: number
  readonly data: ReadonlyArray<I>
}

export const Page = <A, I, R>(item: Schema.Schema<A, I, R>): Schema.Schema<Page<A>, PageEncoded<I>, R> =>
  Schema.Struct({
    page: Schema.NonNegativeInt,
    perPage: Schema.propertySignature(Schema.NonNegativeInt).pipe(Schema.fromKey("per_page")),
    pages: Schema.NonNegativeInt,
    results: Schema.NonNegativeInt,
    data: Schema.Array(item)
  })
