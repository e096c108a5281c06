import type { Team, TeamId } from "../../schemas/polympics/Team.js"
import * as Operation from "../../src/Operation.js"
import * as Pagination from "../../src/Pagination.js"
import { Authoriser, SignedIn } from "./Authoriser.js"
import * as endpoints from "./endpoints/teams.js"
import { pagination } from "./pagination.js"
import { idOf } from "../references.js"

/** Creates a team. Its name has at most 255 characters, and need not be unique. Needs the permission `manageTeams`. */
export const createTeam = Operation.make(SignedIn, endpoints.createTeam, (name: string) => ({
  body: { name }
}))

/** Returns a team. For any caller. Fails with `NotFound` if it does not exist. */
export const getTeam = Operation.make(Authoriser, endpoints.getTeam, (team: Team | TeamId) => ({
  team: idOf(team)
}))

/** Conditions for teams, and the size of a page. */
export interface TeamQuery {
  /** Text that the name contains, ignoring case. The server's wildcards are escaped. */
  readonly search?: string | undefined
  /** Default: 20. */
  readonly pageSize?: number | undefined
}

const searchTeams = Operation.make(Authoriser, endpoints.listTeams, (query: TeamQuery = {}) => query)

/** All teams, ordered by name and then by id, as a Stream; see `listAccounts`. For any caller. */
export const listTeams = Pagination.pageNumber(searchTeams, pagination<Team>())

/** Returns one page of teams, with the totals. A page past the last one has no data. For any caller. */
export const teamPage = Operation.make(
  Authoriser,
  endpoints.listTeams,
  (query: TeamQuery & { readonly page: number }) => query
)

/** Renames a team. Needs the permission `manageTeams`, but captains can rename their own team. */
export const updateTeam = Operation.make(
  SignedIn,
  endpoints.updateTeam,
  (team: Team | TeamId, changes: { readonly name: string }) => ({ team: idOf(team), body: changes })
)

/**
 * Deletes a team. Its members are then in no team. Needs the permission `manageTeams`, but captains can delete their own team.
 * Fails with a `ServerError` if the team has an award.
 */
export const deleteTeam = Operation.make(SignedIn, endpoints.deleteTeam, (team: Team | TeamId) => ({
  team: idOf(team)
}))
