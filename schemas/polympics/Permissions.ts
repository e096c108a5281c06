import * as Data from "effect/Data"
import * as Equivalence from "effect/Equivalence"
import { dual } from "effect/Function"
import * as Inspectable from "effect/Inspectable"
import * as Schema from "effect/Schema"

/** The flags that the API documents, by their place in the mask, the least significant first. */
const flags = [
  "managePermissions",
  "manageAccountTeams",
  "manageAccountDetails",
  "manageTeams",
  "authenticateUsers",
  "manageOwnTeam",
  "manageAwards"
] as const

/**
 * The name of a permission. Only apps can have `authenticateUsers`, only users `manageOwnTeam`.
 */
export type Permission = (typeof flags)[number]

/**
 * A set of permissions: named flags, and whatever bits the server stores besides. Compared by value (`Equal.equals`). The
 * mask is a `bigint`, since the server stores masks that JavaScript's bitwise operators would cut to 32 bits.
 *
 * @example
 * ```ts
 * import { Permissions } from "effect-herald/polympics"
 *
 * const captain = Permissions.of("manageOwnTeam")
 * const both = Permissions.union(captain, Permissions.of("manageAwards"))
 * Permissions.has(both, "manageAwards") // true
 * Permissions.names(both) // ["manageOwnTeam", "manageAwards"]
 * both.mask // 96n
 * ```
 */
export class Permissions extends Data.Class<{ readonly mask: bigint }> {
  /** A `bigint` has no JSON of its own; logs show the names and the mask. */
  toJSON() {
    return { _id: "Permissions", names: names(this), mask: this.mask.toString() }
  }
  [Inspectable.NodeInspectSymbol]() {
    return this.toJSON()
  }
}

const bit = (permission: Permission): bigint => 1n << BigInt(flags.indexOf(permission))

/** The set that a mask of the wire stands for; any integer is one. */
export const fromMask = (mask: bigint): Permissions => new Permissions({ mask })

/** The set of these permissions. */
export const of = (...permissions: ReadonlyArray<Permission>): Permissions =>
  fromMask(permissions.reduce((mask, permission) => mask | bit(permission), 0n))

/** No permissions. */
export const none: Permissions = /*#__PURE__*/ of()

/** Every permission that an app can have. */
export const everyApp: Permissions = /*#__PURE__*/ of(
  "managePermissions",
  "manageAccountTeams",
  "manageAccountDetails",
  "manageTeams",
  "authenticateUsers",
  "manageAwards"
)

/** Every permission that a user can have. */
export const everyUser: Permissions = /*#__PURE__*/ of(
  "managePermissions",
  "manageAccountTeams",
  "manageAccountDetails",
  "manageTeams",
  "manageOwnTeam",
  "manageAwards"
)

/** Whether all of these permissions are in the set. */
export const has = (self: Permissions, ...permissions: ReadonlyArray<Permission>): boolean =>
  isSubset(of(...permissions), self)

/** Whether every bit of the first is in the second. */
export const isSubset: {
  (that: Permissions): (self: Permissions) => boolean
  (self: Permissions, that: Permissions): boolean
} = /*#__PURE__*/ dual(2, (self: Permissions, that: Permissions): boolean => (self.mask & that.mask) === self.mask)

/** What is in either. */
export const union: {
  (that: Permissions): (self: Permissions) => Permissions
  (self: Permissions, that: Permissions): Permissions
} = /*#__PURE__*/ dual(2, (self: Permissions, that: Permissions): Permissions => fromMask(self.mask | that.mask))

/** What is in both. */
export const intersection: {
  (that: Permissions): (self: Permissions) => Permissions
  (self: Permissions, that: Permissions): Permissions
} = /*#__PURE__*/ dual(2, (self: Permissions, that: Permissions): Permissions => fromMask(self.mask & that.mask))

/** What is in the first and not in the second. */
export const difference: {
  (that: Permissions): (self: Permissions) => Permissions
  (self: Permissions, that: Permissions): Permissions
} = /*#__PURE__*/ dual(2, (self: Permissions, that: Permissions): Permissions => fromMask(self.mask & ~that.mask))

/** The names in the set, the least significant first. Bits without a name are in none of them, see `mask`. */
export const names = (self: Permissions): ReadonlyArray<Permission> =>
  flags.filter((permission) => (self.mask & bit(permission)) !== 0n)

/** The wire's integer. Beyond 2^53 it is a `bigint`, so that no bit is lost. */
const Mask = /*#__PURE__*/ Schema.Union(Schema.Int, Schema.BigIntFromSelf)

/** Permissions on the wire: one integer. */
export const schema: Schema.Schema<Permissions, number | bigint> = /*#__PURE__*/ Schema.transform(
  Mask,
  /*#__PURE__*/ Schema.declare((u): u is Permissions => u instanceof Permissions, {
    identifier: "Permissions",
    arbitrary: () => (fc) => fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(fromMask),
    equivalence: () => Equivalence.make<Permissions>((a, b) => a.mask === b.mask),
    pretty: () => (permissions) => JSON.stringify(permissions)
  }),
  {
    strict: true,
    decode: (mask) => fromMask(BigInt(mask)),
    encode: ({ mask }) => (BigInt.asIntN(54, mask) === mask && mask !== -(2n ** 53n) ? Number(mask) : mask)
  }
)

/** Permissions that can be stored: 64 bits, signed. The server answers a mask beyond them with a 500. */
export const Storable = /*#__PURE__*/ schema.pipe(
  /*#__PURE__*/ Schema.filter(({ mask }) => BigInt.asIntN(64, mask) === mask || "must fit 64 bits")
)
