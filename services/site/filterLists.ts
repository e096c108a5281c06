import type { FilterList, FilterListType } from "../../schemas/site/FilterList.js"
import type { FilterListId } from "../../schemas/site/FilterListId.js"
import type { FilterListSettings } from "../../schemas/site/FilterSettings.js"
import * as Operation from "../../src/Operation.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/filterLists.js"
import { idOf, recordOf } from "../references.js"

export { FilterList, type FilterListEncoded, FilterListType } from "../../schemas/site/FilterList.js"
export { FilterListId } from "../../schemas/site/FilterListId.js"
export {
  FilterInfractionType,
  FilterListSettings,
  type FilterListSettingsEncoded,
  FilterSettings,
  type FilterSettingsEncoded
} from "../../schemas/site/FilterSettings.js"

/** A filter list, or its id. */
export type FilterListReference = FilterList | FilterListId

/** The settings of a filter list that can be left out when it is created or replaced. */
type OptionalSetting = "infractionReason" | "dmContent" | "dmEmbed"

/** A filter list to create. Name and type are unique together. */
export interface NewFilterList {
  /** At most 50 characters. */
  readonly name: string
  readonly listType: FilterListType
  /**
   * The settings. Those of another list can be given as they were returned. Texts have at most 1,000 characters (`dmEmbed` 2,000), and the
   * items of lists 100. A `TIMEOUT` has a duration of more than zero and at most 28 days. No value is both enabled and disabled.
   */
  readonly settings: Omit<FilterListSettings, OptionalSetting> & Partial<Pick<FilterListSettings, OptionalSetting>>
}

/** Changes of a filter list. What is absent stays as it is. */
export interface FilterListChanges {
  readonly name?: string | undefined
  readonly listType?: FilterListType | undefined
  /**
   * Any settings. The server checks those of one request, and not those that are stored: `infractionDuration` and `infractionReason` need
   * `infractionType` beside them, and a `TIMEOUT` its duration.
   */
  readonly settings?: { readonly [Name in keyof FilterListSettings]?: FilterListSettings[Name] | undefined } | undefined
}

/** Returns all filter lists, each with its filters. */
export const getFilterLists = Operation.make(Authoriser, endpoints.getFilterLists)

/** Creates a filter list. Fails with `AlreadyExists` if there is one of the same name and type. */
export const createFilterList = Operation.make(
  Authoriser,
  endpoints.createFilterList,
  ({ settings, ...rest }: NewFilterList) => ({ body: { ...rest, ...settings } })
)

/** Returns a filter list with its filters. Fails with `NotFound` if it does not exist. */
export const getFilterList = Operation.make(Authoriser, endpoints.getFilterList, (list: FilterListReference) => ({
  list: idOf(list)
}))

/** Replaces name, type and settings of a filter list. Its filters stay. Fails with `AlreadyExists` if there is another one of the same name and type. */
export const replaceFilterList = Operation.make(
  Authoriser,
  endpoints.replaceFilterList,
  (list: FilterListReference, { settings, ...rest }: NewFilterList) => ({
    list: idOf(list),
    body: { ...rest, ...settings }
  })
)

/**
 * Changes a filter list. Fails with `AlreadyExists` if there is another one of the new name and type.
 *
 * @example
 * ```ts
 * import * as Site from "effect-herald/site"
 *
 * const mute = (list: Site.FilterList) => Site.updateFilterList(list, { settings: { sendAlert: false } })
 * ```
 */
export const updateFilterList = Operation.make(
  Authoriser,
  endpoints.updateFilterList,
  (list: FilterListReference, changes: FilterListChanges) => {
    const { settings = {}, ...rest } = recordOf(changes)
    return { list: idOf(list), body: { ...rest, ...recordOf(settings) } }
  }
)

/** Deletes a filter list and its filters. */
export const deleteFilterList = Operation.make(Authoriser, endpoints.deleteFilterList, (list: FilterListReference) => ({
  list: idOf(list)
}))
