import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import { basic as basicHeader, type Credentials } from "./Authoriser.js"
import { randomHex, sha256Hex } from "./hex.js"
import { fieldName } from "./road/field.js"

export type { Credentials } from "./Authoriser.js"

/**
 * Credentials of one's own that do not change: what to do to each request. A request that they are refused to is not repeated.
 *
 * @example
 * ```ts
 * import { HttpClientRequest } from "@effect/platform"
 * import { Credentials } from "effect-herald"
 *
 * const signed = Credentials.make("our-app", (request) =>
 *   HttpClientRequest.setHeader(request, "x-signature", `${request.method} ${request.url}`)
 * )
 * ```
 */
export const make = (
  identity: string,
  put: (request: HttpClientRequest) => HttpClientRequest
): Effect.Effect<Credentials> =>
  Effect.succeed({
    identity,
    authorise: (request) => Effect.sync(() => ({ request: put(request), generation: 0 })),
    rejected: () => Effect.succeed(false)
  })

const refuse = (field: string, message: string) => Effect.fail(ConfigError.InvalidData([field], message))

/** What a header can hold without being changed on its way: visible ASCII (RFC 9110, 5.5; RFC 6750, 2.1). */
const visible = /^[\x21-\x7e]+$/

const checked = (field: string, secret: Redacted.Redacted) =>
  visible.test(Redacted.value(secret))
    ? Effect.succeed(Redacted.value(secret))
    : refuse(field, "A token or a key is visible ASCII, without spaces, and not empty")

const hex = (bytes: ArrayBuffer) => Encoding.encodeHex(new Uint8Array(bytes))

/**
 * A name for a secret that does not tell it: 128 bits of its SHA-256. Where there is no `crypto.subtle`, on pages over plain http, it is
 * a random one, so that nothing is shared with what was cached before.
 */
export const fingerprint = (secret: Redacted.Redacted): Effect.Effect<string> =>
  Effect.promise(async () => (hasSubtle() ? (await sha256Hex(Redacted.value(secret))).slice(0, 32) : randomHex(16)))

const hasSubtle = () => (crypto as Partial<Crypto>).subtle !== undefined

/** As OWASP advises for PBKDF2 with SHA-256; a tenth of a second, once. */
const iterations = 600_000

/**
 * A name for a user name with a password, of which people choose poor ones: one that takes long to try. One with another password is
 * somebody else to the cache.
 */
const stretched = async (username: string, password: Redacted.Redacted): Promise<string> => {
  if (!hasSubtle()) return `${username} ${randomHex(16)}`
  const bytes = new TextEncoder()
  const key = await crypto.subtle.importKey("raw", bytes.encode(Redacted.value(password)), "PBKDF2", false, [
    "deriveBits"
  ])
  const salt = bytes.encode(`effect-herald ${username}`)
  return `${username} ${hex(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, key, 128))}`
}

const header = (name: string, scheme: string, field: string, secret: Redacted.Redacted, identity: string | undefined) =>
  Effect.flatMap(checked(field, secret), (value) =>
    Effect.flatMap(identity === undefined ? fingerprint(secret) : Effect.succeed(identity), (who) =>
      make(who, (request) => HttpRequest.setHeader(request, name, scheme === "" ? value : `${scheme} ${value}`))
    )
  )

/** Who calls, for errors and for what is cached; holds no secret. Default: a fingerprint of the secret. */
export interface Options {
  readonly identity?: string | undefined
}

/**
 * A user name and a password: HTTP Basic (RFC 7617), in UTF-8. Fails with a `ConfigError` if the name has a colon, or either of them a
 * control character. The identity is the user name.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { Credentials } from "effect-herald"
 *
 * const bob = Credentials.basic({ username: "bob", password: Redacted.make("secret") })
 * ```
 */
export const basic = (credentials: {
  readonly username: string
  readonly password: Redacted.Redacted
}): Effect.Effect<Credentials, ConfigError.ConfigError> => {
  const { password, username } = credentials
  if (username.includes(":")) return refuse("username", "A user name has no colon (RFC 7617, 2)")
  if (/\p{Cc}/u.test(username)) return refuse("username", "A user name has no control characters (RFC 7617, 2)")
  if (/\p{Cc}/u.test(Redacted.value(password))) {
    return refuse("password", "A password has no control characters (RFC 7617, 2)")
  }
  // UTF-8 has no lone surrogates: another name or password would be sent.
  if (!username.isWellFormed()) return refuse("username", "A user name is well-formed Unicode")
  if (!Redacted.value(password).isWellFormed()) return refuse("password", "A password is well-formed Unicode")
  let made: Promise<string> | undefined
  // The promise is kept, and not an Effect's outcome: an interruption only leaves the wait.
  const partition = Effect.asSome(Effect.promise(() => (made ??= stretched(username, password))))
  return Effect.map(
    make(username, (request) => basicHeader(request, credentials)),
    (basic) => ({ ...basic, partition })
  )
}

/**
 * A token that does not change, as `Authorization: Bearer ...` (RFC 6750). Fails with a `ConfigError` if it can't stand in a header.
 * Tokens that expire are in `effect-herald/oauth`, or made by `Tokens.make`.
 *
 * @example
 * ```ts
 * import { Config, Effect } from "effect"
 * import { Credentials } from "effect-herald"
 *
 * const github = Effect.flatMap(Config.redacted("GITHUB_TOKEN"), Credentials.bearer)
 * ```
 */
export const bearer = (
  token: Redacted.Redacted,
  { identity }: Options = {}
): Effect.Effect<Credentials, ConfigError.ConfigError> => header("authorization", "Bearer", "token", token, identity)

/** A key that does not change, as `Authorization: Token ...`, which Django's REST framework takes, and the Python bot's site API. */
export const token = (
  key: Redacted.Redacted,
  { identity }: Options = {}
): Effect.Effect<Credentials, ConfigError.ConfigError> => header("authorization", "Token", "token", key, identity)

/**
 * A key in a header or a query parameter of this name. A header is better: what is in a query ends in the logs of servers.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { Credentials } from "effect-herald"
 *
 * const inHeader = Credentials.apiKey({ header: "x-api-key", key: Redacted.make("secret") })
 * const inQuery = Credentials.apiKey({ query: "key", key: Redacted.make("secret") })
 * ```
 */
export const apiKey = (
  options: { readonly key: Redacted.Redacted } & Options &
    ({ readonly header: string; readonly query?: never } | { readonly query: string; readonly header?: never })
): Effect.Effect<Credentials, ConfigError.ConfigError> => {
  const { header: name, identity, key, query } = options
  if (name !== undefined) {
    return fieldName.test(name)
      ? header(name.toLowerCase(), "", "key", key, identity)
      : refuse("header", "A header's name is visible ASCII, with few signs, and not empty (RFC 9110, 5.1)")
  }
  if (!query) return refuse("query", "A parameter of a query has a name")
  return Effect.flatMap(checked("key", key), (value) =>
    Effect.flatMap(identity === undefined ? fingerprint(key) : Effect.succeed(identity), (who) =>
      make(who, (request) => HttpRequest.setUrlParam(request, query, value))
    )
  )
}
