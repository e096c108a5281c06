import * as Data from "effect/Data"
import * as Equivalence from "effect/Equivalence"
import { dual } from "effect/Function"
import * as Inspectable from "effect/Inspectable"
import * as Schema from "effect/Schema"

/** The flags that the API documents, in the order of their bits in the mask, least significant first. */
const flags = [
  "managePermissions",
  "manageAccountTeams",
  "manageAccountDetails",
  "manageTeams",
  "authenticateUsers",
  "manageOwnTeam",
  "manageAwards"
] as const

/** The name of a permission. Only apps can have `authenticateUsers`, and only users `manageOwnTeam`. */
export type Permission = (typeof flags)[number]

/**
 * A set of permissions: named flags, and any other bits that the server stores. Compared by value (`Equal.equals`). The mask is
 * a `bigint`, since the server stores masks that JavaScript's bitwise operators would truncate to 32 bits.
 *
 * @example
 * ```ts
 * import { Permissions } from "effect-herald/polympics"
 *
 * const captain = Permissions.of("manageOwnTeam")
 * const both = Permissions.union(captain, Permissions.of("manageAwards"))
 * Permissions.has(both, "manageAwards") // => true
 * Permissions.names(both) // => ["manageOwnTeam", "manageAwards"]
 * String(both) // => "manageOwnTeam, manageAwards"
 * both.mask // => 96n
 * ```
 */
export class Permissions extends Data.Class<{ readonly mask: bigint }> {
  constructor({ mask }: { readonly mask: bigint }) {
    // The base class copies any argument by `Object.assign`, which is slow. Without one it leaves the properties to this class.
    super(undefined as never)
    // The type of the base class has `mask` as readonly.
    ;(this as { mask: bigint }).mask = mask
  }
  /** The names, and the other bits as an integer: `manageTeams, manageAwards`, `manageTeams, 1024`; `none` for the empty set. */
  override toString() {
    const known = names(this)
    const rest = known.reduce((mask, permission) => mask & ~bit(permission), this.mask)
    return [...known, ...(rest === 0n ? [] : [rest])].join(", ") || "none"
  }
  /** JSON has no `bigint`, so the mask is a string. */
  toJSON() {
    return { _id: "Permissions", names: names(this), mask: this.mask.toString() }
  }
  [Inspectable.NodeInspectSymbol]() {
    return this.toJSON()
  }
}

const bit = (permission: Permission): bigint => 1n << BigInt(flags.indexOf(permission))

/** Makes the set of permissions of a mask, which can be any integer. */
export const fromMask = (mask: bigint): Permissions => new Permissions({ mask })

/** Makes a set of permissions. */
export const of = (...permissions: ReadonlyArray<Permission>): Permissions =>
  fromMask(permissions.reduce((mask, permission) => mask | bit(permission), 0n))

/** The empty set. */
export const none: Permissions = of()

/** All permissions that an app can have. */
export const everyApp: Permissions = of(
  "managePermissions",
  "manageAccountTeams",
  "manageAccountDetails",
  "manageTeams",
  "authenticateUsers",
  "manageAwards"
)

/** All permissions that a user can have. */
export const everyUser: Permissions = of(
  "managePermissions",
  "manageAccountTeams",
  "manageAccountDetails",
  "manageTeams",
  "manageOwnTeam",
  "manageAwards"
)

/** Reports whether all of these permissions are in the set. */
export const has = (self: Permissions, ...permissions: ReadonlyArray<Permission>): boolean =>
  isSubset(of(...permissions), self)

/** Reports whether every bit of the first set is in the second. */
export const isSubset: {
  (that: Permissions): (self: Permissions) => boolean
  (self: Permissions, that: Permissions): boolean
} = dual(2, (self: Permissions, that: Permissions): boolean => (self.mask & that.mask) === self.mask)

/** The permissions that are in either set. */
export const union: {
  (that: Permissions): (self: Permissions) => Permissions
  (self: Permissions, that: Permissions): Permissions
} = dual(2, (self: Permissions, that: Permissions): Permissions => fromMask(self.mask | that.mask))

/** The permissions that are in both sets. */
export const intersection: {
  (that: Permissions): (self: Permissions) => Permissions
  (self: Permissions, that: Permissions): Permissions
} = dual(2, (self: Permissions, that: Permissions): Permissions => fromMask(self.mask & that.mask))

/** The permissions that are in the first set and not in the second. */
export const difference: {
  (that: Permissions): (self: Permissions) => Permissions
  (self: Permissions, that: Permissions): Permissions
} = dual(2, (self: Permissions, that: Permissions): Permissions => fromMask(self.mask & ~that.mask))

/** The names of the permissions in the set, least significant first. Undocumented bits have no name, but are in `mask`. */
export const names = (self: Permissions): ReadonlyArray<Permission> =>
  flags.filter((permission) => (self.mask & bit(permission)) !== 0n)

/** The integer on the wire. Beyond 2^53 it is a `bigint`, so that no bit is lost. */
const Mask = Schema.Union(Schema.Int, Schema.BigIntFromSelf)

/** The schema of permissions, which are one integer on the wire. */
export const schema: Schema.Schema<Permissions, number | bigint> = Schema.transform(
  Mask,
  Schema.declare((u): u is Permissions => u instanceof Permissions, {
    identifier: "Permissions",
    arbitrary: () => (fc) => fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(fromMask),
    equivalence: () => Equivalence.make<Permissions>((a, b) => a.mask === b.mask),
    pretty: () => (permissions) => `Permissions(${String(permissions)})`
  }),
  {
    strict: true,
    decode: (mask) => fromMask(BigInt(mask)),
    encode: ({ mask }) => (BigInt.asIntN(54, mask) === mask && mask !== -(2n ** 53n) ? Number(mask) : mask)
  }
)

/** The schema of permissions that the server can store: 64 bits, signed. The server responds to a larger mask with a 500. */
export const Storable = schema.pipe(Schema.filter(({ mask }) => BigInt.asIntN(64, mask) === mask || "must fit 64 bits"))
