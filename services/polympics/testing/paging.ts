import * as Effect from "effect/Effect"
import * as Responses from "./responses.js"
import { type Exchange, query } from "./exchange.js"
import { storableInteger } from "./storable.js"
import { integer, withDefault } from "./validation.js"
import * as Wire from "./wire.js"

/** Checks `page` and `per_page`. */
export const paging = (exchange: Exchange) =>
  [query(exchange, "page", withDefault(integer, 0n)), query(exchange, "per_page", withDefault(integer, 20n))] as const

/** Responds with one page of the rows. The database refuses negative numbers and numbers beyond 64 bits. */
export const respondWithPage = <A>(page: bigint, perPage: bigint, found: ReadonlyArray<A>, item: (row: A) => string) =>
  Effect.gen(function* () {
    const skip = page * perPage
    yield* storableInteger(skip, perPage)
    if (perPage <= 0n || skip < 0n) return yield* Effect.fail(Responses.internalError)
    const from = Number(skip < BigInt(found.length) ? skip : BigInt(found.length))
    const rows = found.slice(from, from + Math.min(Number(perPage), found.length))
    return Responses.ok(Wire.page(page, perPage, found.length, rows, item))
  })
