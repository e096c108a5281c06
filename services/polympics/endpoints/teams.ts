import { TeamForm } from "../../../schemas/polympics/forms.js"
import { Page } from "../../../schemas/polympics/Page.js"
import { TeamSearch } from "../../../schemas/polympics/search.js"
import { Team, TeamId } from "../../../schemas/polympics/Team.js"
import * as Body from "../../../src/Body.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { withInvalidContent, withUnknownId } from "./errors.js"

export const createTeam = () =>
  Endpoint.post("/teams/new", {
    name: "createTeam",
    body: TeamForm,
    success: { 201: Team },
    errors: withInvalidContent()
  })

export const listTeams = () =>
  Endpoint.get("/teams/search", {
    name: "listTeams",
    query: TeamSearch,
    success: { 200: Page(Team) },
    errors: withInvalidContent()
  })

export const getTeam = () =>
  Endpoint.get("/team/{team}", {
    name: "getTeam",
    path: { team: TeamId },
    success: { 200: Team },
    errors: withUnknownId()
  })

export const updateTeam = () =>
  Endpoint.patch("/team/{team}", {
    name: "updateTeam",
    path: { team: TeamId },
    body: TeamForm,
    success: { 200: Team },
    errors: withUnknownId()
  })

export const deleteTeam = () =>
  Endpoint.delete("/team/{team}", {
    name: "deleteTeam",
    path: { team: TeamId },
    success: { 204: Body.empty() },
    errors: withUnknownId()
  })
