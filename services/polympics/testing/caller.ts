import * as Effect from "effect/Effect"
import * as Permissions from "../../../schemas/polympics/Permissions.js"
import * as Responses from "./responses.js"
import type { Exchange } from "./exchange.js"
import { toInt } from "./python.js"
import { type Account, type App, now, type Session, type Team } from "./state.js"

/** The sender of a request. Wrong, unknown and expired credentials count as none. */
export type Caller =
  | { readonly _tag: "Anonymous" }
  | { readonly _tag: "App"; readonly app: App }
  | { readonly _tag: "User"; readonly session: Session; readonly account: Account }

const anonymous: Caller = { _tag: "Anonymous" }

/** Returns the caller. Fails if the credentials are missing or unreadable. The first use of an expired session deletes it. */
export const authenticate = (exchange: Exchange): Effect.Effect<Caller, Responses.Response> =>
  Effect.flatMap(credentials(exchange.request.headers["authorization"]), ({ password, username }) => {
    const id = toInt(username.slice(1))
    if (id._tag !== "Int") return Effect.succeed(anonymous)
    switch (username[0]?.toUpperCase()) {
      case "A": {
        const app = exchange.state.apps.get(id.value)
        return Effect.succeed<Caller>(app?.password === password ? { _tag: "App", app } : anonymous)
      }
      case "S": {
        const session = exchange.state.sessions.get(id.value)
        if (session?.password !== password) return Effect.succeed(anonymous)
        return Effect.map(now, (time): Caller => {
          if (session.expiresAt >= time) return { _tag: "User", session, account: session.account }
          exchange.state.sessions.delete(session.id)
          return anonymous
        })
      }
      default:
        return Effect.succeed(anonymous)
    }
  })

const credentials = (header: string | undefined) => {
  const [, scheme = "", encoded = ""] = /^(\S*) ?(.*)$/.exec(header ?? "") ?? []
  if (scheme.toLowerCase() !== "basic") return Effect.fail(Responses.challenge("Not authenticated"))
  const plain = decode(encoded)
  const colon = plain?.indexOf(":") ?? -1
  if (plain === undefined || colon < 0) return Effect.fail(Responses.challenge("Invalid authentication credentials"))
  // The database can't store NUL.
  if (plain.includes("\0")) return Effect.fail(Responses.internalError)
  return Effect.succeed({ username: plain.slice(0, colon), password: plain.slice(colon + 1) })
}

/** Decodes ASCII in base64. Other characters are skipped, but the padding must be correct. */
const decode = (encoded: string): string | undefined => {
  const digits = encoded.replace(/[^A-Za-z0-9+/=]/g, "")
  if (digits.length % 4 !== 0 || !/^[^=]*={0,2}$/.test(digits)) return undefined
  const plain = atob(digits)
  return /^[\0-\x7f]*$/.test(plain) ? plain : undefined
}

/** Reports whether a caller has a permission. Only apps can have `authenticateUsers`, regardless of the mask of an account. */
export const can = (caller: Caller, permission: Permissions.Permission): boolean => {
  switch (caller._tag) {
    case "Anonymous":
      return false
    case "App":
      return holds(caller.app.permissions, permission)
    case "User":
      return permission !== "authenticateUsers" && holds(caller.account.permissions, permission)
  }
}

const holds = (mask: bigint, permission: Permissions.Permission): boolean =>
  Permissions.has(Permissions.fromMask(mask), permission)

export const isAccount = (caller: Caller, account: Account): boolean =>
  caller._tag === "User" && caller.account === account

export const isCaptain = (caller: Caller, team: Team | undefined): boolean =>
  caller._tag === "User" && team !== undefined && caller.account.team === team && can(caller, "manageOwnTeam")

/** Reports whether a caller may grant and revoke all permissions of a mask. */
export const canChangePermissions = (caller: Caller, mask: bigint): boolean => {
  const named = Permissions.names(Permissions.fromMask(mask))
  return (
    mask < 128n &&
    !named.includes("authenticateUsers") &&
    named.every((permission) => permission === "manageOwnTeam" || can(caller, permission)) &&
    can(caller, "managePermissions")
  )
}

/** Fails with a 403 unless the request is allowed. */
export const allow = (allowed: boolean): Effect.Effect<void, Responses.Response> =>
  allowed ? Effect.void : Effect.fail(Responses.outOfScope)

export const onlyApps = (caller: Caller): Effect.Effect<App, Responses.Response> =>
  caller._tag === "App"
    ? Effect.succeed(caller.app)
    : Effect.fail(Responses.unauthorized("Only apps may use this endpoint."))
