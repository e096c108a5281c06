import type * as HttpClient from "@effect/platform/HttpClient"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { CallbackEvent } from "../../../schemas/polympics/Callback.js"
import type { Permissions } from "../../../schemas/polympics/Permissions.js"

/**
 * A moment, in any form that `DateTime` is made from. A number is milliseconds since the epoch; a fraction of one is kept,
 * since the API tells microseconds.
 */
export type Moment = DateTime.DateTime.Input

/** An account to begin with. `id` is an integer of up to 64 bits, in digits. */
export interface AccountOptions {
  readonly id: string
  readonly name: string
  /** Default: `"0000"` */
  readonly discriminator?: string | undefined
  readonly avatarUrl?: string | null | undefined
  /** The id of its team. Default: none */
  readonly team?: number | null | undefined
  /** Default: none */
  readonly permissions?: Permissions | undefined
  /** Default: when the server is made */
  readonly createdAt?: Moment | undefined
}

export interface TeamOptions {
  readonly id: number
  readonly name: string
  /** Default: when the server is made */
  readonly createdAt?: Moment | undefined
}

export interface AwardOptions {
  readonly id: number
  readonly title: string
  readonly imageUrl: string
  /** The id of the team that it belongs to. Default: none */
  readonly team?: number | null | undefined
  /** The ids of the accounts that have it. Default: none */
  readonly accounts?: ReadonlyArray<string> | undefined
}

/** An app. Its user name is `A<id>`. */
export interface AppOptions {
  readonly id: number
  /** Default: `"app"` */
  readonly name?: string | undefined
  readonly password: string | Redacted.Redacted
  /** Default: every permission that an app can have */
  readonly permissions?: Permissions | undefined
}

/** A session of a user. Its user name is `S<id>`. */
export interface SessionOptions {
  readonly id: number
  /** The id of the account that it is of. */
  readonly account: string
  readonly password: string | Redacted.Redacted
  /** Default: 30 days after the server is made */
  readonly expiresAt?: Moment | undefined
}

/** A callback that an app has registered. */
export interface CallbackOptions {
  readonly id: number
  /** The id of the app. */
  readonly app: number
  /** Default: `"account_team_update"` */
  readonly event?: CallbackEvent | undefined
  readonly url: string
  readonly secret: string | Redacted.Redacted
}

/** What Discord says of the user whom a token belongs to. */
export interface DiscordUser {
  readonly id: string
  readonly name: string
  readonly discriminator: string
  readonly avatarUrl: string
}

/**
 * What the server holds when it starts, and how it behaves. All of it is optional; new ids continue after the highest one
 * given.
 *
 * @example
 * ```ts
 * import * as Polympics from "effect-herald/polympics"
 * import type { ServerOptions } from "effect-herald/polympics/test"
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
   * The Discord tokens that are good, and whose they are. `"outage"` stands for Discord answering with something that is
   * no JSON, which the API does not survive.
   */
  readonly discordUsers?: Readonly<Record<string, DiscordUser | "outage">> | undefined
  /** Default: true */
  readonly signupsOpen?: boolean | undefined
  /** What posts events to the callbacks. Default: nothing, callbacks are stored but never called. */
  readonly callbackClient?: HttpClient.HttpClient | undefined
  /** Makes the passwords of new sessions and reset tokens. Default: 32 random bytes in base64 */
  readonly makePassword?: Effect.Effect<string> | undefined
}
