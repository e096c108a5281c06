import type { Headers } from "@effect/platform/Headers"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as ConfigError from "effect/ConfigError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { flatMapNow } from "./internal/flatMapNow.js"
import { atOnce, isImmediate, neverReplaced } from "./internal/immediateCredentials.js"
import { authorizedRequest } from "./internal/authorizedRequest.js"
import { encodeBase64 } from "./internal/base64.js"
import { fingerprint, isGuessable, slowFingerprint } from "./internal/fingerprint.js"
import { fieldName, isRequestField, visibleAscii } from "./internal/http/fieldSyntax.js"

/**
 * Adds credentials to requests, and reacts when the server rejects them.
 *
 * Credentials that send requests of their own take an `HttpClient` when they are made, as `Tokens.make` does. That of a call may be
 * closed when the call ends, before such a request has its response.
 */
export interface Credentials {
  /**
   * Distinguishes callers in rate limits, pauses and cache partitions. Two callers that have the same one receive each other's cached
   * responses. Holds no secret. Empty for no credentials.
   */
  readonly identity: string
  /**
   * The identity in stores outside of this process, where `identity` is a fingerprint of a secret that may be found by trying, such as a
   * PIN. Slow to compute. Default: the identity.
   */
  readonly storeIdentity?: Effect.Effect<string> | undefined
  /** Names the caller in messages, and has no other effect. Holds no secret. Default: the identity. */
  readonly name?: string | undefined
  /**
   * The partition of the response cache, for credentials whose identity does not determine it: the next sign-in may be that of
   * another user. None before the first sign-in. Holds no secret. Default: the identity.
   */
  readonly partition?: Effect.Effect<Option.Option<string>, CredentialsFailure> | undefined
  /** Adds credentials to a request, and returns it with their generation, a number that changes when they are refreshed. */
  readonly authorize: (request: HttpClientRequest) => Effect.Effect<AuthorizedRequest, CredentialsFailure>
  /**
   * Runs after a 401 to credentials of this generation. Returns true if other credentials are available, so that the request is
   * sent once more. The rejection of an old generation has no effect.
   */
  readonly rejected: (generation: number) => Effect.Effect<boolean, CredentialsFailure>
  /**
   * Wraps each attempt, from `authorize` to the last byte of the response. It can delay attempts while the credentials are
   * being replaced.
   */
  readonly wrapAttempt?: <A, E, R>(attempt: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /**
   * Selects the credentials of an operation whose document names security schemes: alternatives, each the names of those that apply
   * together. Default: these credentials, whatever the schemes.
   */
  readonly forSecurity?: ((alternatives: ReadonlyArray<ReadonlyArray<string>>) => Credentials) | undefined
}

/** A request with credentials. */
export interface AuthorizedRequest {
  readonly request: HttpClientRequest
  readonly generation: number
  /** The cache partition of these credentials, where `Credentials.partition` is set. */
  readonly partition?: string | undefined
}

/**
 * Credentials could not be obtained. The call fails with an `AuthoriserError` that has this reason and message. Neither may
 * hold a secret.
 */
export class CredentialsFailure extends Data.TaggedError("CredentialsFailure")<{
  readonly reason: string
  readonly message: string
}> {}

/** No credentials: requests are sent as they are. */
export const none: Credentials = {
  identity: "",
  authorize: /* #__PURE__ */ atOnce((request: HttpClientRequest) => Effect.succeed({ request, generation: 0 })),
  rejected: neverReplaced
}

/** Credentials that do not change. */
const fixed = (identity: string, add: (request: HttpClientRequest) => HttpClientRequest): Credentials => ({
  identity,
  authorize: atOnce((request) => {
    // A value, since the pipeline uses one without a step of the runtime.
    try {
      return Effect.succeed(authorizedRequest(add(request), 0))
    } catch (defect) {
      return Effect.die(defect)
    }
  }),
  rejected: neverReplaced
})

/**
 * Makes fixed credentials from a function that adds them to a request. A request is not sent again after a 401.
 *
 * - `identity`: distinguishes the caller from others, and names it in messages. It must be of this caller alone, such as its account: two
 *   callers with the same identity share cached responses. Fails with a `ConfigError` if it is empty. Holds no secret
 * - `add`: adds the credentials to a request
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
  add: (request: HttpClientRequest) => HttpClientRequest
): Effect.Effect<Credentials, ConfigError.ConfigError> =>
  // The empty identity is that of `none`.
  isText(identity) && identity !== ""
    ? Effect.sync(() => fixed(identity, add))
    : refuse("identity", "must be a text that is not empty, of this caller alone")

const refuse = (field: string, message: string) => Effect.fail(ConfigError.InvalidData([field], message))

/** JavaScript permits other values than the types do. */
const isText = (value: unknown): value is string => typeof value === "string"

const isSecretText = (value: unknown): boolean => Redacted.isRedacted(value) && isText(Redacted.value(value))

/** Computes an effect once. Memoizes a promise, since an interrupted call must not interrupt the computation that others wait for. */
const once = (compute: () => Promise<string>): Effect.Effect<string> => {
  let computed: Promise<string> | undefined
  return Effect.promise(() => (computed ??= compute()))
}

/**
 * Makes a function that adds a header, whose value does not change, to requests. The headers are joined once for each endpoint, since
 * its requests share the others.
 */
const headerAdder = (name: string, value: () => string) => {
  const joined = new WeakMap<Headers, HttpClientRequest>()
  return (request: HttpClientRequest): HttpClientRequest => {
    const known = joined.get(request.headers)
    if (known !== undefined && isLike(known, request)) return HttpRequest.setUrl(known, request.url)
    const added = HttpRequest.setHeader(request, name, value())
    joined.set(request.headers, added)
    return added
  }
}

/** Reports whether two requests differ in their URLs and headers only. */
const isLike = (one: HttpClientRequest, other: HttpClientRequest): boolean =>
  one.method === other.method &&
  one.body === other.body &&
  one.urlParams === other.urlParams &&
  Option.isNone(one.hash) &&
  Option.isNone(other.hash)

/**
 * Makes credentials that consist of one secret. Their identity is its fingerprint, so that no two secrets share one. The secret is in
 * closures only, since an Effect shows the values that it holds to `console.log`.
 */
const single = (
  field: string,
  secret: Redacted.Redacted,
  name: string,
  makeAdd: (value: () => string) => (request: HttpClientRequest) => HttpClientRequest
): Effect.Effect<Credentials, ConfigError.ConfigError> =>
  Effect.suspend(() => {
    if (!isSecretText(secret) || !visibleAscii.test(Redacted.value(secret))) {
      return refuse(field, "must be a Redacted text of visible ASCII without spaces, and not empty")
    }
    const storeIdentity = isGuessable(secret) ? once(() => slowFingerprint(secret, "")) : undefined
    return Effect.map(fingerprint(secret), (identity) => ({
      ...fixed(
        identity,
        makeAdd(() => Redacted.value(secret))
      ),
      name,
      ...(storeIdentity && { storeIdentity, partition: Effect.asSome(storeIdentity) })
    }))
  })

const authorization = (scheme: string, token: Redacted.Redacted, name: string) =>
  single("token", token, name, (value) => headerAdder("authorization", () => `${scheme} ${value()}`))

/** Options of credentials that consist of one secret. */
export interface Options {
  /** Names the caller in messages, without a secret. Default: the kind of the credentials, such as `bearer token`. */
  readonly name?: string | undefined
}

/**
 * Adds a user name and a password to a request as HTTP Basic (RFC 7617), in UTF-8. Unlike `basic`, does not check that they are
 * valid.
 */
export const setBasic = (
  request: HttpClientRequest,
  credentials: { readonly username: string; readonly password: Redacted.Redacted }
): HttpClientRequest =>
  HttpRequest.setHeader(
    request,
    "authorization",
    `Basic ${encodeBase64(`${credentials.username}:${Redacted.value(credentials.password)}`)}`
  )

/**
 * A user name and a password, as HTTP Basic (RFC 7617) in UTF-8. The identity is the user name; cached responses are separated by the
 * password, too. Fails with a `ConfigError` if the user name has a colon, or either has a control character or a lone surrogate.
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
  if (!isText(username)) return refuse("username", "must be a text")
  if (!isSecretText(password)) return refuse("password", "must be a Redacted text")
  if (username.includes(":")) return refuse("username", "must not have a colon (RFC 7617, 2)")
  if (/\p{Cc}/u.test(username)) return refuse("username", "must not have control characters (RFC 7617, 2)")
  if (/\p{Cc}/u.test(Redacted.value(password))) {
    return refuse("password", "must not have control characters (RFC 7617, 2)")
  }
  // UTF-8 has no lone surrogates, so that another name or password would be sent.
  if (!username.isWellFormed()) return refuse("username", "must be well-formed Unicode")
  if (!Redacted.value(password).isWellFormed()) return refuse("password", "must be well-formed Unicode")
  return Effect.sync(() => ({
    ...fixed(username, (request) => setBasic(request, credentials)),
    name: `basic user ${username}`,
    // Passwords are guessable.
    partition: Effect.asSome(once(async () => `${username} ${await slowFingerprint(password, username)}`))
  }))
}

/**
 * A token that does not change, as `Authorization: Bearer ...` (RFC 6750). Fails with a `ConfigError` if a header can't hold
 * it. For tokens that expire see `effect-herald/oauth` and `Tokens.make`.
 *
 * @example
 * ```ts
 * import { Config, Effect } from "effect"
 * import { Credentials } from "effect-herald"
 *
 * const github = Effect.flatMap(Config.redacted("GITHUB_TOKEN"), (token) => Credentials.bearer(token))
 * ```
 */
export const bearer = (
  token: Redacted.Redacted,
  { name = "bearer token" }: Options = {}
): Effect.Effect<Credentials, ConfigError.ConfigError> => authorization("Bearer", token, name)

/**
 * A key that does not change, as `Authorization: Token ...`, the scheme of Django REST framework. Fails with a `ConfigError`
 * if a header can't hold it.
 */
export const token = (
  key: Redacted.Redacted,
  { name = "Token key" }: Options = {}
): Effect.Effect<Credentials, ConfigError.ConfigError> => authorization("Token", key, name)

/**
 * A key in a header, a query parameter or a cookie. Prefer a header: servers log queries. A browser sends no cookie that a program
 * sets. Fails with a `ConfigError` if the name or the key is invalid.
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
    (
      | { readonly header: string; readonly query?: never; readonly cookie?: never }
      | { readonly query: string; readonly header?: never; readonly cookie?: never }
      | { readonly cookie: string; readonly header?: never; readonly query?: never }
    )
): Effect.Effect<Credentials, ConfigError.ConfigError> => {
  const { cookie, header, key, name, query } = options
  if (header !== undefined) {
    return isText(header) && isRequestField(header)
      ? single("key", key, name ?? `API key in the header ${header.toLowerCase()}`, (value) =>
          headerAdder(header.toLowerCase(), value)
        )
      : refuse("header", "must be the name of a header that a request can have (RFC 9110, 5.1, 7.6.1)")
  }
  if (cookie !== undefined) {
    if (!isText(cookie) || !fieldName.test(cookie))
      return refuse("cookie", "must be the name of a cookie (RFC 6265, 4.1.1)")
    // The key itself is checked by `single`.
    return isSecretText(key) && /[",;\\]/.test(Redacted.value(key))
      ? refuse("key", 'must be a text that a cookie can hold: without " , ; and \\ (RFC 6265, 4.1.1)')
      : single("key", key, name ?? `API key in the cookie ${cookie}`, (value) => (request) => {
          const others = request.headers["cookie"]
          const pair = `${cookie}=${value()}`
          return HttpRequest.setHeader(request, "cookie", others === undefined ? pair : `${others}; ${pair}`)
        })
  }
  if (!isText(query) || query === "") return refuse("query", "must be the name of a query parameter, not empty")
  return single(
    "key",
    key,
    name ?? `API key in the query parameter ${query}`,
    (value) => (request) => HttpRequest.setUrlParam(request, query, value())
  )
}

/**
 * A key as the user name of HTTP Basic (RFC 7617), with an empty password, as of Civis and Stripe. The key is the secret, so it is in no
 * message. Fails with a `ConfigError` if the key has a colon, or a header can't hold it.
 *
 * @example
 * ```ts
 * import { Config, Effect } from "effect"
 * import { Credentials } from "effect-herald"
 *
 * const stripe = Effect.flatMap(Config.redacted("STRIPE_KEY"), (key) => Credentials.basicKey(key))
 * ```
 */
export const basicKey = (
  key: Redacted.Redacted,
  { name = "API key as basic user" }: Options = {}
): Effect.Effect<Credentials, ConfigError.ConfigError> =>
  isSecretText(key) && Redacted.value(key).includes(":")
    ? refuse("key", "must not have a colon (RFC 7617, 2)")
    : single("key", key, name, (value) => headerAdder("authorization", () => `Basic ${encodeBase64(`${value()}:`)}`))

/** The number of generations of combined credentials that are remembered: more than are in use at any time. */
const maxGenerations = 100

/** The generations of credentials that were combined, one for each of them, by the generation of the combination. */
const makeGenerations = () => {
  /** The last ones, by number. */
  const known = new Map<number, ReadonlyArray<number>>()
  let next = 0
  return {
    indexOf: (generations: ReadonlyArray<number>): number => {
      const last = known.get(next - 1)
      if (last?.every((generation, index) => generation === generations[index]) === true) return next - 1
      known.set(next, generations)
      known.delete(next - maxGenerations)
      next += 1
      return next - 1
    },
    /** Returns undefined for one that is forgotten. */
    at: (index: number): ReadonlyArray<number> | undefined => known.get(index)
  }
}

/** Credentials whose requests all fail, before they are sent. */
const failing = (fail: () => Effect.Effect<never, CredentialsFailure>): Credentials => ({
  identity: "",
  // Without a partition, no stored response is used.
  partition: Effect.suspend(fail),
  authorize: fail,
  rejected: neverReplaced
})

/** Combines credentials that apply to a request together, in order. */
const combined = (parts: ReadonlyArray<Credentials>): Credentials => {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
  const generations = makeGenerations()

  /** Joins the texts of the parts, so that no two combinations have the same one. */
  const join = (texts: ReadonlyArray<string>): string => JSON.stringify(texts)

  const partitionOf = ({ identity, partition }: Credentials, known?: string) =>
    known !== undefined
      ? Effect.succeed(Option.some(known))
      : partition === undefined
        ? Effect.succeed(Option.some(identity))
        : partition

  const partitioned = parts.some(({ partition }) => partition !== undefined)

  const joinPartitions = (known: ReadonlyArray<string | undefined>) =>
    Effect.map(
      Effect.forEach(parts, (part, index) => partitionOf(part, known[index])),
      (partitions) => Option.map(Option.all(partitions), join)
    )

  const authorizeFrom = (
    request: AuthorizedRequest["request"],
    done: ReadonlyArray<Pick<AuthorizedRequest, "generation" | "partition">>
  ): Effect.Effect<AuthorizedRequest, CredentialsFailure> => {
    const next = parts[done.length]
    if (next !== undefined) {
      return flatMapNow(next.authorize(request), (authorized) =>
        authorizeFrom(authorized.request, [...done, authorized])
      )
    }
    const generation = generations.indexOf(done.map(({ generation }) => generation))
    // Only those that report their partition may belong to another user than before.
    return done.every(({ partition }) => partition === undefined)
      ? Effect.succeed(authorizedRequest(request, generation))
      : Effect.map(joinPartitions(done.map(({ partition }) => partition)), (partition) =>
          authorizedRequest(request, generation, Option.getOrUndefined(partition))
        )
  }

  const authorize = (request: AuthorizedRequest["request"]) => authorizeFrom(request, [])
  const changing = parts.some(({ rejected }) => rejected !== neverReplaced)
  const wrapped = parts.some(({ wrapAttempt }) => wrapAttempt !== undefined)
  return {
    identity: join(parts.map(({ identity }) => identity)),
    name: parts.map(({ identity, name }) => name ?? identity).join(" and "),
    ...(parts.some(({ storeIdentity }) => storeIdentity !== undefined) && {
      storeIdentity: Effect.map(
        Effect.forEach(parts, ({ identity, storeIdentity }) => storeIdentity ?? Effect.succeed(identity)),
        join
      )
    }),
    ...(partitioned && { partition: Effect.suspend(() => joinPartitions([])) }),
    authorize: parts.every(isImmediate) ? atOnce(authorize) : authorize,
    rejected: changing
      ? (generation) =>
          Effect.suspend(() => {
            const each = generations.at(generation)
            // Others replaced it long ago.
            if (each === undefined) return Effect.succeed(true)
            return Effect.map(
              Effect.forEach(parts, ({ rejected }, index) => rejected(each[index] ?? 0)),
              (others) => others.some(Boolean)
            )
          })
      : neverReplaced,
    ...(wrapped && {
      wrapAttempt: <A, E, R>(attempt: Effect.Effect<A, E, R>) =>
        parts.reduce((wrapped, { wrapAttempt }) => wrapAttempt?.(wrapped) ?? wrapped, attempt)
    })
  }
}

/** The names of the schemes of an alternative, for a message. */
const alternativeText = (names: ReadonlyArray<string>): string => names.join(" and ")

/**
 * Credentials by security scheme, for an API whose document names the schemes of each operation. A call uses the first alternative of
 * which all schemes are given, all of them together. An operation for which security is optional is called without credentials if none
 * of its alternatives is given; one without security always is. A call fails with an `AuthoriserError` that names the schemes if its
 * operation needs others. An operation that names none uses the first credentials here.
 *
 * - `schemes`: the credentials by the names of the schemes; undefined for one that is not given. For `mutualTLS` and other schemes that
 *   add nothing to a request: `Effect.succeed(Credentials.none)`
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { Credentials } from "effect-herald"
 *
 * const credentials = Credentials.bySecurity({
 *   api_key: Credentials.apiKey({ header: "x-api-key", key: Redacted.make("secret") }),
 *   bearerAuth: Credentials.bearer(Redacted.make("secret"))
 * })
 * ```
 */
export const bySecurity = <E = never, R = never>(
  schemes: Readonly<Record<string, Effect.Effect<Credentials, E, R> | undefined>>
): Effect.Effect<Credentials, E, R> =>
  Effect.map(
    Effect.forEach(
      Object.entries(schemes).flatMap(([name, credentials]) =>
        credentials === undefined ? [] : [[name, credentials] as const]
      ),
      ([name, credentials]) => Effect.map(credentials, (made) => [name, made] as const)
    ),
    (made) => {
      const given = new Map(made)
      const [first] = given.values()
      const known = new Map<string, Credentials>()
      const select = (alternatives: ReadonlyArray<ReadonlyArray<string>>): Credentials => {
        const chosen = alternatives.find((names) => names.length > 0 && names.every((name) => given.has(name)))
        if (chosen !== undefined) return combined(chosen.map((name) => given.get(name)!))
        if (alternatives.length === 0 || alternatives.some((names) => names.length === 0)) return none
        const needed = alternatives.map(alternativeText).join(", or ")
        const message = `the operation needs the credentials of ${needed}, and ${
          given.size === 0 ? "none are given" : `those of ${[...given.keys()].join(", ")} are given`
        }: add them to Credentials.bySecurity`
        return failing(() => Effect.fail(new CredentialsFailure({ reason: "Security", message })))
      }
      return {
        ...(first ?? none),
        forSecurity: (alternatives) => {
          const key = JSON.stringify(alternatives)
          const selected = known.get(key) ?? select(alternatives)
          known.set(key, selected)
          return selected
        }
      }
    }
  )
