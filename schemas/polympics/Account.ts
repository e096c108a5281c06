import * as Schema from "effect/Schema"
import { Snowflake } from "../../src/Snowflake.js"
import { Award } from "./Award.js"
import * as Permissions from "./Permissions.js"
import { Team } from "./Team.js"
import { Timestamp } from "./Timestamp.js"

const account = Schema.Struct({
  id: Snowflake,
  name: Schema.String,
  discriminator: Schema.String,
  avatarUrl: Schema.propertySignature(Schema.NullOr(Schema.String)).pipe(Schema.fromKey("avatar_url")),
  team: Schema.NullOr(Team),
  permissions: Permissions.schema,
  createdAt: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("created_at")),
  awards: Schema.Array(Award)
}).annotations({ identifier: "Account" })
/**
 * An account as the server stores it. Stored values are less restricted than those that the server accepts: names can have any
 * length and script, discriminators can be other than four digits, and permission masks can have undocumented bits.
 */
export interface Account extends Schema.Schema.Type<typeof account> {}
/** An `Account` on the wire. */
export interface AccountEncoded extends Schema.Schema.Encoded<typeof account> {}
export const Account: Schema.Schema<Account, AccountEncoded> = account
