import type { Filter, FilterId } from "../../schemas/site/Filter.js"
import type { FilterListId } from "../../schemas/site/FilterListId.js"
import type { FilterSettings } from "../../schemas/site/FilterSettings.js"
import * as Operation from "../../src/Operation.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/filters.js"
import type { FilterListReference } from "./filterLists.js"
import { idOf, recordOf } from "../references.js"

export { Filter, type FilterEncoded, FilterId } from "../../schemas/site/Filter.js"

/** A filter, or its id. */
export type FilterReference = Filter | FilterId

/** Settings of a filter. Those that are absent stay as they are, or are inherited by a new filter; a null is inherited from the list. */
export type FilterSettingsChanges = { readonly [Name in keyof FilterSettings]?: FilterSettings[Name] | undefined }

/** A filter to create. */
export interface NewFilter {
  readonly filterList: FilterListReference
  /** The text, expression or link that it filters. Not blank. */
  readonly content: string
  /** The reason why it exists. Not blank. */
  readonly description?: string | null | undefined
  /** Settings of its kind: any JSON but null. Default: `{}`. */
  readonly additionalSettings?: NonNullable<unknown> | undefined
  /** Default: all are inherited. Those of another filter can be given as they were returned. */
  readonly settings?: FilterSettingsChanges | undefined
}

/** Changes of a filter. What is absent stays as it is. */
export interface FilterChanges {
  /** Another list, into which the filter is moved. */
  readonly filterList?: FilterListReference | undefined
  readonly content?: string | undefined
  readonly description?: string | null | undefined
  /** Replaces all of them. */
  readonly additionalSettings?: NonNullable<unknown> | undefined
  readonly settings?: FilterSettingsChanges | undefined
}

/** Returns all filters, of all lists. */
export const getFilters = Operation.make(Authoriser, endpoints.getFilters)

/**
 * Creates a filter. Fails with `AlreadyExists` if its list has one of the same content and settings, and with `UnknownReference` if there is no
 * such list.
 */
export const createFilter = Operation.make(
  Authoriser,
  endpoints.createFilter,
  ({ filterList, settings = {}, ...rest }: NewFilter) => ({
    body: { ...rest, ...recordOf(settings), filterList: idOf(filterList) }
  })
)

/** Returns a filter. Fails with `NotFound` if it does not exist. */
export const getFilter = Operation.make(Authoriser, endpoints.getFilter, (filter: FilterReference) => ({
  filter: idOf(filter)
}))

/** Replaces a filter. Fails with `UnknownReference` if there is no such list. */
export const replaceFilter = Operation.make(
  Authoriser,
  endpoints.replaceFilter,
  (filter: FilterReference, { filterList, settings = {}, ...rest }: NewFilter) => ({
    filter: idOf(filter),
    body: { ...rest, ...recordOf(settings), filterList: idOf(filterList) }
  })
)

/**
 * Changes a filter. Fails with `UnknownReference` if there is no such list. It takes the filter, or its id and that of its list, since the server checks the settings together with those of the
 * list: it responds with a 500 to changes without the list, so that this is always sent. It also does so to changes by which the filter
 * would have the content and settings of another one of its list.
 *
 * @example
 * ```ts
 * import * as Site from "effect-herald/site"
 *
 * const inherit = (filter: Site.Filter) => Site.updateFilter(filter, { settings: { infractionType: null } })
 * ```
 */
export const updateFilter = Operation.make(
  Authoriser,
  endpoints.updateFilter,
  (filter: { readonly id: FilterId; readonly filterList: FilterListId }, changes: FilterChanges) => {
    const { filterList = filter.filterList, settings = {}, ...rest } = recordOf(changes)
    return { filter: filter.id, body: { ...rest, ...recordOf(settings), filterList: idOf(filterList) } }
  }
)

/** Deletes a filter. */
export const deleteFilter = Operation.make(Authoriser, endpoints.deleteFilter, (filter: FilterReference) => ({
  filter: idOf(filter)
}))
