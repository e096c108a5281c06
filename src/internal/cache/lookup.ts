import * as Effect from "effect/Effect"
import type { CacheRequest } from "./cacheRequest.js"
import type { Generations, Version } from "./generations.js"
import { generationKey, variantKey } from "./keys.js"
import type { ResilientStore } from "./resilientStore.js"
import { isStoredResponse, type Parsed, type StoredResponse, type VaryRecord } from "./storedResponse.js"
import type { VaryDigest } from "./vary.js"

/** The place of a response in the store. */
export interface Slot {
  /** Record of the headers that select a variant, if responses of this URL have had a `Vary` header. */
  readonly vary: VaryRecord | undefined
  /** Store key of the response to this request, stored or not; `undefined` if it can't be computed. */
  readonly key: string | undefined
  /** The stored response, if it is of the current generation. */
  readonly stored: StoredResponse | undefined
}

/** Result of looking up a request in the store. */
export interface Lookup extends Slot {
  /** False if the store failed. The call then continues without the cache. */
  readonly available: boolean
  /** Current generation of the resource, if it has one. */
  readonly generation: string | undefined
  /** The place of the whole response, if the request is about a part of it. */
  readonly whole: Slot | undefined
}

const unavailable: Lookup = {
  available: false,
  generation: undefined,
  whole: undefined,
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
  /** Finds the slot of a request from the value under its key. Returns `undefined` if the store failed. */
  const slotOf = (
    key: string,
    entry: Parsed | undefined,
    generation: string | undefined,
    { headers }: CacheRequest["source"]["request"]
  ): Effect.Effect<Slot | undefined> => {
    if (entry?.record._tag !== "Vary") {
      return Effect.succeed({ vary: undefined, key, stored: ofGeneration(entry, generation) })
    }
    const vary = entry.record
    return Effect.flatMap(varyDigest(vary.names, headers), (digest): Effect.Effect<Slot | undefined> => {
      if (digest === undefined) return Effect.succeed({ vary, key: undefined, stored: undefined })
      const variant = variantKey(key, digest)
      return Effect.map(
        store.get([variant]),
        (variants) => variants && { vary, key: variant, stored: ofGeneration(variants[0], generation) }
      )
    })
  }

  const read = ({ address, key, source, wholeKey }: CacheRequest): Effect.Effect<Lookup> => {
    const keys = [key, generationKey(address.resource), ...(wholeKey === undefined ? [] : [wholeKey])]
    return Effect.flatMap(store.get(keys), (values) => {
      if (values === undefined) return Effect.succeed(unavailable)
      const [entry, marker, wholeEntry] = values
      const generation = marker?.record._tag === "Generation" ? marker.record.id : undefined
      const slot = slotOf(key, entry, generation, source.request)
      const whole =
        wholeKey === undefined ? Effect.succeed(undefined) : slotOf(wholeKey, wholeEntry, generation, source.request)
      return Effect.zipWith(slot, whole, (slot, whole): Lookup =>
        slot === undefined || (wholeKey !== undefined && whole === undefined)
          ? unavailable
          : { ...slot, available: true, generation, whole }
      )
    })
  }

  return (request) => {
    const { resource } = request.address
    if (generations.isUsable(resource)) return read(request)
    return Effect.flatMap(generations.recover(resource), (usable) =>
      usable ? read(request) : Effect.succeed(unavailable)
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
