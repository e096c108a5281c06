import * as Schema from "effect/Schema"
import { Filter } from "./Filter.js"
import { FilterListId } from "./FilterListId.js"
import { FilterListSettings } from "./FilterSettings.js"
import { Timestamp } from "./Timestamp.js"

/** Whether what a list has is denied or allowed. On the wire, 0 is deny and 1 is allow. */
export const FilterListType = Schema.transformLiterals([0, "deny"], [1, "allow"])
export type FilterListType = typeof FilterListType.Type

const filterList = Schema.Struct({
  id: FilterListId,
  createdAt: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("created_at")),
  updatedAt: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("updated_at")),
  name: Schema.String,
  listType: Schema.propertySignature(FilterListType).pipe(Schema.fromKey("list_type")),
  filters: Schema.Array(Filter),
  settings: FilterListSettings
}).annotations({ identifier: "FilterList" })
/** A list of filters, and the settings of those that have none of their own. */
export interface FilterList extends Schema.Schema.Type<typeof filterList> {}
/** A `FilterList` on the wire. */
export interface FilterListEncoded extends Schema.Schema.Encoded<typeof filterList> {}
export const FilterList: Schema.Schema<FilterList, FilterListEncoded> = filterList
