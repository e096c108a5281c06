import * as accounts from "../../../services/polympics/endpoints/accounts.js"
import * as auth from "../../../services/polympics/endpoints/auth.js"
import * as awards from "../../../services/polympics/endpoints/awards.js"
import * as callbacks from "../../../services/polympics/endpoints/callbacks.js"
import * as teams from "../../../services/polympics/endpoints/teams.js"
import type { Handler } from "./exchange.js"
import * as Accounts from "./resources/accounts.js"
import * as Auth from "./resources/auth.js"
import * as Awards from "./resources/awards.js"
import * as Callbacks from "./resources/callbacks.js"
import * as Teams from "./resources/teams.js"

interface Route {
  readonly method: string
  readonly segments: ReadonlyArray<string>
  readonly handler: Handler
}

/** Where an endpoint is comes from the client's own description of it, so the two can't part. */
const route = (endpoint: () => { readonly method: string; readonly path: string }, handler: Handler): Route => {
  const { method, path } = endpoint()
  return { method, segments: path.split("/"), handler }
}

/** Every endpoint, in the order in which paths are tried. Apps and users share two of them. */
export const make = (): ReadonlyArray<Route> => [
  route(accounts.checkSignups, Accounts.checkSignups),
  route(accounts.createAccount, Accounts.createAccount),
  route(accounts.listAccounts, Accounts.listAccounts),
  route(accounts.getAccount, Accounts.getAccount),
  route(accounts.updateAccount, Accounts.updateAccount),
  route(accounts.deleteAccount, Accounts.deleteAccount),
  route(teams.createTeam, Teams.createTeam),
  route(teams.listTeams, Teams.listTeams),
  route(teams.getTeam, Teams.getTeam),
  route(teams.updateTeam, Teams.updateTeam),
  route(teams.deleteTeam, Teams.deleteTeam),
  route(awards.createAward, Awards.createAward),
  route(awards.getAward, Awards.getAward),
  route(awards.updateAward, Awards.updateAward),
  route(awards.deleteAward, Awards.deleteAward),
  route(awards.giveAward, Awards.giveAward),
  route(awards.takeAward, Awards.takeAward),
  route(callbacks.getCallbacks, Callbacks.getCallbacks),
  route(callbacks.createCallback, Callbacks.createCallback),
  route(callbacks.getCallback, Callbacks.getCallback),
  route(callbacks.deleteCallback, Callbacks.deleteCallback),
  route(auth.createSession, Auth.createSession),
  route(auth.resetAppToken, Auth.resetToken),
  route(auth.getApp, Auth.getSelf),
  route(auth.discordAuthenticate, Auth.discordAuthenticate)
]

type Params = Readonly<Record<string, string>>

export type Match =
  | { readonly _tag: "Found"; readonly handler: Handler; readonly params: Params }
  | { readonly _tag: "WrongMethod"; readonly allow: string }
  | { readonly _tag: "Elsewhere"; readonly path: string }
  | { readonly _tag: "NotFound" }

/**
 * Not the platform's router: it finds no path part of over 100 characters, and answers HEAD where there is GET, a wrong
 * method with 404 and a slash at the end with neither, each of which the API does otherwise.
 */
export const match = (routes: ReadonlyArray<Route>, method: string, path: string): Match => {
  const decoded = decode(path)
  const here = candidates(routes, decoded)
  const found = here.find(({ route }) => route.method === method)
  if (found) return { _tag: "Found", handler: found.route.handler, params: found.params }
  if (here[0]) return { _tag: "WrongMethod", allow: here[0].route.method }
  const other = decoded.endsWith("/") ? decoded.replace(/\/+$/, "") : `${decoded}/`
  return candidates(routes, other).length > 0
    ? { _tag: "Elsewhere", path: path.endsWith("/") ? path.replace(/\/+$/, "") : `${path}/` }
    : { _tag: "NotFound" }
}

/** Before it is split, so an encoded slash splits as well. What is no UTF-8 becomes U+FFFD, as in a query. */
const decode = (path: string): string =>
  new URLSearchParams(`path=${path.replaceAll("+", "%2B").replaceAll("&", "%26")}`).get("path") ?? ""

const candidates = (routes: ReadonlyArray<Route>, path: string) => {
  const segments = path.split("/")
  return routes.flatMap((route) => {
    const params = paramsOf(route, segments)
    return params === undefined ? [] : [{ route, params }]
  })
}

const paramsOf = (route: Route, segments: ReadonlyArray<string>): Params | undefined => {
  if (route.segments.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, expected] of route.segments.entries()) {
    const segment = segments[index]!
    if (expected.startsWith(":") && segment !== "") params[expected.slice(1)] = segment
    else if (expected !== segment) return undefined
  }
  return params
}
