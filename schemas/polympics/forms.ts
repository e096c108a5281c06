import * as Schema from "effect/Schema"
import { Snowflake } from "../../src/Snowflake.js"
import { storedUrl } from "./callbackUrl.js"
import * as Permissions from "./Permissions.js"
import { TeamId } from "./Team.js"
import { notEmpty, Text, textUpTo } from "./Text.js"

const AccountName = textUpTo(255)
const AwardTitle = textUpTo(32)
const ImageUrl = textUpTo(512)
const Discriminator = Schema.String.pipe(
  Schema.filter((text) => /^\d{1,4}$/.test(text) || "must be one to four digits")
)
const Secret = Schema.Redacted(Text)

/** The body of `POST /accounts/new`. */
export const CreateAccount = Schema.Struct({
  id: Snowflake,
  name: AccountName,
  discriminator: Discriminator,
  avatarUrl: Schema.optional(ImageUrl).pipe(Schema.fromKey("avatar_url")),
  team: Schema.optional(TeamId),
  permissions: Schema.optional(Permissions.Storable)
})

/**
 * The value that removes an account from its team, where a team is expected.
 *
 * @example
 * ```ts
 * import * as Polympics from "effect-herald/polympics"
 *
 * const leave = (account: Polympics.Account) => Polympics.updateAccount(account, { team: Polympics.noTeam })
 * ```
 */
export const noTeam = "noTeam"
export type NoTeam = typeof noTeam

/**
 * The body of `PATCH /account/{account}`. The server reads an absent key, null and `""` as "no change", and `team: 0` as
 * "remove from the team".
 */
export const UpdateAccount = Schema.Struct({
  name: Schema.optional(notEmpty(AccountName)),
  discriminator: Schema.optional(Discriminator),
  avatarUrl: Schema.optional(notEmpty(ImageUrl)).pipe(Schema.fromKey("avatar_url")),
  team: Schema.optional(Schema.Union(TeamId, Schema.transformLiteral(0, noTeam))),
  grantPermissions: Schema.optional(Permissions.Storable).pipe(Schema.fromKey("grant_permissions")),
  revokePermissions: Schema.optional(Permissions.Storable).pipe(Schema.fromKey("revoke_permissions")),
  discordToken: Schema.optional(Schema.Redacted(notEmpty(Text))).pipe(Schema.fromKey("discord_token"))
})

/** The body of `POST /teams/new` and `PATCH /team/{team}`. The server accepts an empty name. */
export const TeamForm = Schema.Struct({ name: AccountName })

/** The body of `POST /awards/new`. */
export const CreateAward = Schema.Struct({
  title: AwardTitle,
  imageUrl: Schema.propertySignature(ImageUrl).pipe(Schema.fromKey("image_url")),
  team: TeamId,
  accounts: Schema.Array(Snowflake)
})

/** The body of `PATCH /award/{award}`. */
export const UpdateAward = Schema.Struct({
  title: Schema.optional(notEmpty(AwardTitle)),
  imageUrl: Schema.optional(notEmpty(ImageUrl)).pipe(Schema.fromKey("image_url")),
  team: Schema.optional(TeamId)
})

/**
 * The number of characters that the server can store of a callback's URL or secret. It deletes the registered callback before it
 * stores the new one, and responds with a 500 to a longer text.
 */
const maxCallbackText = 2047

const tooLong = "the server can't store more, and would delete the callback that is registered"

/** A secret that a header can hold. The API sends it as a bearer token with each event. */
const BearerSecret = Schema.String.pipe(
  Schema.filter((text) =>
    /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text)
      ? text.length <= maxCallbackText || `must have at most ${maxCallbackText} characters: ${tooLong}`
      : "must be printable ASCII without spaces around it: it is sent in a header"
  )
)

/** A URL of limited length, in code points of the form that is stored. */
const CallbackUrl = Text.pipe(
  Schema.filter(
    (url) =>
      [...storedUrl(url)].length <= maxCallbackText ||
      `must have at most ${maxCallbackText} characters, an international host counted as punycode: ${tooLong}`
  )
)

/** The body of `PUT /callback/{event}`. The server checks that the URL is an http or https URL. */
export const CallbackForm = Schema.Struct({
  url: CallbackUrl,
  secret: Schema.Redacted(BearerSecret)
})

/** The body of `POST /auth/discord`. */
export const DiscordToken = Schema.Struct({ token: Secret })

/** The body of `POST /auth/create_session`. */
export const SessionForm = Schema.Struct({ account: Snowflake })
