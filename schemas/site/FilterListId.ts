import * as Schema from "effect/Schema"

/** The id of a filter list. */
export const FilterListId = Schema.Int.pipe(Schema.positive(), Schema.brand("site/FilterListId"))
export type FilterListId = typeof FilterListId.Type
