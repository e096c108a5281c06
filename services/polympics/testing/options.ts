import type * as HttpClient from "@effect/platform/HttpClient"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { CallbackEvent } from "../../../schemas/polympics/Callback.js"
import type { Permissions } from "../../../schemas/polympics/Permissions.js"

/**
 * A time, as any input of `DateTime.make`. A number is in milliseconds since the epoch. It can have a fraction, since the API's
 * times are in microseconds.
 */
export type Time = DateTime.DateTime.Input

/** An account of the initial state. `id` is an integer of up to 64 bits, in digits. */
export interface AccountOptions {
  readonly id: string
  readonly name: string
  /** Default: `"0000"`. */
  readonly discriminator?: string | undefined
  readonly avatarUrl?: string | null | undefined
  /** The id of its team. Default: none. */
  readonly team?: number | null | undefined
  /** Default: none. */
  readonly permissions?: Permissions | undefined
  /** Default: the time when the server is made. */
  readonly createdAt?: Time | undefined
}

/** A team of the initial state. */
export interface TeamOptions {
  readonly id: number
  readonly name: string
  /** Default: the time when the server is made. */
  readonly createdAt?: Time | undefined
}

/** An award of the initial state. */
export interface AwardOptions {
  readonly id: number
  readonly title: string
  readonly imageUrl: string
  /** The id of the team that it belongs to. Default: none. */
  readonly team?: number | null | undefined
  /** The ids of the accounts that hold it. Default: none. */
  readonly accounts?: ReadonlyArray<string> | undefined
}

/** An app of the initial state. Its user name is `A<id>`. */
export interface AppOptions {
  readonly id: number
  /** Default: `"app"`. */
  readonly name?: string | undefined
  readonly password: string | Redacted.Redacted
  /** Default: all permissions that an app can have. */
  readonly permissions?: Permissions | undefined
}

/** A user's session of the initial state. Its user name is `S<id>`. */
export interface SessionOptions {
  readonly id: number
  /** The id of its account. */
  readonly account: string
  readonly password: string | Redacted.Redacted
  /** Default: 30 days after the server is made. */
  readonly expiresAt?: Time | undefined
}

/** A callback of the initial state. */
export interface CallbackOptions {
  readonly id: number
  /** The id of the app. */
  readonly app: number
  /** Default: `"account_team_update"`. */
  readonly event?: CallbackEvent | undefined
  readonly url: string
  readonly secret: string | Redacted.Redacted
}

/** The user that Discord returns for a token. */
export interface DiscordUser {
  readonly id: string
  readonly name: string
  readonly discriminator: string
  readonly avatarUrl: string
}

/**
 * The initial state of the server, and its behaviour. New ids continue after the highest one of the initial state.
 *
 * @example
 * ```ts
 * import * as Polympics from "effect-herald/polympics"
 * import type { ServerOptions } from "effect-herald/polympics/testing"
 *
 * const options: ServerOptions = {
 *   teams: [{ id: 1, name: "Bobcats" }],
 *   accounts: [{ id: "1", name: "Bob", team: 1, permissions: Polympics.Permissions.of("manageOwnTeam") }],
 *   apps: [{ id: 1, password: "of the app" }],
 *   sessions: [{ id: 1, account: "1", password: "of the session" }]
 * }
 * ```
 */
export interface ServerOptions {
  readonly accounts?: Iterable<AccountOptions> | undefined
  readonly teams?: Iterable<TeamOptions> | undefined
  readonly awards?: Iterable<AwardOptions> | undefined
  readonly apps?: Iterable<AppOptions> | undefined
  readonly sessions?: Iterable<SessionOptions> | undefined
  readonly callbacks?: Iterable<CallbackOptions> | undefined
  /**
   * The users of valid Discord tokens, by token. `"outage"` is a token for which Discord's response is not JSON, so that the API
   * responds with a 500. Default: none.
   */
  readonly discordUsers?: Readonly<Record<string, DiscordUser | "outage">> | undefined
  /** Default: true. */
  readonly signupsOpen?: boolean | undefined
  /** The client that posts events to callbacks. Default: none, so that callbacks are stored but not called. */
  readonly callbackClient?: HttpClient.HttpClient | undefined
  /** Makes the passwords of new sessions and of resets. Default: 32 random bytes in base64. */
  readonly makePassword?: Effect.Effect<string> | undefined
}
