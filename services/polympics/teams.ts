import type { Team, TeamId } from "../../schemas/polympics/Team.js"
import * as Operation from "../../src/Operation.js"
import * as Pagination from "../../src/Pagination.js"
import { Authoriser, SignedIn } from "./Authoriser.js"
import * as endpoints from "./endpoints/teams.js"
import { pagination } from "./pagination.js"
import { idOf } from "./references.js"

/** Creates a team. Its name has at most 255 characters, and need not be unique. Needs the permission `manageTeams`. */
export const createTeam = /*#__PURE__*/ Operation.make(SignedIn, endpoints.createTeam, (name: string) => ({
  body: { name }
}))

/** A team. For any caller. Fails with `NotFound` if it does not exist. */
export const getTeam = /*#__PURE__*/ Operation.make(Authoriser, endpoints.getTeam, (team: Team | TeamId) => ({
  team: idOf(team)
}))

/** Conditions for teams, and the size of a page. */
export interface TeamQuery {
  /** Text that the name contains, in upper or lower case. The server's wildcards are escaped, so that they match themselves. */
  readonly search?: string | undefined
  /** Default: 20. */
  readonly pageSize?: number | undefined
}

const searchTeams = /*#__PURE__*/ Operation.make(Authoriser, endpoints.listTeams, (query: TeamQuery = {}) => query)

/** All teams, ordered by name and then by id, as a Stream; see `listAccounts`. For any caller. */
export const listTeams = /*#__PURE__*/ Pagination.pageNumber(searchTeams, /*#__PURE__*/ pagination<Team>())

/** One page of teams, with the totals. A page past the last one has no data. For any caller. */
export const teamPage = /*#__PURE__*/ Operation.make(
  Authoriser,
  endpoints.listTeams,
  (query: TeamQuery & { readonly page: number }) => query
)

/** Renames a team. Needs the permission `manageTeams`, but captains can rename their own team. */
export const updateTeam = /*#__PURE__*/ Operation.make(
  SignedIn,
  endpoints.updateTeam,
  (team: Team | TeamId, changes: { readonly name: string }) => ({ team: idOf(team), body: changes })
)

/**
 * Deletes a team, whose members are in no team then. Needs the permission `manageTeams`, but captains can delete their own team.
 * Fails with a `ServerError` if the team has an award.
 */
export const deleteTeam = /*#__PURE__*/ Operation.make(SignedIn, endpoints.deleteTeam, (team: Team | TeamId) => ({
  team: idOf(team)
}))
