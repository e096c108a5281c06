import * as Schema from "effect/Schema"
import { Award } from "./Award.js"
import * as Permissions from "./Permissions.js"
import { Team } from "./Team.js"
import { Timestamp } from "./Timestamp.js"

const isDigit = (text: string, index: number): boolean => {
  const code = text.charCodeAt(index)
  return code >= 48 && code <= 57
}

/**
 * Reports whether a text is an integer of 64 bits, signed, without leading zeros. Ids are in each account of a list, so neither a
 * regular expression nor a `BigInt` is used, which take several times as long. Texts of equal length compare as their numbers do.
 */
const isInt64 = (text: string): boolean => {
  const start = text.startsWith("-") ? 1 : 0
  const digits = text.length - start
  if (digits === 0 || digits > 19 || (text[start] === "0" && text !== "0")) return false
  for (let index = start; index < text.length; index++) if (!isDigit(text, index)) return false
  return digits < 19 || text <= (start === 1 ? "-9223372036854775808" : "9223372036854775807")
}

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
  Schema.filter((id) => isInt64(id) || "must be an integer from -2^63 to 2^63-1, in digits", {
    identifier: "AccountId",
    arbitrary: () => (fc) => fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)
  }),
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
