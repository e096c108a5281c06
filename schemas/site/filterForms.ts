import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { FilterListType } from "./FilterList.js"
import { FilterListId } from "./FilterListId.js"
import { FilterInfractionType } from "./FilterSettings.js"
import { Id } from "./Id.js"
import { NotNull } from "./NotNull.js"
import { DurationSeconds } from "./PlainDuration.js"
import { problem, type Problem } from "./problem.js"
import { blankableTextUpTo, Text, textUpTo } from "./Text.js"

/** A setting of a request: absent or null where the form allows it. */
const leaf = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

const texts = Schema.Array(textUpTo(100))

/** The settings of a request, which are not in groups. */
const settings = (() => ({
  bypassRoles: leaf(texts).pipe(Schema.fromKey("bypass_roles")),
  filterDm: leaf(Schema.Boolean).pipe(Schema.fromKey("filter_dm")),
  enabled: leaf(Schema.Boolean),
  removeContext: leaf(Schema.Boolean).pipe(Schema.fromKey("remove_context")),
  sendAlert: leaf(Schema.Boolean).pipe(Schema.fromKey("send_alert")),
  infractionType: leaf(FilterInfractionType).pipe(Schema.fromKey("infraction_type")),
  infractionReason: leaf(blankableTextUpTo(1000)).pipe(Schema.fromKey("infraction_reason")),
  infractionDuration: leaf(DurationSeconds).pipe(Schema.fromKey("infraction_duration")),
  infractionChannel: leaf(Id).pipe(Schema.fromKey("infraction_channel")),
  dmContent: leaf(blankableTextUpTo(1000)).pipe(Schema.fromKey("dm_content")),
  dmEmbed: leaf(blankableTextUpTo(2000)).pipe(Schema.fromKey("dm_embed")),
  disabledChannels: leaf(texts).pipe(Schema.fromKey("disabled_channels")),
  disabledCategories: leaf(texts).pipe(Schema.fromKey("disabled_categories")),
  enabledChannels: leaf(texts).pipe(Schema.fromKey("enabled_channels")),
  enabledCategories: leaf(texts).pipe(Schema.fromKey("enabled_categories")),
  guildPings: leaf(texts).pipe(Schema.fromKey("guild_pings")),
  dmPings: leaf(texts).pipe(Schema.fromKey("dm_pings"))
}))()

type Settings = Schema.Struct.Type<typeof settings>

/** The problems of values that are in an enabled and a disabled list of one request. */
const commonValues = (settings: Settings): ReadonlyArray<Problem> =>
  (
    [
      ["enabledChannels", "disabledChannels"],
      ["enabledCategories", "disabledCategories"]
    ] as const
  ).flatMap(([enabled, disabled]) => {
    const others = new Set((settings[disabled] ?? []).map((text) => text.trim()))
    const common = (settings[enabled] ?? []).filter((text) => others.has(text.trim()))
    return common.length === 0 ? [] : [problem(enabled, `must not have values that ${disabled} has, too`)]
  })

/** The longest timeout that Discord has, in days. */
const maxTimeout = 28

/** Reports whether a duration is zero as it is sent, in milliseconds. */
const isZero = (duration: Duration.Duration | null | undefined): boolean =>
  duration === undefined || duration === null || Math.round(Duration.toMillis(duration)) === 0

/** The problem of the duration of a timeout. Zero is for ever, which a timeout can't be. */
const timeoutProblems = (duration: Duration.Duration): ReadonlyArray<Problem> =>
  isZero(duration) || Duration.greaterThan(duration, Duration.days(maxTimeout))
    ? [problem("infractionDuration", `must be more than zero and at most ${maxTimeout} days for a TIMEOUT`)]
    : []

/** The fields of a filter list that can be absent when it is created or replaced. */
const optionalOfList: ReadonlyArray<string> = ["infractionReason", "dmContent", "dmEmbed"]

const listFields = (() => ({
  name: Schema.optional(textUpTo(50)),
  listType: Schema.optional(FilterListType).pipe(Schema.fromKey("list_type")),
  ...settings
}))()

type ListFields = Schema.Struct.Type<typeof listFields>

/** The rules of the settings of a list. They apply to the fields of one request, not to those that are stored. */
const listProblems = (form: ListFields): ReadonlyArray<Problem> => {
  const { infractionDuration, infractionReason, infractionType } = form
  const nulls = Object.entries(form).flatMap(([name, value]) =>
    value === null ? [problem(name, "must not be null: a list has nothing to inherit from")] : []
  )
  const typeProblems =
    infractionType === undefined && (!isZero(infractionDuration) || (infractionReason ?? "").trim() !== "")
      ? [problem("infractionType", "must be given with infractionDuration or infractionReason")]
      : []
  return [
    ...nulls,
    ...typeProblems,
    ...(infractionType === "TIMEOUT" ? timeoutProblems(infractionDuration ?? Duration.zero) : []),
    ...commonValues(form)
  ]
}

/** The body of `PATCH bot/filter/filter_lists/{id}`. */
export const UpdateFilterList = Schema.Struct(listFields).pipe(Schema.filter(listProblems))

/** The body of `POST bot/filter/filter_lists` and `PUT bot/filter/filter_lists/{id}`. */
export const FilterListForm = Schema.Struct(listFields).pipe(
  Schema.filter((form) => [
    // The keys of this object are those of its type.
    ...Object.keys(listFields).flatMap((name) =>
      form[name as keyof ListFields] === undefined && !optionalOfList.includes(name)
        ? [problem(name, "is missing")]
        : []
    ),
    ...listProblems(form)
  ])
)

/** The rules of the settings of a filter. What is null or absent is inherited from its list, which only the server knows. */
const filterProblems = (form: Settings): ReadonlyArray<Problem> => {
  const { infractionDuration, infractionReason, infractionType } = form
  return [
    ...(infractionType === "NONE" && (!isZero(infractionDuration) || (infractionReason ?? "").trim() !== "")
      ? [problem("infractionType", "must not be NONE with infractionDuration or infractionReason")]
      : []),
    ...(infractionType === "TIMEOUT" && infractionDuration ? timeoutProblems(infractionDuration) : []),
    ...commonValues(form)
  ]
}

const filterFields = (() => ({
  filterList: Schema.propertySignature(FilterListId).pipe(Schema.fromKey("filter_list")),
  description: Schema.optional(Schema.NullOr(Text)),
  additionalSettings: Schema.optional(NotNull).pipe(Schema.fromKey("additional_settings")),
  ...settings
}))()

/** The body of `POST bot/filter/filters` and `PUT bot/filter/filters/{id}`. */
export const FilterForm = Schema.Struct({ content: Text, ...filterFields }).pipe(Schema.filter(filterProblems))

/** The body of `PATCH bot/filter/filters/{id}`. Without `filter_list` the server responds with a 500. */
export const UpdateFilter = Schema.Struct({ content: Schema.optional(Text), ...filterFields }).pipe(
  Schema.filter(filterProblems)
)
