import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { RawResponse } from "../../RawResponse.js"
import type { ResponseCache } from "../../ResponseCache.js"
import { type Lifetimes, withCacheRequest } from "./cacheRequest.js"
import { usageOf } from "./freshness.js"
import type { Generations } from "./generations.js"
import { versionFor, type LookUp } from "./lookup.js"
import type { ResponseWriter } from "./responseWriter.js"
import { responseOf, tagOf } from "./storedResponse.js"

const storeNothing = () => Effect.void

/** Makes the functions that read and store a response without sending its request. A batch uses them for its items. */
export const make = (
  lookUp: LookUp,
  writer: ResponseWriter,
  generations: Generations,
  lifetimes: Lifetimes
): Pick<Context.Tag.Service<ResponseCache>, "lookup" | "storing"> => ({
  lookup: (source) =>
    Effect.clockWith((clock) =>
      withCacheRequest(lifetimes, source, clock, (request) => {
        // Neither the head nor a part of a response is an item.
        if (request === undefined || request.condition !== undefined || request.wholeKey !== undefined) {
          return Effect.succeed(undefined)
        }
        return Effect.map(lookUp(request), ({ stored }) => {
          if (stored === undefined) return undefined
          const now = clock.unsafeCurrentTimeMillis()
          return usageOf(stored.rules, stored.record.requestedAt, request, now) === "Use"
            ? responseOf(stored, now, tagOf(stored, request, now))
            : // Nothing would revalidate it.
              undefined
        })
      })
    ),

  storing: (source) =>
    Effect.clockWith((clock) =>
      withCacheRequest(lifetimes, source, clock, (request) => {
        if (request === undefined) return Effect.succeed(storeNothing)
        return Effect.flatMap(lookUp(request), (lookup) => {
          if (!lookup.available) return Effect.succeed(storeNothing)
          const requestedAt = clock.unsafeCurrentTimeMillis()
          return Effect.map(versionFor(generations, request, lookup), (version) =>
            version === undefined
              ? storeNothing
              : (response: RawResponse) => writer.write({ request, lookup, version, requestedAt }, response)
          )
        })
      })
    )
})
