import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { DecodeError, EncodeError } from "./HeraldError.js"
import { lookup, storing } from "./internal/call/cacheStep.js"
import { decodeSuccess } from "./internal/call/decodeResponse.js"
import { prepare } from "./internal/call/execute.js"
import * as Json from "./internal/http/json.js"
import { internals } from "./internal/operation.js"
import type { Operation, Response } from "./Operation.js"
import type { RawResponse } from "./RawResponse.js"
import * as ResponseCache from "./ResponseCache.js"

/** The number of cache lookups at a time. */
const lookups = 16

/** Headers about a response as a whole, and not about an item in it. */
const ofTheWhole = /^(?:content-.*|etag|last-modified|transfer-encoding)$/

/** The response for one item, made from that for many: its headers say how long it is fresh. */
const responseFor = (item: unknown, { headers }: Pick<Response<unknown>, "headers">): RawResponse => ({
  status: 200,
  headers: Object.fromEntries([
    ...Object.entries(headers).filter(([name]) => !ofTheWhole.test(name)),
    ["content-type", "application/json"]
  ]),
  body: new TextEncoder().encode(Json.stringify(item))
})

/** Options of `make`. */
export interface Options<Id, A, Many, OneArgs extends readonly [Id], OneError, OneR, ManyError, ManyR> {
  /** The operation for one id. Its endpoint decodes each item. */
  readonly one: Operation<OneArgs, A, OneError, OneR>
  /** The operation for many ids, of the same API. */
  readonly many: Operation<[ids: Arr.NonEmptyReadonlyArray<Id>], Many, ManyError, ManyR>
  /** The items of its result, undecoded: its endpoint declares them as `Schema.Unknown`. */
  readonly items: (result: Many) => Iterable<unknown>
  /** The id of a decoded item. */
  readonly id: (item: A) => Id
  /** The largest number of ids in one request. */
  readonly size: number
  /** The number of requests at a time. Default: 1. */
  readonly concurrency?: number | "unbounded" | undefined
}

/**
 * Makes a function that gets items by their ids with as few requests as possible. Items that the API's response cache has, as
 * responses to the operation for one, are taken from there. The rest is requested in batches, and each item is stored as the
 * response to the operation for one, so that a later call of it is answered by the cache.
 *
 * The result has the order of the ids, one for one, with none where the API returns no item. An id that is given twice is
 * requested once. If a batch fails, the function fails; a second run finds the batches before it in the cache.
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
export const make = <Id extends string | number, A, Many, OneError, OneR, ManyError, ManyR>(
  options: Options<Id, A, Many, [id: Id], OneError, OneR, ManyError, ManyR>
): ((ids: Iterable<Id>) => Effect.Effect<Array<Option.Option<A>>, EncodeError | DecodeError | ManyError, ManyR>) => {
  const { concurrency = 1, id: idOf, items, many, one, size } = options
  const { compiled, inputOf, partsOf, tag } = one[internals]

  const batch = Effect.fnUntraced(function* (wanted: ReadonlyArray<Id>) {
    const authoriser = yield* tag
    const mode = yield* ResponseCache.Current
    const found = new Map<Id, A>()
    const unique = [...new Set(wanted)]

    // Calls of the operation for one, which are not sent.
    const calls = new Map(
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
    type Call = typeof calls extends Map<Id, infer Prepared> ? Prepared : never
    // The endpoint for one decodes to the type of its operation.
    const decode = (call: Call, response: RawResponse) =>
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
        { concurrency: lookups, discard: true }
      )
    }

    const request = Effect.fnUntraced(function* (ids: Arr.NonEmptyReadonlyArray<Id>) {
      const stores = new Map<Id, (response: RawResponse) => Effect.Effect<void>>()
      if (mode !== "bypass") {
        yield* Effect.forEach(
          ids,
          (id) => Effect.map(storing(calls.get(id)!), (store) => stores.set(id, store)),
          { concurrency: lookups, discard: true }
        )
      }
      // Each item is stored by itself, and not the response for all.
      const response = yield* Effect.provideService(
        many.withResponse(ids),
        ResponseCache.Current,
        mode === "use" ? "bypass" : mode
      )
      for (const raw of items(response.value)) {
        if (raw === null || raw === undefined) continue
        const own = responseFor(raw, response)
        const item = yield* decode(calls.get(ids[0])!, own)
        const id = idOf(item)
        if (!ids.includes(id)) continue
        found.set(id, item)
        yield* stores.get(id)?.(own) ?? Effect.void
      }
    })

    const missing = unique.filter((id) => !found.has(id))
    yield* Effect.forEach(Arr.chunksOf(missing, size), request, { concurrency, discard: true })
    return wanted.map((id) => Option.fromNullable(found.get(id)))
  })

  // The tag of `one` is that of `many`; lookups fail with errors that the request for many has, too.
  return (ids) => batch([...ids]) as Effect.Effect<Array<Option.Option<A>>, EncodeError | DecodeError | ManyError, ManyR>
}
