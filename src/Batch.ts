import type { HttpClient } from "@effect/platform/HttpClient"
import * as Arr from "effect/Array"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Answer } from "./Answer.js"
import type { Authoriser } from "./Authoriser.js"
import type * as HeraldError from "./HeraldError.js"
import * as Json from "./Json.js"
import type * as Operation from "./Operation.js"
import type { Refusal } from "./Refusal.js"
import * as ResponseCache from "./ResponseCache.js"
import { decode } from "./road/answer.js"
import { cached, keeping } from "./road/cache.js"
import { encode, type Input } from "./road/encode.js"
import { teller, type Told } from "./road/errors.js"
import { compile, type Route } from "./road/route.js"
import { travel } from "./road/travel.js"

/** So many are looked for in the cache at a time. */
const lookups = 16

/** Headers that are about the answer as a whole, and not about an item of it. */
const ofTheWhole = /^(?:content-.*|etag|last-modified|transfer-encoding)$/

/** An answer for one, from that for many: with what it says of how long it is good. */
const answerFor = (item: unknown, { headers }: Answer): Answer => ({
  status: 200,
  headers: Object.fromEntries([
    ...Object.entries(headers).filter(([name]) => !ofTheWhole.test(name)),
    ["content-type", "application/json"]
  ]),
  body: new TextEncoder().encode(Json.stringify(item))
})

/**
 * A batch: from many ids, by an API's endpoint for many. What the caller's response cache has of them, by the endpoint for one, is taken
 * from there; the rest is fetched, so many at a time, and kept there, each as the answer for one, so that a call for that one finds it.
 * What comes back is in the order of the ids, one for one: none where the API has no such thing. An id that is given twice is
 * fetched once.
 *
 * - `one`: the endpoint for one; how its answer is described is how each item is
 * - `many`: the endpoint for many
 * - `items`: where the items are in its answer, as they came: what `one` describes is yet to be decoded, so let `many` say `Schema.Unknown`
 *   there
 * - `id`: what an item is asked for by
 * - `size`: how many the API gives at a time, at most
 * - `concurrency`: how many requests at a time. Default: 1
 *
 * Without a cache it is all fetched. When a chunk fails, so does the batch, and another try finds the chunks before it cached.
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { Context, Schema } from "effect"
 * import { type Authoriser, Batch } from "effect-herald"
 *
 * class Music extends Context.Tag("example/Music")<Music, Authoriser.Authoriser>() {}
 *
 * const Track = Schema.Struct({ id: Schema.String, name: Schema.String })
 *
 * const tracks = Batch.make(Music, {
 *   one: {
 *     endpoint: () =>
 *       HttpApiEndpoint.get("getTrack", "/tracks/:id")
 *         .setPath(Schema.Struct({ id: Schema.String }))
 *         .addSuccess(Track),
 *     request: (id: string) => ({ path: { id } })
 *   },
 *   many: {
 *     endpoint: () =>
 *       HttpApiEndpoint.get("getTracks", "/tracks")
 *         .setUrlParams(Schema.Struct({ ids: Schema.String }))
 *         .addSuccess(Schema.Struct({ tracks: Schema.Array(Schema.Unknown) })),
 *     request: (ids) => ({ urlParams: { ids: ids.join() } })
 *   },
 *   items: ({ tracks }) => tracks,
 *   id: ({ id }) => id,
 *   size: 50
 * })
 *
 * // Effect<Array<Option<{ id: string, name: string }>>, ..., HttpClient | Music>
 * const program = tracks(["4uLU6hMCjMI75M1A2tKUQC", "0VjIjW4GlUZAMYd2vXMi3b"])
 * ```
 */
export const make = <
  Tag,
  Service extends Authoriser,
  Id extends string | number,
  Path,
  UrlParams,
  Payload,
  Headers,
  A,
  Error extends Refusal,
  ManyPath,
  ManyUrlParams,
  ManyPayload,
  ManyHeaders,
  Many,
  ManyError extends Refusal
