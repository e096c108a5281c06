import * as Schema from "effect/Schema"
import { AccountId } from "./Account.js"
import * as Permissions from "./Permissions.js"
import { TeamId } from "./Team.js"
import { notEmpty, Text, textUpTo } from "./Text.js"

const AccountName = /*#__PURE__*/ textUpTo(255)
const AwardTitle = /*#__PURE__*/ textUpTo(32)
const ImageUrl = /*#__PURE__*/ textUpTo(512)
const Discriminator = /*#__PURE__*/ Schema.String.pipe(
  /*#__PURE__*/ Schema.filter((text) => /^\d{1,4}$/.test(text) || "must be one to four digits")
)
const Secret = /*#__PURE__*/ Schema.Redacted(Text)

/** The body of `POST /accounts/new`. */
export const CreateAccount = /*#__PURE__*/ Schema.Struct({
  id: AccountId,
  name: AccountName,
  discriminator: Discriminator,
  avatarUrl: /*#__PURE__*/ Schema.optional(ImageUrl).pipe(/*#__PURE__*/ Schema.fromKey("avatar_url")),
  team: /*#__PURE__*/ Schema.optional(TeamId),
  permissions: /*#__PURE__*/ Schema.optional(Permissions.Storable)
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
export const UpdateAccount = /*#__PURE__*/ Schema.Struct({
  name: /*#__PURE__*/ Schema.optional(/*#__PURE__*/ notEmpty(AccountName)),
  discriminator: /*#__PURE__*/ Schema.optional(Discriminator),
  avatarUrl: /*#__PURE__*/ Schema.optional(/*#__PURE__*/ notEmpty(ImageUrl)).pipe(
    /*#__PURE__*/ Schema.fromKey("avatar_url")
  ),
  team: /*#__PURE__*/ Schema.optional(
    /*#__PURE__*/ Schema.Union(TeamId, /*#__PURE__*/ Schema.transformLiteral(0, noTeam))
  ),
  grantPermissions: /*#__PURE__*/ Schema.optional(Permissions.Storable).pipe(
    /*#__PURE__*/ Schema.fromKey("grant_permissions")
  ),
  revokePermissions: /*#__PURE__*/ Schema.optional(Permissions.Storable).pipe(
    /*#__PURE__*/ Schema.fromKey("revoke_permissions")
  ),
  discordToken: /*#__PURE__*/ Schema.optional(/*#__PURE__*/ Schema.Redacted(/*#__PURE__*/ notEmpty(Text))).pipe(
    /*#__PURE__*/ Schema.fromKey("discord_token")
  )
})

/** The body of `POST /teams/new` and `PATCH /team/{team}`. The server accepts an empty name. */
export const TeamForm = /*#__PURE__*/ Schema.Struct({ name: AccountName })

/** The body of `POST /awards/new`. */
export const CreateAward = /*#__PURE__*/ Schema.Struct({
  title: AwardTitle,
  imageUrl: /*#__PURE__*/ Schema.propertySignature(ImageUrl).pipe(/*#__PURE__*/ Schema.fromKey("image_url")),
  team: TeamId,
  accounts: /*#__PURE__*/ Schema.Array(AccountId)
})

/** The body of `PATCH /award/{award}`. */
export const UpdateAward = /*#__PURE__*/ Schema.Struct({
  title: /*#__PURE__*/ Schema.optional(/*#__PURE__*/ notEmpty(AwardTitle)),
  imageUrl: /*#__PURE__*/ Schema.optional(/*#__PURE__*/ notEmpty(ImageUrl)).pipe(
    /*#__PURE__*/ Schema.fromKey("image_url")
  ),
  team: /*#__PURE__*/ Schema.optional(TeamId)
})

/** A secret that a header can hold. The API sends it as a bearer token with each event. */
const BearerSecret = /*#__PURE__*/ Schema.String.pipe(
  /*#__PURE__*/ Schema.filter(
    (text) =>
      /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text) ||
      "must be printable ASCII without spaces around it: it is sent in a header"
  )
)

/** The body of `PUT /callback/{event}`. The server checks that the URL is an http or https URL. */
export const CallbackForm = /*#__PURE__*/ Schema.Struct({
  url: Text,
  secret: /*#__PURE__*/ Schema.Redacted(BearerSecret)
})

/** The body of `POST /auth/discord`. */
export const DiscordToken = /*#__PURE__*/ Schema.Struct({ token: Secret })

/** The body of `POST /auth/create_session`. */
export const SessionForm = /*#__PURE__*/ Schema.Struct({ account: AccountId })
