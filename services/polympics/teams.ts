import type { Team, TeamId } from "../../schemas/polympics/Team.js"
import * as Operation from "../../src/Operation.js"
import * as Pages from "../../src/Pages.js"
import { Authoriser, SignedIn } from "./Authoriser.js"
import * as endpoints from "./endpoints/teams.js"
import { idOf } from "./references.js"

/** Creates a team; several may have one name. For those who may `manageTeams`. A name has at most 255 characters. */
export const createTeam = /*#__PURE__*/ Operation.make(SignedIn, endpoints.createTeam, (name: string) => ({
  payload: { name }
}))

/** A team. For anyone. Fails with `NotFound` if it is not there. */
export const getTeam = /*#__PURE__*/ Operation.make(Authoriser, endpoints.getTeam, (team: Team | TeamId) => ({
  path: { team: idOf(team) }
}))

/** Which teams, and how many a page. */
export interface TeamQuery {
  /** Text in the name, whatever its case. It means itself: the server's wildcards are escaped. */
  readonly search?: string | undefined
  /** Default: 20. */
  readonly pageSize?: number | undefined
}

/** All teams, by name and then by id, as a Stream; see `listAccounts`. For anyone. */
export const listTeams = /*#__PURE__*/ Pages.make(Authoriser, endpoints.listTeams, {
  request: (query: TeamQuery, page) => ({ urlParams: { ...query, page } }),
  identity: (team: Team) => team.id
})

/** One page of teams, with the totals; a page past the last has no data. For anyone. */
export const teamPage = /*#__PURE__*/ Operation.make(
  Authoriser,
  endpoints.listTeams,
  (query: TeamQuery & { readonly page: number }) => ({ urlParams: query })
)

/** Renames a team. For those who may `manageTeams`, and for its captains. */
export const updateTeam = /*#__PURE__*/ Operation.make(
  SignedIn,
  endpoints.updateTeam,
  (team: Team | TeamId, changes: { readonly name: string }) => ({ path: { team: idOf(team) }, payload: changes })
)

/**
 * Deletes a team; its members are in none then. For those who may `manageTeams`, and for its captains. Fails with a
 * `ServerError` while the team has an award.
 */
export const deleteTeam = /*#__PURE__*/ Operation.make(SignedIn, endpoints.deleteTeam, (team: Team | TeamId) => ({
  path: { team: idOf(team) }
}))
