import * as Effect from "effect/Effect"
import * as Permissions from "../../../schemas/polympics/Permissions.js"
import * as Answer from "./answers.js"
import type { Exchange } from "./exchange.js"
import { toInt } from "./python.js"
import { type Account, type App, now, type Session, type Team } from "./state.js"

/** Who is asking. Wrong, unknown and expired credentials are nobody's. */
export type Caller =
  | { readonly _tag: "Nobody" }
  | { readonly _tag: "App"; readonly app: App }
  | { readonly _tag: "User"; readonly session: Session; readonly account: Account }

const nobody: Caller = { _tag: "Nobody" }

/** No credentials, or none that can be read, are refused here. The first use of an expired session deletes it. */
export const authenticate = (exchange: Exchange): Effect.Effect<Caller, Answer.Answer> =>
  Effect.flatMap(credentials(exchange.request.headers["authorization"]), ({ password, username }) => {
    const id = toInt(username.slice(1))
    if (id._tag !== "Int") return Effect.succeed(nobody)
    switch (username[0]?.toUpperCase()) {
      case "A": {
        const app = exchange.state.apps.get(id.value)
        return Effect.succeed<Caller>(app?.password === password ? { _tag: "App", app } : nobody)
      }
      case "S": {
        const session = exchange.state.sessions.get(id.value)
        if (session?.password !== password) return Effect.succeed(nobody)
        return Effect.map(now, (moment): Caller => {
          if (session.expiresAt >= moment) return { _tag: "User", session, account: session.account }
          exchange.state.sessions.delete(session.id)
          return nobody
        })
      }
      default:
        return Effect.succeed(nobody)
    }
  })

const credentials = (header: string | undefined) => {
  const [, scheme = "", encoded = ""] = /^(\S*) ?(.*)$/.exec(header ?? "") ?? []
  if (scheme.toLowerCase() !== "basic") return Effect.fail(Answer.challenge("Not authenticated"))
  const plain = decode(encoded)
  const colon = plain?.indexOf(":") ?? -1
  if (plain === undefined || colon < 0) return Effect.fail(Answer.challenge("Invalid authentication credentials"))
  // the database has no NUL
  if (plain.includes("\0")) return Effect.fail(Answer.trap)
  return Effect.succeed({ username: plain.slice(0, colon), password: plain.slice(colon + 1) })
}

/** ASCII in base64; what is no base64 is skipped, but the padding has to be there. */
const decode = (encoded: string): string | undefined => {
  const digits = encoded.replace(/[^A-Za-z0-9+/=]/g, "")
  if (digits.length % 4 !== 0 || !/^[^=]*={0,2}$/.test(digits)) return undefined
  const plain = atob(digits)
  return /^[\0-\x7f]*$/.test(plain) ? plain : undefined
}

/** Only apps can have `authenticateUsers`, whatever the mask of an account says. */
export const can = (caller: Caller, permission: Permissions.Permission): boolean => {
  switch (caller._tag) {
    case "Nobody":
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

/** A mask is refused as a whole, for a bit that nobody may pass on or that the caller does not have. */
export const canPassOn = (caller: Caller, mask: bigint): boolean => {
  const named = Permissions.names(Permissions.fromMask(mask))
  return (
    mask < 128n &&
    !named.includes("authenticateUsers") &&
    named.every((permission) => permission === "manageOwnTeam" || can(caller, permission)) &&
    can(caller, "managePermissions")
  )
}

export const allow = (allowed: boolean): Effect.Effect<void, Answer.Answer> =>
  allowed ? Effect.void : Effect.fail(Answer.outOfScope)

export const onlyApps = (caller: Caller): Effect.Effect<App, Answer.Answer> =>
  caller._tag === "App"
    ? Effect.succeed(caller.app)
    : Effect.fail(Answer.unauthorised("Only apps may use this endpoint."))
