import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { AnyError, DecodeError, EncodeError } from "./HeraldError.js"
import { lookup, storing } from "./internal/call/cacheStep.js"
import type { PreparedCall } from "./internal/call/CallInfo.js"
import { decodeSuccess } from "./internal/call/decodeResponse.js"
import { prepare } from "./internal/call/execute.js"
import * as Json from "./internal/http/json.js"
import { isGone } from "./internal/cache/staleIfError.js"
import { internals } from "./internal/operation.js"
import type { Operation, Response } from "./Operation.js"
import type { RawResponse } from "./RawResponse.js"
import * as ResponseCache from "./ResponseCache.js"

/** The number of concurrent cache lookups. */
const maxLookups = 16

/** Matches headers that describe the response for many items and do not apply to one of them. */
const batchHeaders = /^(?:content-.*|etag|last-modified|transfer-encoding)$/

/** Makes the response for one item from the response for many, with the headers that determine its freshness. */
const responseFor = (item: unknown, { headers }: Pick<Response<unknown>, "headers">): RawResponse => ({
  status: 200,
  headers: Object.fromEntries([
    ...Object.entries(headers).filter(([name]) => !batchHeaders.test(name)),
    ["content-type", "application/json"]
  ]),
  body: new TextEncoder().encode(Json.stringify(item))
})

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1

/** Options of `make`. */
export interface Options<Id, A, Many, OneArgs extends readonly [Id], OneError, OneR, ManyError, ManyR> {
  /** The operation for one id. Its endpoint decodes each item. */
  readonly one: Operation<OneArgs, A, OneError, OneR>
  /** The operation for many ids, of the same API. */
  readonly many: Operation<[ids: Arr.NonEmptyReadonlyArray<Id>], Many, ManyError, ManyR>
  /** The items of the result of `many`, undecoded: its endpoint declares them as `Schema.Unknown`. */
  readonly items: (result: Many) => Iterable<unknown>
  /** The id of a decoded item. */
  readonly id: (item: A) => Id
  /** The largest number of ids in one request. */
  readonly size: number
  /** The number of concurrent requests. Default: 1. */
  readonly concurrency?: number | "unbounded" | undefined
}

/** An option of `make` for APIs that may refuse a request for many. */
export interface Fallback<ManyError> {
  /**
   * Selects the failures of `many` after which the ids of the batch are requested by `one`, one after another. A failure of `one` with
   * the status 404 or 410 means that there is no item. Default: none.
   */
  readonly fallback: (error: ManyError) => boolean
}

/**
 * Makes a function that gets items by their ids with as few requests as possible. Items are read from the API's response cache
 * if it has a response to the operation `one` for them. The others are requested in batches, and each is stored as the response
 * to `one`, so that a later call of `one` finds it in the cache.
 *
 * The result has one `Option` for each id, in the same order: `None` if the API returns no item. A repeated id is requested
 * once. Fails with the errors of `many`, with `EncodeError` if an id does not match the endpoint of `one`, and with
 * `DecodeError` if an item does not. Batches that succeeded before a failure are in the cache. With `fallback` it fails with the
 * errors of `one`, too. Throws a `TypeError` if `size` or `concurrency` is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Authoriser, Batch, Endpoint, Operation } from "effect-herald"
 *
 * class Music extends Authoriser.Tag("example/Music")<Music>() {}
 *
 * const Track = Schema.Struct({ id: Schema.String, name: Schema.String })
 *
 * const getTrack = Operation.make(
 *   Music,
 *   () => Endpoint.get("/tracks/{id}", { success: Track }),
 *   (id: string) => ({ id })
 * )
 *
 * const getTracks = Operation.make(
 *   Music,
 *   () =>
 *     Endpoint.get("/tracks", {
 *       query: { ids: Schema.String },
 *       success: Schema.Struct({ tracks: Schema.Array(Schema.Unknown) })
 *     }),
 *   (ids: ReadonlyArray<string>) => ({ ids: ids.join() })
 * )
 *
 * const tracks = Batch.make({
 *   one: getTrack,
 *   many: getTracks,
 *   items: ({ tracks }) => tracks,
 *   id: ({ id }) => id,
 *   size: 50
 * })
 *
 * // Effect<Array<Option<{ id: string, name: string }>>, ..., HttpClient | Music>
 * const program = tracks(["4uLU6hMCjMI75M1A2tKUQC", "0VjIjW4GlUZAMYd2vXMi3b"])
 * ```
 */
