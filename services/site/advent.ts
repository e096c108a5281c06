import * as Operation from "../../src/Operation.js"
import type { Snowflake } from "../../src/Snowflake.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/advent.js"
import { idOf, recordOf } from "../references.js"
import type { UserReference } from "./users.js"

export { AocBlock, type AocBlockEncoded, AocLink, type AocLinkEncoded } from "../../schemas/site/Advent.js"

/** Returns the id of a user, if there is one. */
const idIf = (user: UserReference | undefined): Snowflake | undefined => user && idOf(user)

/** Selects account links. Default: all. */
export interface AocLinkSearch {
  readonly user?: UserReference | undefined
  readonly aocUsername?: string | undefined
}

/** An account link to create. */
export interface NewAocLink {
  readonly user: UserReference
  /** At most 120 characters. */
  readonly aocUsername: string
}

/** Returns the links of users to their accounts at Advent of Code. */
export const getAocLinks = Operation.make(Authoriser, endpoints.getAocLinks, (search: AocLinkSearch = {}) => ({
  ...recordOf(search),
  user: idIf(search.user)
}))

/** Links a user to an account. Fails with `AlreadyExists` if the user has a link, and with `UnknownReference` if the site does not know the user. */
export const createAocLink = Operation.make(
  Authoriser,
  endpoints.createAocLink,
  ({ aocUsername, user }: NewAocLink) => ({ body: { user: idOf(user), aocUsername } })
)

/** Returns the link of a user. Fails with `NotFound` if there is none. */
export const getAocLink = Operation.make(Authoriser, endpoints.getAocLink, (user: UserReference) => ({
  user: idOf(user)
}))

/** Deletes the link of a user. */
export const deleteAocLink = Operation.make(Authoriser, endpoints.deleteAocLink, (user: UserReference) => ({
  user: idOf(user)
}))

/** Selects completionist blocks. Default: all. */
export interface AocBlockSearch {
  readonly user?: UserReference | undefined
  readonly isBlocked?: boolean | undefined
}

/** A completionist block to create. */
export interface NewAocBlock {
  readonly user: UserReference
  /** Default: true. */
  readonly isBlocked?: boolean | undefined
  readonly reason?: string | null | undefined
}

/** Returns the blocks that keep users from the role of those who completed Advent of Code. */
export const getAocBlocks = Operation.make(Authoriser, endpoints.getAocBlocks, (search: AocBlockSearch = {}) => ({
  ...recordOf(search),
  user: idIf(search.user)
}))

/** Blocks a user. Fails with `AlreadyExists` if the user has a block, and with `UnknownReference` if the site does not know the user. */
export const createAocBlock = Operation.make(
  Authoriser,
  endpoints.createAocBlock,
  ({ user, ...rest }: NewAocBlock) => ({ body: { ...rest, user: idOf(user) } })
)

/** Returns the block of a user. Fails with `NotFound` if there is none. */
export const getAocBlock = Operation.make(Authoriser, endpoints.getAocBlock, (user: UserReference) => ({
  user: idOf(user)
}))

/** Deletes the block of a user. */
export const deleteAocBlock = Operation.make(Authoriser, endpoints.deleteAocBlock, (user: UserReference) => ({
  user: idOf(user)
}))
