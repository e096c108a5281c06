import * as Effect from "effect/Effect"
import type { CacheRequest } from "./cacheRequest.js"
import type { Generations, Version } from "./generations.js"
import { generationKey, variantKey } from "./keys.js"
import type { ResilientStore } from "./resilientStore.js"
import { isStoredResponse, type Parsed, type StoredResponse, type VaryRecord } from "./storedResponse.js"
import type { VaryDigest } from "./vary.js"

/** Result of looking up a request in the store. */
export interface Lookup {
  /** False if the store failed. The call then continues without the cache. */
  readonly available: boolean
  /** Current generation of the resource, if it has one. */
  readonly generation: string | undefined
  /** Record of the headers that select a variant, if responses of this URL have had a `Vary` header. */
  readonly vary: VaryRecord | undefined
  /** Store key of the response to this request, stored or not; `undefined` if it can't be computed. */
  readonly key: string | undefined
  /** The stored response, if it is of the current generation. */
  readonly stored: StoredResponse | undefined
}

const unavailable: Lookup = {
  available: false,
  generation: undefined,
  vary: undefined,
  key: undefined,
  stored: undefined
}

/** Returns a parsed value if it is a response of the current generation. */
const ofGeneration = (parsed: Parsed | undefined, generation: string | undefined): StoredResponse | undefined =>
  isStoredResponse(parsed) && parsed.record.generation === generation ? parsed : undefined

/** Looks up a request in the store. */
export type LookUp = (request: CacheRequest) => Effect.Effect<Lookup>

export const make = (store: ResilientStore, generations: Generations, varyDigest: VaryDigest): LookUp => {
  const read = ({ address, key, source }: CacheRequest): Effect.Effect<Lookup> =>
    Effect.flatMap(store.get([key, generationKey(address.resource)]), (values) => {
      if (values === undefined) return Effect.succeed(unavailable)
      const [entry, marker] = values
      const generation = marker?.record._tag === "Generation" ? marker.record.id : undefined
      if (entry?.record._tag !== "Vary") {
        const stored = ofGeneration(entry, generation)
        return Effect.succeed({ available: true, generation, vary: undefined, key, stored })
      }
      const vary = entry.record
      return Effect.flatMap(varyDigest(vary.names, source.request.headers), (digest) => {
        if (digest === undefined) {
          return Effect.succeed({ available: true, generation, vary, key: undefined, stored: undefined })
        }
        const variant = variantKey(key, digest)
        return Effect.map(store.get([variant]), (variants): Lookup =>
          variants === undefined
            ? unavailable
            : { available: true, generation, vary, key: variant, stored: ofGeneration(variants[0], generation) }
        )
      })
    })

  return (request) => {
    const { resource } = request.address
    if (generations.isUsable(resource)) return read(request)
    // The generation may have been lost after the recovery of another call began.
    return Effect.flatMap(generations.recover, (recovered) =>
      recovered && generations.isUsable(resource) ? read(request) : Effect.succeed(unavailable)
    )
  }
}

/** Returns the version of a resource before a request to it is sent. Returns `undefined` if the store failed. */
export const versionFor = (
  generations: Generations,
  { clock }: CacheRequest,
  { generation }: Lookup
): Effect.Effect<Version | undefined> =>
  Effect.suspend(() => generations.version(generation, clock.unsafeCurrentTimeMillis()))
