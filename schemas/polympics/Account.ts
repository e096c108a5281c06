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
export const AccountId = /*#__PURE__*/ Schema.String.pipe(
  /*#__PURE__*/ Schema.filter(
    (id) =>
      (/^(0|-?[1-9]\d{0,18})$/.test(id) && BigInt.asIntN(64, BigInt(id)) === BigInt(id)) ||
      "must be an integer from -2^63 to 2^63-1, in digits",
    {
      identifier: "AccountId",
      arbitrary: () => (fc) => fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)
    }
  ),
  /*#__PURE__*/ Schema.brand("polympics/AccountId")
)
export type AccountId = typeof AccountId.Type

const account = /*#__PURE__*/ Schema.Struct({
  id: AccountId,
  name: Schema.String,
  discriminator: Schema.String,
  avatarUrl: /*#__PURE__*/ Schema.propertySignature(/*#__PURE__*/ Schema.NullOr(Schema.String)).pipe(
    /*#__PURE__*/ Schema.fromKey("avatar_url")
  ),
  team: /*#__PURE__*/ Schema.NullOr(Team),
  permissions: Permissions.schema,
  createdAt: /*#__PURE__*/ Schema.propertySignature(Timestamp).pipe(/*#__PURE__*/ Schema.fromKey("created_at")),
  awards: /*#__PURE__*/ Schema.Array(Award)
}).annotations({ identifier: "Account" })
/**
 * An account as the server stores it. Stored values are less restricted than those that the server accepts: names can have any
 * length and script, discriminators can be other than four digits, and permission masks can have undocumented bits.
 */
export interface Account extends Schema.Schema.Type<typeof account> {}
/** An `Account` on the wire. */
export interface AccountEncoded extends Schema.Schema.Encoded<typeof account> {}
export const Account: Schema.Schema<Account, AccountEncoded> = account
