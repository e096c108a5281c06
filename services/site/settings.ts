import type { BotSettingName } from "../../schemas/site/BotSetting.js"
import * as Operation from "../../src/Operation.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/settings.js"

export { BotSetting, type BotSettingEncoded, BotSettingName } from "../../schemas/site/BotSetting.js"

/** Returns a setting of the bot. Its data is any JSON. The API neither lists settings nor creates others. */
export const getBotSetting = Operation.make(Authoriser, endpoints.getBotSetting, (setting: BotSettingName) => ({
  setting
}))

/** Replaces the data of a setting, as a whole, by a PUT. */
export const replaceBotSetting = Operation.make(
  Authoriser,
  endpoints.replaceBotSetting,
  (setting: BotSettingName, data: NonNullable<unknown>) => ({ setting, body: { name: setting, data } })
)

/** Replaces the data of a setting, as a whole, by a PATCH. The server does not merge it with the data that is stored. */
export const updateBotSetting = Operation.make(
  Authoriser,
  endpoints.updateBotSetting,
  (setting: BotSettingName, data: NonNullable<unknown>) => ({ setting, body: { data } })
)
