import { describe, expectTypeOf, it } from "vitest"
import type * as Duration from "effect/Duration"
import type { Snowflake } from "effect-herald"
import * as Site from "effect-herald/site"

declare const list: Site.FilterList
declare const filter: Site.Filter
declare const duration: Duration.Duration

describe("a filter list", () => {
  it("is named by itself or its id", () => {
    Site.getFilterList(list)
    Site.getFilterList(list.id)
    // @ts-expect-error a number is not the id of a list
    Site.getFilterList(1)
    // @ts-expect-error a filter is not a list
    Site.getFilterList(filter.id)
  })

  it("can be sent as it was returned", () => {
    Site.createFilterList(list)
    Site.replaceFilterList(list, { ...list, name: "other" })
    Site.updateFilterList(list, list)
    Site.createFilter({ filterList: list, content: "x", settings: list.settings })
  })

  it("has settings that are flat and not null, of which three may be left out", () => {
    expectTypeOf(list.settings.infractionDuration).toEqualTypeOf<Duration.Duration>()
    expectTypeOf(list.settings.infractionChannel).toEqualTypeOf<Snowflake.Snowflake>()
    const { dmContent: _, dmEmbed: __, infractionReason: ___, ...required } = list.settings
    Site.createFilterList({ name: "x", listType: "deny", settings: required })
    const { enabled: ____, ...incomplete } = list.settings
    // @ts-expect-error the others are required
    Site.createFilterList({ name: "x", listType: "deny", settings: incomplete })
    // @ts-expect-error there is no such type
    Site.createFilterList({ name: "x", listType: 0, settings: required })
    // @ts-expect-error a list has nothing to inherit from
    Site.updateFilterList(list, { settings: { enabled: null } })
    // @ts-expect-error the settings of a filter can be null
    Site.updateFilterList(list, { settings: filter.settings })
    // @ts-expect-error a duration is not a number
    Site.updateFilterList(list, { settings: { infractionType: "BAN", infractionDuration: 60 } })
    // @ts-expect-error the id can't be changed
    Site.updateFilterList(list, { id: list.id })
  })
})

describe("a filter", () => {
  it("is changed together with its list", () => {
    Site.updateFilter(filter, { content: "x" })
    Site.updateFilter({ id: filter.id, filterList: list.id }, { settings: { infractionType: null } })
    // @ts-expect-error the server fails without the list
    Site.updateFilter(filter.id, { content: "x" })
    // @ts-expect-error the server fails without the list
    Site.updateFilter({ id: filter.id }, { content: "x" })
  })

  it("has settings of which each can be null", () => {
    expectTypeOf(filter.settings.infractionDuration).toEqualTypeOf<Duration.Duration | null>()
    Site.createFilter({ filterList: list.id, content: "x", settings: filter.settings })
    Site.createFilter({ filterList: list, content: "x", settings: { infractionDuration: duration } })
  })

  it("has a list, a content, and additional settings that are not null", () => {
    // @ts-expect-error a filter is in a list
    Site.createFilter({ content: "x" })
    // @ts-expect-error a filter has a content
    Site.replaceFilter(filter, { filterList: list })
    // @ts-expect-error the server refuses null
    Site.createFilter({ filterList: list, content: "x", additionalSettings: null })
    // @ts-expect-error the server refuses null
    Site.updateFilter(filter, { additionalSettings: null })
  })
})
