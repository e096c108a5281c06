import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Account } from "../../../schemas/polympics/Account.js"
import { Award } from "../../../schemas/polympics/Award.js"
import { AwardDetails } from "../../../schemas/polympics/AwardDetails.js"
import { AccountTeamUpdate, Callback, CallbackEvent, CallbackId } from "../../../schemas/polympics/Callback.js"
import { AppCredentials, AppDetails, Credentials, Session } from "../../../schemas/polympics/Credentials.js"
import * as forms from "../../../schemas/polympics/forms.js"
import { Page } from "../../../schemas/polympics/Page.js"
import * as Permissions from "../../../schemas/polympics/Permissions.js"
import * as errors from "../../../schemas/polympics/errors.js"
import { AccountSearch, TeamSearch } from "../../../schemas/polympics/search.js"
import { Team } from "../../../schemas/polympics/Team.js"
import * as Json from "../../../src/internal/http/json.js"

const schemas: Readonly<Record<string, Schema.Schema<any, any>>> = {
  Account,
  AccountSearch,
  AccountTeamUpdate,
  AppCredentials,
  AppDetails,
  Award,
  AwardDetails,
  Callback,
  CallbackEvent,
  CallbackId,
  Credentials,
  "Page of accounts": Page(Account),
  "Page of teams": Page(Team),
  Permissions: Permissions.schema,
  StorablePermissions: Permissions.Storable,
  Session,
  Team,
  TeamSearch,
  CreateAccount: forms.CreateAccount,
  UpdateAccount: forms.UpdateAccount,
  TeamForm: forms.TeamForm,
  CreateAward: forms.CreateAward,
  UpdateAward: forms.UpdateAward,
  CallbackForm: forms.CallbackForm,
  DiscordToken: forms.DiscordToken,
  SessionForm: forms.SessionForm,
  InvalidContent: errors.InvalidContent,
  NoCallback: errors.NoCallback
}

/** A value without its undefined fields, which are absent on the wire. */
const withoutUndefined = (value: unknown): unknown =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
    ? Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined))
    : value

describe.each(Object.entries(schemas))("%s", (_, schema) => {
  const same = Schema.equivalence(schema)
  const decode = Schema.decodeUnknownSync(schema)
  const encode = Schema.encodeSync(schema)

  it.prop(
    "decodes the values that it encodes",
    [schema],
    ([value]) => {
      const text = Json.stringify(encode(value))
      const back = decode(Json.parse(text))
      expect([text, same(withoutUndefined(back), withoutUndefined(value))]).toEqual([text, true])
    },
    60_000
  )
})
