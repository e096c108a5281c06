import * as Schema from "effect/Schema"

/** The names of the bot's settings. The API creates no others. */
export const BotSettingName = Schema.Literal("defcon", "news")
export type BotSettingName = typeof BotSettingName.Type

const botSetting = Schema.Struct({ name: BotSettingName, data: Schema.Unknown }).annotations({
  identifier: "BotSetting"
})
/** A setting of the bot. Its data is any JSON. */
export interface BotSetting extends Schema.Schema.Type<typeof botSetting> {}
/** A `BotSetting` on the wire. */
export interface BotSettingEncoded extends Schema.Schema.Encoded<typeof botSetting> {}
export const BotSetting: Schema.Schema<BotSetting, BotSettingEncoded> = botSetting
