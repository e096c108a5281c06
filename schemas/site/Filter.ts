import * as Schema from "effect/Schema"
import { FilterListId } from "./FilterListId.js"
import { FilterSettings } from "./FilterSettings.js"
import { Timestamp } from "./Timestamp.js"

/** The id of a filter. */
export const FilterId = Schema.Int.pipe(Schema.positive(), Schema.brand("site/FilterId"))
export type FilterId = typeof FilterId.Type

const filter = Schema.Struct({
  id: FilterId,
  createdAt: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("created_at")),
  updatedAt: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("updated_at")),
  content: Schema.String,
  description: Schema.NullOr(Schema.String),
  additionalSettings: Schema.propertySignature(Schema.Unknown).pipe(Schema.fromKey("additional_settings")),
  filterList: Schema.propertySignature(FilterListId).pipe(Schema.fromKey("filter_list")),
  settings: FilterSettings
}).annotations({ identifier: "Filter" })
/** One filter of a list. A setting that is null is that of the list. */
export interface Filter extends Schema.Schema.Type<typeof filter> {}
/** A `Filter` on the wire. */
export interface FilterEncoded extends Schema.Schema.Encoded<typeof filter> {}
export const Filter: Schema.Schema<Filter, FilterEncoded> = filter