export const make: {
  <Id extends string | number, A, Many, OneError, OneR, ManyError, ManyR>(
    options: Options<Id, A, Many, [id: Id], OneError, OneR, ManyError, ManyR> & Fallback<ManyError>
  ): (
    ids: Iterable<Id>
  ) => Effect.Effect<Array<Option.Option<A>>, EncodeError | DecodeError | ManyError | OneError, ManyR | OneR>
  <Id extends string | number, A, Many, OneError, OneR, ManyError, ManyR>(
    options: Options<Id, A, Many, [id: Id], OneError, OneR, ManyError, ManyR>
  ): (ids: Iterable<Id>) => Effect.Effect<Array<Option.Option<A>>, EncodeError | DecodeError | ManyError, ManyR>
} = <Id extends string | number, A, Many, OneError, OneR, ManyError, ManyR>(
  options: Options<Id, A, Many, [id: Id], OneError, OneR, ManyError, ManyR> & Partial<Fallback<ManyError>>
) => {
  const { concurrency = 1, fallback = () => false, id: idOf, items, many, one, size } = options
  if (!isCount(size)) throw new TypeError("the option size of a batch must be a whole number of at least 1")
  if (concurrency !== "unbounded" && !isCount(concurrency)) {
    throw new TypeError('the option concurrency of a batch must be a whole number of at least 1, or "unbounded"')
  }
  const { compiled, inputOf, partsOf, tag } = one[internals]

  const batch = Effect.fnUntraced(function* (wanted: ReadonlyArray<Id>) {
    const authoriser = yield* tag
    const mode = yield* ResponseCache.Current
    const found = new Map<Id, A>()
    const unique = [...new Set(wanted)]

    // Calls of `one`, for cache keys and decoding. They are not sent.
    const calls = new Map<Id, PreparedCall>(
      yield* Effect.forEach(unique, (id) =>
        Effect.map(
          prepare(compiled(), authoriser, () => {
            const input = inputOf([id])
            return { input, parts: partsOf(input) }
          }),
          (call) => [id, call] as const
        )
      )
    )
    // The endpoint of `one` decodes to the type of its operation.
    const decode = (call: PreparedCall, response: RawResponse) =>
      decodeSuccess({ call, attempts: [], response }) as Either.Either<A, DecodeError>

    if (mode === "use" || mode === "only-if-cached") {
      yield* Effect.forEach(
        calls,
        ([id, call]) =>
          Effect.map(lookup(call), (response) => {
            // A stored response that does not match the endpoint is requested again.
            const item = response === undefined ? Option.none() : Either.getRight(decode(call, response))
            if (Option.isSome(item)) found.set(id, item.value)
          }),
        { concurrency: maxLookups, discard: true }
      )
    }

    const requestOne = (id: Id) =>
      Effect.catchIf(
        Effect.map(one(id), (item) => void found.set(id, item)),
        // All errors of calls have the details that it reads.
        (error) => isGone(error as AnyError),
        () => Effect.void
      )

    const requestMany = Effect.fnUntraced(function* (ids: Arr.NonEmptyReadonlyArray<Id>) {
      const stores = new Map<Id, (response: RawResponse) => Effect.Effect<void>>()
      if (mode !== "bypass") {
        yield* Effect.forEach(ids, (id) => Effect.map(storing(calls.get(id)!), (store) => stores.set(id, store)), {
          concurrency: maxLookups,
          discard: true
        })
      }
      // Only the single items are stored, not the response for all of them.
      const received = yield* Effect.either(
        Effect.provideService(many.withResponse(ids), ResponseCache.Current, mode === "use" ? "bypass" : mode)
      )
      if (Either.isLeft(received)) {
        if (!fallback(received.left)) return yield* Effect.fail(received.left)
        return yield* Effect.forEach(ids, requestOne, { discard: true })
      }
      const response = received.right
      for (const raw of items(response.value)) {
        if (raw === null || raw === undefined) continue
        const itemResponse = responseFor(raw, response)
        // The id is unknown before the item is decoded. All calls have the same decoder.
        const item = yield* decode(calls.get(ids[0])!, itemResponse)
        const id = idOf(item)
        if (!ids.includes(id)) continue
        found.set(id, item)
        yield* stores.get(id)?.(itemResponse) ?? Effect.void
      }
    })

    const missing = unique.filter((id) => !found.has(id))
    yield* Effect.forEach(Arr.chunksOf(missing, size), requestMany, { concurrency, discard: true })
    return wanted.map((id) => Option.fromNullable(found.get(id)))
  })

  // `one` and `many` have the same tag, and lookups fail with errors that `many` fails with, too. `one` fails with `fallback` only.
  return (ids: Iterable<Id>) =>
    batch([...ids]) as Effect.Effect<Array<Option.Option<A>>, EncodeError | DecodeError | ManyError, ManyR>
}
