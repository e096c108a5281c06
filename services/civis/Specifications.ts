import type { HttpClient } from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as HeraldAuthoriser from "../../src/Authoriser.js"
import * as Body from "../../src/Body.js"
import { CacheStore } from "../../src/CacheStore.js"
import * as Endpoint from "../../src/Endpoint.js"
import { type CallError, type EncodeError, isHeraldError } from "../../src/HeraldError.js"
import * as BoundedStore from "../../src/internal/cache/boundedStore.js"
import * as Operation from "../../src/Operation.js"
import { Current as CacheMode } from "../../src/ResponseCache.js"
import * as Document from "../../src/spec/Document.js"
import { Authoriser } from "./Authoriser.js"
import { correctionsOf } from "./correctionsOf.js"

/** A specification of the API. */
export interface Specification {
  /** The JSON, as the server sent it. */
  readonly text: string
  /** The specification with Civis' corrections. */
  readonly document: Document.Document
  /** The time at which the server sent or confirmed it, in milliseconds since the epoch. */
  readonly checkedAt: number
}

/** A specification with the validator of its response. */
interface Stored extends Specification {
  readonly etag: string | undefined
}

/** Options of `Specifications.get`. */
export interface Options {
  /** Fetches the specification anew. */
  readonly forceRefresh: boolean
  /** The time for which a specification is used without asking the server. */
  readonly lifetime: Duration.Duration
}

/** The errors of fetching a specification. */
export type FetchError = CallError | EncodeError | Document.DocumentError

/**
 * The specifications that clients have fetched, by API key and base URL. All clients of a `layer` share them. Provide `specifications` to
 * several layers so that these share them, too.
 *
 * If a `CacheStore` is in the context when it is built, specifications are also kept there, for other processes. Each process asks the
 * server whether a specification that has expired is still current (`ETag`).
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as Civis from "effect-herald/civis"
 * import { DiskCache } from "effect-herald/node"
 *
 * const live = Civis.layerConfig().pipe(Layer.provide(DiskCache.store({ directory: "/var/cache/civis" })))
 * ```
 */
export class Specifications extends Context.Tag("effect-herald/civis/Specifications")<
  Specifications,
  {
    /**
     * Returns the specification for the caller. Sends a request if none is known, or if it has expired. If that fails because the server
     * can't be reached, returns the expired one, and logs a warning.
     */
    readonly get: (options: Options) => Effect.Effect<Specification, FetchError, HttpClient | Authoriser>
  }
>() {}

const getSpecification = Operation.make(
  Authoriser,
  () =>
    Endpoint.get("/endpoints", {
      name: "endpoints.get",
      headers: { "if-none-match": Schema.optional(Schema.String), "cache-control": Schema.optional(Schema.String) },
      success: Body.text()
    }),
  (headers: { readonly "if-none-match"?: string; readonly "cache-control"?: string }) => ({ headers })
)

/** The time for which an expired specification is kept in a store, in milliseconds: 90 days. */
const retention = 7_776_000_000

/** Returns true if an expired specification may be used instead of this error: the server, or the way to it, is at fault. */
const isUnreachable = (error: FetchError): boolean =>
  !isHeraldError(error) ||
  ["TransportError", "TimeoutError", "NotSent", "RateLimited", "ServerError", "DecodeError"].includes(error._tag)

/** Parses the specification, and applies Civis' corrections. */
const parse = (text: string): Effect.Effect<Document.Document, Document.DocumentError> =>
  Effect.flatMap(correctionsOf, (corrections) => Document.parse(text, { source: "endpoints", corrections }))

const metadataOf = ({ checkedAt, etag }: Stored): string => JSON.stringify({ checkedAt, etag })

/** Reads the metadata of a stored specification. Undefined if another program wrote it. */
const readMetadata = (metadata: string): Pick<Stored, "checkedAt" | "etag"> | undefined => {
  try {
    const value: unknown = JSON.parse(metadata)
    if (!Predicate.isRecord(value) || !Predicate.isNumber(value["checkedAt"])) return undefined
    const etag = value["etag"]
    return { checkedAt: value["checkedAt"], etag: Predicate.isString(etag) ? etag : undefined }
  } catch {
    return undefined
  }
}

/** The store of specifications beyond this process. A failure of it is no failure of the client. */
interface SpecificationStore {
  readonly read: (key: string) => Effect.Effect<Stored | undefined>
  readonly write: (key: string, specification: Stored) => Effect.Effect<void>
}

const noStore: SpecificationStore = { read: () => Effect.succeed(undefined), write: () => Effect.void }

