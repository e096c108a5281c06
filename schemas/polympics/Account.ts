import * as Schema from "effect/Schema"
import { Award } from "./Award.js"
import * as Permissions from "./Permissions.js"
import { Team } from "./Team.js"
import { Timestamp } from "./Timestamp.js"

/**
 * The id of an account: a Discord id, an integer of up to 64 bits. It is a string here and on the wire, since a JavaScript
 * number is exact to 53 bits only.
 *
 * @example
 * ```ts
 * import { AccountId } from "effect-herald/polympics"
 *
 * const id = AccountId.make("900719925474099300")
 * ```
 */
export const AccountId = Schema.String.pipe(
  Schema.filter(
    (id) =>
      (/^(0|-?[1-9]\d{0,18})$/.test(id) && BigInt.asIntN(64, BigInt(id)) === BigInt(id)) ||
      "must be an integer from -2^63 to 2^63-1, in digits",
    {
      identifier: "AccountId",
      arbitrary: () => (fc) => fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)
    }
  ),
  Schema.brand("polympics/AccountId")
)
export type AccountId = typeof AccountId.Type

const account = Schema.Struct({
  id: AccountId,
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
