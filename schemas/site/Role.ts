import * as Schema from "effect/Schema"
import * as Snowflake from "../../src/Snowflake.js"
import { Id } from "./Id.js"
import { textUpTo } from "./Text.js"

/** A mask of permissions: a `bigint`, since it has bits beyond the 53 of a number. On the wire it is a JSON integer. */
const Permissions: Schema.Schema<bigint, number | bigint> = Schema.transform(
  Schema.Union(Schema.Int, Schema.BigIntFromSelf),
  Schema.BigIntFromSelf,
  { strict: true, decode: BigInt, encode: (mask) => (Number.isSafeInteger(Number(mask)) ? Number(mask) : mask) }
).annotations({ identifier: "RolePermissions", description: "a mask of permissions as a JSON integer" })

const role = Schema.Struct({
  id: Snowflake.FromInteger,
  name: Schema.String,
  colour: Schema.Int,
  permissions: Permissions,
  position: Schema.Int
}).annotations({ identifier: "Role" })
/**
 * A role of the guild.
 *
 * - `colour`: the colour as an RGB integer
 * - `permissions`: the mask of Discord's permissions
 * - `position`: the place in the order of roles; that of `@everyone` is 0, or -1
 */
export interface Role extends Schema.Schema.Type<typeof role> {}
/** A `Role` on the wire. */
export interface RoleEncoded extends Schema.Schema.Encoded<typeof role> {}
export const Role: Schema.Schema<Role, RoleEncoded> = role

const fields = () => ({
  name: textUpTo(100),
  colour: Schema.Int.pipe(Schema.between(0, 2_147_483_647)),
  permissions: Permissions.pipe(
    Schema.filter((mask) => (mask >= 0n && mask < 2n ** 63n) || "must be a mask from 0 to 2^63-1")
  ),
  position: Schema.Int.pipe(Schema.between(-2_147_483_648, 2_147_483_647))
})

const whole = () => ({ id: Id, ...fields() })

/** The body of `POST bot/roles` and `PUT bot/roles/{id}`. */
export const RoleForm = Schema.Struct(whole())

/** The body of `PATCH bot/roles/{id}`. It has no id: the server would create a second role with a new one. */
export const RoleChangesForm = Schema.partial(Schema.Struct(fields()))
