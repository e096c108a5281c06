import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { TeamForm } from "../../../schemas/polympics/forms.js"
import { Page } from "../../../schemas/polympics/Page.js"
import { DataError, Forbidden, Refused, Unauthorised, UnknownId } from "../../../schemas/polympics/refusals.js"
import { TeamSearch } from "../../../schemas/polympics/search.js"
import { Team, TeamId } from "../../../schemas/polympics/Team.js"

const path = () => Schema.Struct({ team: Schema.compose(Schema.NumberFromString, TeamId) })

export const createTeam = () =>
  HttpApiEndpoint.post("createTeam", "/teams/new")
    .setPayload(TeamForm)
    .addSuccess(Team, { status: 201 })
    .addError(Unauthorised)
    .addError(Forbidden)
    .addError(DataError)

export const listTeams = () =>
  HttpApiEndpoint.get("listTeams", "/teams/search").setUrlParams(TeamSearch).addSuccess(Page(Team)).addError(DataError)

export const getTeam = () =>
  HttpApiEndpoint.get("getTeam", "/team/:team").setPath(path()).addSuccess(Team).addError(UnknownId).addError(DataError)

export const updateTeam = () =>
  HttpApiEndpoint.patch("updateTeam", "/team/:team")
    .setPath(path())
    .setPayload(TeamForm)
    .addSuccess(Team)
    .addError(Refused)

export const deleteTeam = () =>
  HttpApiEndpoint.del("deleteTeam", "/team/:team").setPath(path()).addSuccess(HttpApiSchema.NoContent).addError(Refused)