const inStore = (cacheStore: Context.Tag.Service<CacheStore>): SpecificationStore => {
  const store = BoundedStore.make(cacheStore)
  const orLog = <A>(access: Effect.Effect<A, unknown>, fallback: A): Effect.Effect<A> =>
    Effect.catchAll(access, (error) =>
      Effect.as(Effect.logWarning("The store of the Civis API specification failed, and is not used", error), fallback)
    )
  return {
    read: (key) =>
      orLog(
        Effect.flatMap(store.get([key]), ([value]) => {
          const metadata = value && readMetadata(value.metadata)
          if (value === undefined || metadata === undefined) return Effect.succeed(undefined)
          const text = new TextDecoder().decode(value.bytes)
          return Effect.map(parse(text), (document): Stored => ({ ...metadata, text, document }))
        }),
        undefined
      ),
    write: (key, specification) =>
      orLog(
        store.set(key, {
          metadata: metadataOf(specification),
          bytes: new TextEncoder().encode(specification.text),
          dropAt: specification.checkedAt + retention
        }),
        undefined
      )
  }
}

/** Returns the key of the caller's specification: it differs by API key and base URL, and holds no secret. */
const keyOf = ({ baseUrl, credentials }: HeraldAuthoriser.Authoriser): Effect.Effect<string> =>
  Effect.map(
    credentials.storeIdentity ?? Effect.succeed(credentials.identity),
    (identity) => `civis/specification ${identity} ${baseUrl.href}`
  )

const make: Effect.Effect<Context.Tag.Service<Specifications>> = Effect.gen(function* () {
  const store = Option.match(yield* Effect.serviceOption(CacheStore), { onNone: () => noStore, onSome: inStore })
  const known = new Map<string, Stored>()
  const locks = new Map<string, Effect.Semaphore>()

  const lockOf = (key: string): Effect.Semaphore => {
    const lock = locks.get(key) ?? Effect.unsafeMakeSemaphore(1)
    locks.set(key, lock)
    return lock
  }

  const keep = (key: string, specification: Stored): Effect.Effect<Stored> =>
    Effect.as(store.write(key, specification), specification).pipe(
      Effect.tap(() => Effect.sync(() => known.set(key, specification)))
    )

  /** Asks the server for the specification. With an earlier one, only whether that is still current. */
  const fetch = (key: string, earlier: Stored | undefined, forceRefresh: boolean) =>
    Effect.gen(function* () {
      const response = yield* (
        getSpecification
          .withResponse({
            ...(earlier?.etag !== undefined && { "if-none-match": earlier.etag }),
            ...(forceRefresh && { "cache-control": "no-cache" })
          })
          // This cache has its own rules: a specification outlives what its response headers say.
          .pipe(Effect.provideService(CacheMode, "bypass"))
      )
      const checkedAt = yield* Clock.currentTimeMillis
      if (typeof response.value !== "string") {
        // Only a request with `if-none-match` has a 304.
        return yield* keep(key, { ...(earlier as Stored), checkedAt })
      }
      const document = yield* parse(response.value)
      return yield* keep(key, { text: response.value, document, checkedAt, etag: response.headers["etag"] })
    })

  const get = (key: string, { forceRefresh, lifetime }: Options) =>
    Effect.gen(function* () {
      if (forceRefresh) return yield* fetch(key, undefined, true)
      const earlier = known.get(key) ?? (yield* store.read(key))
      if (earlier === undefined) return yield* fetch(key, undefined, false)
      const age = (yield* Clock.currentTimeMillis) - earlier.checkedAt
      // A specification from the future was stored by a clock that was wrong.
      if (age >= 0 && age < Duration.toMillis(lifetime)) {
        known.set(key, earlier)
        return earlier
      }
      return yield* fetch(key, earlier, false).pipe(
        Effect.catchIf(isUnreachable, (error) =>
          Effect.as(
            Effect.logWarning(
              `The Civis API specification of ${new Date(earlier.checkedAt).toISOString()} is used, since it can't be fetched: ${error.message}`
            ),
            earlier
          )
        )
      )
    })

  return {
    get: (options) =>
      Effect.flatMap(Authoriser, (authoriser) =>
        // Clients that are made at the same time share one request.
        Effect.flatMap(keyOf(authoriser), (key) => lockOf(key).withPermits(1)(get(key, options)))
      )
  }
})

/** The `Specifications` in context, or new ones. */
export const current: Effect.Effect<Context.Tag.Service<Specifications>> = Effect.flatMap(
  Effect.serviceOption(Specifications),
  Option.match({ onNone: () => make, onSome: Effect.succeed })
)

/**
 * A layer of the specifications that several API layers share.
 *
 * @example
 * ```ts
 * import { Layer, Redacted } from "effect"
 * import * as Civis from "effect-herald/civis"
 *
 * const shared = Civis.layer({ apiKey: Redacted.make("secret") }).pipe(Layer.provide(Civis.specifications))
 * ```
 */
export const specifications: Layer.Layer<Specifications> = Layer.effect(Specifications, make)
