import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import type { Asked, Exchange, Kind } from "../ResponseCache.js"
import { type Wishes, wishesOf } from "./freshness.js"
import { type Address, addressOfRequest, entryKey } from "./keys.js"

/** How long the answers to a kind of call are fresh; undefined if HTTP says. */
export type Lifetime = (kind: Kind) => Duration.DurationInput | undefined

/** A call that the cache may answer. */
export interface Visit<X extends Asked = Exchange> {
  readonly exchange: X
  readonly method: "GET" | "HEAD"
  readonly address: Address
  readonly key: string
  readonly wishes: Wishes
  /** The lifetime that the user gives, in milliseconds. */
  readonly own: number | undefined
  readonly clock: Clock.Clock
}

/** Requests for a part, and those that ask whether something of their own has changed, are none of the cache's. */
const conditions: ReadonlyArray<string> = [
  "range",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "if-range"
]

/** The lifetime that the user gives to a kind of call, in milliseconds. */
export const millisOf = (lifetime: Lifetime | undefined, kind: Kind): number | undefined => {
  const given = lifetime?.(kind)
  return given === undefined ? undefined : Duration.toMillis(given)
}

/** What is asked for, as the cache has it; undefined if it is none of the cache's. */
export const visitOf = <X extends Asked>(
  lifetime: Lifetime | undefined,
  exchange: X,
  clock: Clock.Clock
): Visit<X> | undefined => {
  const { method, partition, request } = exchange
  if (method !== "GET" && method !== "HEAD") return undefined
  // What a body asks for is not in the URL.
  if (request.body._tag !== "Empty") return undefined
  for (const name of conditions) if (request.headers[name] !== undefined) return undefined
  const wishes = wishesOf(request.headers)
  if (wishes.noStore) return undefined
  const own = millisOf(lifetime, exchange)
  if (own !== undefined && own <= 0) return undefined
  const address = addressOfRequest(request)
  return address && { exchange, method, address, key: entryKey(method, partition, address), wishes, own, clock }
}
