import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { FromInteger, type Snowflake } from "../../src/Snowflake.js"
import { DurationText } from "./PlainDuration.js"

/** The infractions that a filter can give. */
export const FilterInfractionType = Schema.Literal(
  "NONE",
  "NOTE",
  "WARNING",
  "WATCH",
  "TIMEOUT",
  "KICK",
  "BAN",
  "SUPERSTAR",
  "VOICE_BAN",
  "VOICE_MUTE"
)
export type FilterInfractionType = typeof FilterInfractionType.Type

/**
 * The settings of a filter list. The API returns them in groups, and takes them without; here they are a flat record in both directions, so
 * that the settings of a list can be sent as they were returned.
 */
export interface FilterListSettings {
  /** The roles and users, by name or id, whose messages are not filtered. */
  readonly bypassRoles: ReadonlyArray<string>
  /** Whether direct messages are filtered. */
  readonly filterDm: boolean
  readonly enabled: boolean
  /** Whether the message that triggers a filter is removed. */
  readonly removeContext: boolean
  readonly sendAlert: boolean
  readonly infractionType: FilterInfractionType
  readonly infractionReason: string
  /** Zero is for ever. */
  readonly infractionDuration: Duration.Duration
  /** The channel in which the infraction is given. */
  readonly infractionChannel: Snowflake
  /** The text of the direct message to the author. */
  readonly dmContent: string
  readonly dmEmbed: string
  /** Channels without the filters, by name or id. */
  readonly disabledChannels: ReadonlyArray<string>
  readonly disabledCategories: ReadonlyArray<string>
  /** Channels with the filters, though their category is disabled. */
  readonly enabledChannels: ReadonlyArray<string>
  /** If there are any, the only categories with the filters. */
  readonly enabledCategories: ReadonlyArray<string>
  /** Whom an alert about a message in the guild mentions. */
  readonly guildPings: ReadonlyArray<string>
  /** Whom an alert about a direct message mentions. */
  readonly dmPings: ReadonlyArray<string>
}

/** The settings of one filter. A null is inherited from its list. */
export type FilterSettings = { readonly [Name in keyof FilterListSettings]: FilterListSettings[Name] | null }

const texts = Schema.Array(Schema.String)

/** The groups of settings in a response. `or` is null for settings that can be inherited. */
const groupsOf = <N>(or: ReadonlyArray<Schema.Schema<N>>) => ({
  base: {
    bypassRoles: Schema.propertySignature(Schema.Union(texts, ...or)).pipe(Schema.fromKey("bypass_roles")),
    filterDm: Schema.propertySignature(Schema.Union(Schema.Boolean, ...or)).pipe(Schema.fromKey("filter_dm")),
    enabled: Schema.Union(Schema.Boolean, ...or),
    removeContext: Schema.propertySignature(Schema.Union(Schema.Boolean, ...or)).pipe(Schema.fromKey("remove_context")),
    sendAlert: Schema.propertySignature(Schema.Union(Schema.Boolean, ...or)).pipe(Schema.fromKey("send_alert"))
  },
  infraction: {
    infractionType: Schema.propertySignature(Schema.Union(FilterInfractionType, ...or)).pipe(
      Schema.fromKey("infraction_type")
    ),
    infractionReason: Schema.propertySignature(Schema.Union(Schema.String, ...or)).pipe(
      Schema.fromKey("infraction_reason")
    ),
    infractionDuration: Schema.propertySignature(Schema.Union(DurationText, ...or)).pipe(
      Schema.fromKey("infraction_duration")
    ),
    infractionChannel: Schema.propertySignature(Schema.Union(FromInteger, ...or)).pipe(
      Schema.fromKey("infraction_channel")
    ),
    dmContent: Schema.propertySignature(Schema.Union(Schema.String, ...or)).pipe(Schema.fromKey("dm_content")),
    dmEmbed: Schema.propertySignature(Schema.Union(Schema.String, ...or)).pipe(Schema.fromKey("dm_embed"))
  },
  channels: {
    disabledChannels: Schema.propertySignature(Schema.Union(texts, ...or)).pipe(Schema.fromKey("disabled_channels")),
    disabledCategories: Schema.propertySignature(Schema.Union(texts, ...or)).pipe(
      Schema.fromKey("disabled_categories")
    ),
    enabledChannels: Schema.propertySignature(Schema.Union(texts, ...or)).pipe(Schema.fromKey("enabled_channels")),
    enabledCategories: Schema.propertySignature(Schema.Union(texts, ...or)).pipe(Schema.fromKey("enabled_categories"))
  },
  mentions: {
    guildPings: Schema.propertySignature(Schema.Union(texts, ...or)).pipe(Schema.fromKey("guild_pings")),
    dmPings: Schema.propertySignature(Schema.Union(texts, ...or)).pipe(Schema.fromKey("dm_pings"))
  }
})

/** Makes the schema of settings in a response. */
const settingsOf = <N>(or: ReadonlyArray<Schema.Schema<N>>) => {
  const { base, channels, infraction, mentions } = groupsOf(or)
  return Schema.transform(
    Schema.Struct({
      ...base,
      infraction: Schema.propertySignature(Schema.Struct(infraction)).pipe(
        Schema.fromKey("infraction_and_notification")
      ),
      channels: Schema.propertySignature(Schema.Struct(channels)).pipe(Schema.fromKey("channel_scope")),
      mentions: Schema.Struct(mentions)
    }),
    Schema.typeSchema(Schema.Struct({ ...base, ...infraction, ...channels, ...mentions })),
    {
      strict: true,
      decode: ({ channels, infraction, mentions, ...rest }) => ({ ...rest, ...infraction, ...channels, ...mentions }),
      encode: (settings) => ({ ...settings, infraction: settings, channels: settings, mentions: settings })
    }
  )
}

const filterListSettings = settingsOf<never>([])
/** The settings of a list on the wire, in groups. */
export interface FilterListSettingsEncoded extends Schema.Schema.Encoded<typeof filterListSettings> {}
export const FilterListSettings: Schema.Schema<FilterListSettings, FilterListSettingsEncoded> = filterListSettings

const filterSettings = settingsOf([Schema.Null])
/** The settings of a filter on the wire, in groups. */
export interface FilterSettingsEncoded extends Schema.Schema.Encoded<typeof filterSettings> {}
export const FilterSettings: Schema.Schema<FilterSettings, FilterSettingsEncoded> = filterSettings
