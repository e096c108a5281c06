import * as Schema from "effect/Schema"
import * as Snowflake from "../../src/Snowflake.js"
import { Timestamp } from "./Timestamp.js"

/** The fields of a user, which a `UserWithAlts` has, too. */
const fields = (() => ({
  id: Snowflake.FromInteger,
  name: Schema.String,
  displayName: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("display_name")),
  discriminator: Schema.Int,
  roles: Schema.Array(Snowflake.FromInteger),
  inGuild: Schema.propertySignature(Schema.Boolean).pipe(Schema.fromKey("in_guild"))
}))()

const user = Schema.Struct(fields).annotations({ identifier: "User" })
/**
 * A user of Discord whom the site knows.
 *
 * - `displayName`: may be empty
 * - `discriminator`: from 0 to 9999
 * - `roles`: the ids of the user's roles
 * - `inGuild`: true if the user is a member of the guild
 */
export interface User extends Schema.Schema.Type<typeof user> {}
/** A `User` on the wire. */
export interface UserEncoded extends Schema.Schema.Encoded<typeof user> {}
export const User: Schema.Schema<User, UserEncoded> = user

const alt = Schema.Struct({
  source: Snowflake.FromInteger,
  target: Snowflake.FromInteger,
  actor: Snowflake.FromInteger,
  context: Schema.String,
  createdAt: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("created_at")),
  updatedAt: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("updated_at")),
  alts: Schema.Array(Snowflake.FromInteger)
}).annotations({ identifier: "Alt" })
/**
 * The association of a user with an alternate account.
 *
 * - `source`, `target`: the ids of the user and of the other account
 * - `actor`: the id of the user that added the association
 * - `context`: the reason
 * - `alts`: the ids of the alternate accounts of `target`
 */
export interface Alt extends Schema.Schema.Type<typeof alt> {}
/** An `Alt` on the wire. */
export interface AltEncoded extends Schema.Schema.Encoded<typeof alt> {}
export const Alt: Schema.Schema<Alt, AltEncoded> = alt

const userWithAlts = Schema.Struct({ ...fields, alts: Schema.Array(Alt) }).annotations({ identifier: "UserWithAlts" })
/** A user, with the associations of alternate accounts. */
export interface UserWithAlts extends Schema.Schema.Type<typeof userWithAlts> {}
/** A `UserWithAlts` on the wire. */
export interface UserWithAltsEncoded extends Schema.Schema.Encoded<typeof userWithAlts> {}
export const UserWithAlts: Schema.Schema<UserWithAlts, UserWithAltsEncoded> = userWithAlts

const PageNumber = Schema.NullOr(Schema.Int.pipe(Schema.positive()))

const userPage = Schema.Struct({
  count: Schema.NonNegativeInt,
  nextPage: Schema.propertySignature(PageNumber).pipe(Schema.fromKey("next_page_no")),
  previousPage: Schema.propertySignature(PageNumber).pipe(Schema.fromKey("previous_page_no")),
  results: Schema.Array(User)
}).annotations({ identifier: "UserPage" })
/**
 * A page of users.
 *
 * - `count`: the number of users of all pages
 * - `nextPage`, `previousPage`: the numbers of the pages around this one, null if there is none. The first page has the number 1
 */
export interface UserPage extends Schema.Schema.Type<typeof userPage> {}
/** A `UserPage` on the wire. */
export interface UserPageEncoded extends Schema.Schema.Encoded<typeof userPage> {}
export const UserPage: Schema.Schema<UserPage, UserPageEncoded> = userPage
