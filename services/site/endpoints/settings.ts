import * as Schema from "effect/Schema"
import { BotSetting, BotSettingName } from "../../../schemas/site/BotSetting.js"
import { NotNull } from "../../../schemas/site/NotNull.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { withNotFound } from "./errors.js"

export const getBotSetting = () =>
  Endpoint.get("/bot/bot-settings/{setting}", {
    name: "getBotSetting",
    path: { setting: BotSettingName },
    success: { 200: BotSetting },
    errors: withNotFound()
  })

export const replaceBotSetting = () =>
  Endpoint.put("/bot/bot-settings/{setting}", {
    name: "replaceBotSetting",
    path: { setting: BotSettingName },
    body: Schema.Struct({ name: BotSettingName, data: NotNull }),
    success: { 200: BotSetting },
    errors: withNotFound()
  })

/** The body has no name: another one would change that of the setting, or make a second one. */
export const updateBotSetting = () =>
  Endpoint.patch("/bot/bot-settings/{setting}", {
    name: "updateBotSetting",
    path: { setting: BotSettingName },
    body: Schema.Struct({ data: NotNull }),
    success: { 200: BotSetting },
    errors: withNotFound(),
    idempotent: true
  })
