import { HttpClient } from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { CacheStore } from "../../CacheStore.js"
import type { AnyError } from "../../HeraldError.js"
import type { RawResponse } from "../../RawResponse.js"
import { ResponseCache } from "../../ResponseCache.js"
import { type Lifetime, lifetimesOf } from "./cacheRequest.js"
import * as DirectAccess from "./directAccess.js"
import * as Generations from "./generations.js"
import { addressOf, sameOriginAddress } from "./keys.js"
import * as Lookup from "./lookup.js"
import * as Maintenance from "./maintenance.js"
import { refuse } from "./options.js"
import * as ReadThrough from "./readThrough.js"
import * as ResilientStore from "./resilientStore.js"
import * as ResponseWriter from "./responseWriter.js"
import * as SharedRequests from "./sharedRequests.js"
import { makeVaryDigest } from "./vary.js"

/*
 * `HttpCache` without its store in memory, for stores that are elsewhere: their programs do not load the package of that store.
 */

/** Options of a response cache. */
export interface Options {
  /**
   * Chooses the lifetime of the responses to a kind of call, with status 200, 203 or 204. It replaces the lifetime of the response
   * headers, even where these forbid to store the response. `undefined` leaves the decision to the headers (RFC 9111). Zero, a
   * negative number and NaN bypass the cache; so does a function that throws, with one warning. Default: the headers decide for
   * all calls.
   */
  readonly lifetime?: Lifetime | undefined
  /**
   * Sends equal GET and HEAD calls that run at the same time as one request. The request is interrupted when the last call that
   * waits for it is interrupted. Default: false.
   */
  readonly share?: boolean | undefined
}

/**
 * Returns the resources that a write invalidates: its own, and those of the same origin that the response names (RFC 9111,
 * 4.4).
 */
const invalidatedBy = <E>(
  url: string,
  exit: Exit.Exit<{ readonly response: RawResponse }, E>
): ReadonlyArray<string> => {
  const resources = new Set<string>()
  const address = addressOf(url)
  if (address !== undefined) resources.add(address.resource)
  if (Exit.isSuccess(exit) && exit.value.response.status < 400) {
    const { headers, redirected } = exit.value.response
    for (const reference of [headers["location"], headers["content-location"], redirected]) {
      const named = reference === undefined ? undefined : sameOriginAddress(reference, url)
      if (named !== undefined) resources.add(named.resource)
    }
  }
  return [...resources]
}

/** Makes a response cache over the `CacheStore` in context; see `HttpCache.make`. */
export const make = (
  options: Options = {}
): Effect.Effect<Context.Tag.Service<ResponseCache>, ConfigError.ConfigError, CacheStore | HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const { lifetime, share = false } = options
    // JavaScript permits other values than the types do.
    if (lifetime !== undefined && typeof lifetime !== "function") {
      return yield* refuse("lifetime", 'must be a function that returns a duration, such as () => "1 hour"')
    }
    if (typeof share !== "boolean") return yield* refuse("share", "must be true or false")
    const cacheStore = yield* CacheStore
    const scope = yield* Effect.scope
    const client = yield* HttpClient
    const store = ResilientStore.make(cacheStore)
    const generations = Generations.make(store)
    yield* Effect.addFinalizer(() => generations.close)
    const varyDigest = makeVaryDigest()
    const lookUp = Lookup.make(store, generations, varyDigest)
    const writer = ResponseWriter.make(store, generations, varyDigest)
    const lifetimes = lifetimesOf(lifetime)
    const sharedRequests = share ? SharedRequests.make<RawResponse, AnyError>(scope) : undefined

    return {
      ...Maintenance.make(cacheStore, generations, lifetimes),
      ...DirectAccess.make(lookUp, writer, generations, lifetimes),
      through: ReadThrough.make({ lookUp, writer, generations, sharedRequests, lifetimes, scope, client }),
      invalidating: (url, call) => {
        const own = addressOf(url)
        // Nothing is invalid before the request is sent, so an interruption may end the wait.
        const begun = generations.begin(own === undefined ? [] : [own.resource])
        return Effect.uninterruptibleMask((restore) =>
          Effect.flatMap(Effect.zipRight(restore(begun), Effect.exit(restore(call))), (exit) =>
            Effect.zipRight(generations.end(invalidatedBy(url, exit)), exit)
          )
        )
      }
    }
  })

/** A response cache over the `CacheStore` in context; see `HttpCache.layer`. */
export const layer = (
  options: Options = {}
): Layer.Layer<ResponseCache, ConfigError.ConfigError, CacheStore | HttpClient> =>
  Layer.scoped(ResponseCache, make(options))
