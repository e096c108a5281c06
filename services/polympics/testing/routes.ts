import * as accounts from "../endpoints/accounts.js"
import * as auth from "../endpoints/auth.js"
import * as awards from "../endpoints/awards.js"
import * as callbacks from "../endpoints/callbacks.js"
import * as teams from "../endpoints/teams.js"
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

/** Method and path come from the client's endpoint, so that client and server can't differ. */
const route = (endpoint: () => { readonly method: string; readonly path: string }, handler: Handler): Route => {
  const { method, path } = endpoint()
  return { method, segments: path.split("/"), handler }
}

/** All endpoints, in the order in which paths are matched. `getMe` and `resetSession` have the paths of `getApp` and `resetAppToken`. */
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
  | { readonly _tag: "Redirect"; readonly path: string }
  | { readonly _tag: "NotFound" }

/**
 * Matches a request with the routes. The router of `@effect/platform` can't be used, since it differs from the API's: it does not
 * match path segments of over 100 characters, treats HEAD as GET, responds to a wrong method with a 404, and does not redirect
 * paths with a trailing slash.
 */
export const match = (routes: ReadonlyArray<Route>, method: string, path: string): Match => {
  const decoded = decode(path)
  const matches = candidates(routes, decoded)
  const found = matches.find(({ route }) => route.method === method)
  if (found) return { _tag: "Found", handler: found.route.handler, params: found.params }
  if (matches[0]) return { _tag: "WrongMethod", allow: matches[0].route.method }
  const other = decoded.endsWith("/") ? decoded.replace(/\/+$/, "") : `${decoded}/`
  return candidates(routes, other).length > 0
    ? { _tag: "Redirect", path: path.endsWith("/") ? path.replace(/\/+$/, "") : `${path}/` }
    : { _tag: "NotFound" }
}

/** Decodes a path. It is split after that, so that an encoded slash splits it too. Invalid UTF-8 becomes U+FFFD. */
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
    const name = /^\{(.*)\}$/.exec(expected)?.[1]
    if (name !== undefined && segment !== "") params[name] = segment
    else if (expected !== segment) return undefined
  }
  return params
}
