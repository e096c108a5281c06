import type { Role } from "../../schemas/site/Role.js"
import * as Operation from "../../src/Operation.js"
import type { Snowflake } from "../../src/Snowflake.js"
import { idOf } from "../references.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/roles.js"

export { Role, type RoleEncoded } from "../../schemas/site/Role.js"

/** A role, or its id. */
export type RoleReference = Snowflake | Pick<Role, "id">

/** The fields of a role, without its id. */
export interface RoleFields {
  /** 1 to 100 characters. */
  readonly name: string
  /** The colour as an RGB integer, from 0 to 2^31-1. */
  readonly colour: number
  /** The mask of Discord's permissions, from 0 to 2^63-1. */
  readonly permissions: bigint
  /** The place in the order of roles: an integer of 32 bits. */
  readonly position: number
}

/** A role to create. */
export interface NewRole extends RoleFields {
  readonly id: Snowflake
}

/** Changes of a role. Absent fields stay as they are. */
export type RoleChanges = { readonly [Name in keyof RoleFields]?: RoleFields[Name] | undefined }

/** Returns all roles, highest position first. */
export const getRoles = Operation.make(Authoriser, endpoints.getRoles)

/** Returns a role. Fails with `NotFound` if it does not exist. */
export const getRole = Operation.make(Authoriser, endpoints.getRole, (role: RoleReference) => ({ id: idOf(role) }))

/** Creates a role. Fails with `AlreadyExists` if there is one with this id. */
export const createRole = Operation.make(Authoriser, endpoints.createRole, (role: NewRole) => ({ body: role }))

/**
 * Replaces all fields of a role but its id. Fails with `NotFound` if it does not exist.
 *
 * The id can't be changed: with another id in its fields, the server would create a second role and keep the old one. The id that is
 * sent is that of the path.
 */
export const replaceRole = Operation.make(
  Authoriser,
  endpoints.replaceRole,
  (role: RoleReference, { colour, name, permissions, position }: RoleFields) => ({
    id: idOf(role),
    body: { id: idOf(role), name, colour, permissions, position }
  })
)

/** Changes a role. Fails with `NotFound` if it does not exist. The id can't be changed; see `replaceRole`. */
export const updateRole = Operation.make(
  Authoriser,
  endpoints.updateRole,
  (role: RoleReference, changes: RoleChanges) => ({ id: idOf(role), body: changes })
)

/** Deletes a role. The server removes it from every user, too. Fails with `NotFound` if it does not exist. */
export const deleteRole = Operation.make(Authoriser, endpoints.deleteRole, (role: RoleReference) => ({
  id: idOf(role)
}))