>(
  authoriser: Context.Tag<Tag, Service>,
  options: {
    readonly one: {
      readonly endpoint: () => Operation.Endpoint<Path, UrlParams, Payload, Headers, A, Error>
      readonly request: (id: Id) => Operation.Request<Path, UrlParams, Payload, Headers>
    }
    readonly many: {
      readonly endpoint: () => Operation.Endpoint<ManyPath, ManyUrlParams, ManyPayload, ManyHeaders, Many, ManyError>
      readonly request: (
        ids: Arr.NonEmptyReadonlyArray<Id>
      ) => Operation.Request<ManyPath, ManyUrlParams, ManyPayload, ManyHeaders>
    }
    readonly items: (answer: Many) => Iterable<unknown>
    readonly id: (item: A) => Id
    readonly size: number
    readonly concurrency?: number | "unbounded" | undefined
  }
): ((
  ids: Iterable<Id>
) => Effect.Effect<
  Array<Option.Option<A>>,
  HeraldError.AnyCall | Operation.Refusals[ManyError["_tag"]] | HeraldError.EncodeError,
  HttpClient | Tag
>) => {
  const { concurrency = 1, id, items, many, one, size } = options
  type Errors = HeraldError.AnyCall | Operation.Refusals[ManyError["_tag"]] | HeraldError.EncodeError

  let routes: { readonly one: Route; readonly many: Route } | undefined
  const compiled = () =>
    (routes ??= {
      one: compile(one.endpoint()),
      many: { ...compile(many.endpoint()), present: (answer, value) => ({ answer, value }) }
    })

  /** A call for one, which is not sent. */
  const callFor = (route: Route, caller: Authoriser, wanted: Id): Either.Either<Told, HeraldError.EncodeError> => {
    // What the endpoint's request is made of is encoded by the endpoint's schemas.
    const input = one.request(wanted) as Input
    const call: Told = { route, baseUrl: caller.baseUrl, identity: caller.identity, input, attempts: [] }
    return Either.mapBoth(encode(route, caller.baseUrl, input), {
      onLeft: (issues) => teller(call).encodeError(issues),
      onRight: (plain) => ({ ...call, plain })
    })
  }

  /** The route for one decodes by its endpoint's schemas, which give this type. */
  const itemIn = (call: Told, answer: Answer) => decode(call, answer) as Either.Either<A, HeraldError.DecodeError>

  return (ids) => {
    const wanted = [...ids]
    const batch = Effect.gen(function* () {
      const caller = yield* authoriser
      const mode = yield* ResponseCache.Current
      const routes = compiled()
      const found = new Map<Id, A>()

      const unique = [...new Set(wanted)]
      const calls = new Map<Id, Told>()
      for (const id of unique) calls.set(id, yield* callFor(routes.one, caller, id))

      if (mode === "use" || mode === "only-if-cached") {
        yield* Effect.forEach(
          calls,
          ([id, call]) =>
            Effect.map(cached(call, caller), (answer) => {
              // What is kept and can't be read is fetched.
              const item = answer === undefined ? Option.none() : Either.getRight(itemIn(call, answer))
              if (Option.isSome(item)) found.set(id, item.value)
            }),
          { concurrency: lookups, discard: true }
        )
      }

      const fetch = (chunk: Arr.NonEmptyReadonlyArray<Id>) =>
        Effect.gen(function* () {
          const keepers = new Map<Id, (answer: Answer) => Effect.Effect<void>>()
          if (mode !== "bypass") {
            yield* Effect.forEach(
              chunk,
              (id) => Effect.map(keeping(calls.get(id)!, caller), (keeper) => keepers.set(id, keeper)),
              { concurrency: lookups, discard: true }
            )
          }
          const { answer, value } = (yield* travel(routes.many, caller, () => many.request(chunk) as Input)) as {
            readonly answer: Answer
            readonly value: Many
          }
          for (const raw of items(value)) {
            if (raw === null || raw === undefined) continue
            const own = answerFor(raw, answer)
            const item = yield* itemIn(calls.get(chunk[0])!, own)
            if (!chunk.includes(id(item))) continue
            found.set(id(item), item)
            yield* keepers.get(id(item))?.(own) ?? Effect.void
          }
        }).pipe(
          // Each item is kept by itself.
          Effect.provideService(ResponseCache.Current, mode === "use" ? "bypass" : mode)
        )

      const missing = unique.filter((id) => !found.has(id))
      yield* Effect.forEach(Arr.chunksOf(missing, size), fetch, { concurrency, discard: true })
      return wanted.map((id) => Option.fromNullable(found.get(id)))
    })
    // The routes fail with what their endpoints declare, and with what any call can end with.
    return batch as Effect.Effect<Array<Option.Option<A>>, Errors, HttpClient | Tag>
  }
}
