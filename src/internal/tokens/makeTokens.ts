import { HttpClient } from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { CredentialsFailure } from "../../Credentials.js"
import type * as Token from "../../Token.js"
import type { Options, Tokens } from "../../Tokens.js"
import * as TokenStore from "../../TokenStore.js"
import { isDuration } from "../isDuration.js"
import { makeAcquireToken } from "./acquireToken.js"
import { makeCurrentToken, type NumberedToken } from "./currentToken.js"
import { makeSharedAcquisition } from "./sharedAcquisition.js"
import { makeTokenStorage } from "./tokenStorage.js"

/** What the library knows about its own sources of tokens. */
export interface SourceOptions {
  /** The name of the token in messages. */
  readonly label: string
  /** True if a grant needs no person, and uses up nothing that was stored. */
  readonly grantIsSilent: boolean
}

const setAuthorization = (request: HttpClientRequest, { accessToken, tokenType }: Token.Token): HttpClientRequest =>
  HttpRequest.setHeader(request, "authorization", `${tokenType} ${Redacted.value(accessToken)}`)

const credentialsFailure = ({ message, reason }: Token.TokenFailure) => new CredentialsFailure({ reason, message })

/** Makes the tokens of `Tokens.make`. */
export const makeTokens = (
  options: Options,
  { grantIsSilent, label }: SourceOptions
): Effect.Effect<Tokens, ConfigError.ConfigError, HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const { apply = setAuthorization, identity, name, subject = "per-grant" } = options
    const { refreshMargin: margin = "1 minute" } = options
    if (!isDuration(margin)) {
      return yield* Effect.fail(ConfigError.InvalidData(["refreshMargin"], "must be a duration, such as `1 minute`"))
    }
    const refreshMargin = Duration.toMillis(margin)
    const scope = yield* Effect.scope
    const client = yield* HttpClient
    const surrounding = yield* Effect.serviceOption(TokenStore.TokenStore)
    const store = Option.isSome(surrounding) ? surrounding.value : yield* TokenStore.makeMemory

    const storage = makeTokenStorage(store, name, label)
    const current = makeCurrentToken(refreshMargin)
    const acquisition = makeAcquireToken({ label, source: options, grantIsSilent, storage, current, refreshMargin })
    const { acquire, forget } = makeSharedAcquisition({
      acquireToken: (forceNew) => Effect.provideService(acquisition.acquire(forceNew), HttpClient, client),
      forgetRefusals: acquisition.forgetRefusals,
      current,
      scope,
      storage
    })

    const usable: Effect.Effect<NumberedToken, Token.TokenFailure> = Effect.clockWith((clock) => {
      const token = current.usable(clock)
      return token === undefined ? acquire("use") : Effect.succeed(token)
    })

    const partitionOf = (grantId: string) => `${identity} ${grantId}`

    const partition = Effect.suspend(() => {
      const known = current.grantId()
      if (known !== undefined) return Effect.succeedSome(partitionOf(known))
      const setGrantId = current.grantIdSetter()
      return Effect.mapBoth(storage.load, {
        onSuccess: (token) => {
          setGrantId(token?.grantId)
          return Option.map(Option.fromNullable(current.grantId()), partitionOf)
        },
        onFailure: credentialsFailure
      })
    })

    return {
      identity,
      ...(subject === "per-grant" ? { partition } : {}),
      authorize: (request) =>
        Effect.mapBoth(usable, {
          onSuccess: ({ generation, token }) => ({
            request: apply(request, token),
            generation,
            partition: subject === "per-grant" ? partitionOf(token.grantId) : undefined
          }),
          onFailure: credentialsFailure
        }),
      rejected: (generation) =>
        Effect.suspend(() => {
          // The token was removed (`forget`) after the request was sent.
          if (current.isCleared(generation)) return Effect.succeed(false)
          const latest = current.get()
          if (latest !== undefined && latest.generation !== generation) {
            return Effect.succeed(generation < latest.firstGeneration)
          }
          current.reject(generation)
          return Effect.mapBoth(acquire("use"), {
            onSuccess: ({ firstGeneration }) => generation < firstGeneration,
            onFailure: credentialsFailure
          })
        }),
      token: ({ forceLoad = false, forceNew = false } = {}) =>
        Effect.map(forceNew ? acquire("renew") : forceLoad ? acquire("reload") : usable, ({ token }) => token),
      forget
    }
  })
