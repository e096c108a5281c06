import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Answer, bytesOf } from "../Answer.js"
import type { HeraldError } from "../HeraldError.js"
import { type Asked, type Exchange, NotCached, type Sending } from "../ResponseCache.js"
import type { Flights } from "./flights.js"
import { expiryOf, judge, keepable, speaksOf, standsIn, type Terms, termsOf, updated } from "./freshness.js"
import { type Generations, longestKept } from "./generation.js"
import { generationKey, variantKey } from "./keys.js"
import { type AnswerRecord, answerOf, encode, isKept, type Kept, keptOf, type VaryRecord } from "./record.js"
import type { Shelf } from "./shelf.js"
import { isGone, isTrouble } from "./trouble.js"
import { makeDigest, namesOf } from "./vary.js"
import { type Lifetime, type Visit, visitOf } from "./visit.js"

/** What the cache is made of. */
export interface Parts {
  readonly shelf: Shelf
  readonly generations: Generations
  /** Undefined if calls share no requests. */
  readonly flights: Flights<Answer, HeraldError> | undefined
  readonly lifetime: Lifetime | undefined
  /** Of what goes on when its call has ended. */
  readonly scope: Scope.Scope
}

/** What there is for a visit. */
interface Looked {
  /** The store answered. */
  readonly up: boolean
  readonly generation: string | undefined
  readonly vary: VaryRecord | undefined
  /** Where it is, or would be. */
  readonly key: string | undefined
  readonly kept: Kept | undefined
}

const down: Looked = { up: false, generation: undefined, vary: undefined, key: undefined, kept: undefined }

const day = 86_400_000

/** How long something is kept after it expired: for those who would have it stale, and for as long as asking may be cheaper. */
const keptStale = (terms: Terms): number =>
  Math.max(terms.validators === undefined ? day : 30 * day, terms.whileRevalidating, terms.ifError)

const keptStatuses: ReadonlyArray<number> = [200, 203, 204]

export const make = ({ flights, generations, lifetime, scope, shelf }: Parts) => {
  const digest = makeDigest()
  /** What is asked for again while it is used. */
  const underWay = new Set<string>()
  /** Numbers for families, which have no names. */
  const families = new WeakMap<object, number>()
  let lastFamily = 0

  const numberOf = (family: object): number => {
    const known = families.get(family)
    if (known !== undefined) return known
    lastFamily += 1
    families.set(family, lastFamily)
    return lastFamily
  }

  /** What is kept, if it is of the generation of its resource. */
  const current = (found: Kept, generation: string | undefined): Kept | undefined =>
    found.record.generation === generation ? found : undefined

  const ask = ({ address, exchange, key }: Visit<Asked>): Effect.Effect<Looked> =>
    Effect.flatMap(shelf.get([key, generationKey(address.resource)]), (both) => {
      if (both === undefined) return Effect.succeed(down)
      const [base, marker] = both
      const generation = marker?.record._tag === "Generation" ? marker.record.id : undefined
      if (base?.record._tag !== "Vary") {
        const kept = isKept(base) ? current(base, generation) : undefined
        return Effect.succeed({ up: true, generation, vary: undefined, key, kept })
      }
      const vary = base.record
      return Effect.flatMap(digest(vary.names, exchange.request.headers), (made) => {
        if (made === undefined) return Effect.succeed({ up: true, generation, vary, key: undefined, kept: undefined })
        const variant = variantKey(key, made)
        return Effect.map(shelf.get([variant]), (one): Looked => {
          const found = one?.[0]
          const kept = isKept(found) ? current(found, generation) : undefined
          return one === undefined ? down : { up: true, generation, vary, key: variant, kept }
        })
      })
    })

  const look = (visit: Visit<Asked>): Effect.Effect<Looked> => {
    const { resource } = visit.address
    return generations.isLost(resource)
      ? Effect.flatMap(generations.recover(resource), (ended) => (ended ? ask(visit) : Effect.succeed(down)))
      : ask(visit)
  }

  const dismiss = (looked: Looked): Effect.Effect<unknown> =>
    looked.kept === undefined || looked.key === undefined ? Effect.void : shelf.remove([looked.key])

  /** Keeps an answer, or what a 304 left of one; where it may not be kept, what it takes the place of goes. */
  const keep = (
    visit: Visit<Asked>,
    looked: Looked,
    record: AnswerRecord,
    terms: Terms,
    bytes: Uint8Array
  ): Effect.Effect<unknown> => {
    const { key, own } = visit
    const names = namesOf(record.headers["vary"])
    if (names === undefined || (own === undefined && !terms.storable)) return dismiss(looked)
    const now = record.storedAt
    const expiresAt = expiryOf(terms, record.requestedAt, own)
    const useful =
      expiresAt > now ||
      terms.validators !== undefined ||
      expiresAt + Math.max(terms.whileRevalidating, terms.ifError) > now
    if (!useful) return dismiss(looked)
    const dropAt = Math.min(Math.max(expiresAt, now) + keptStale(terms), now + longestKept)
    const stored = { about: encode(record), bytes, dropAt }
    if (names.length === 0) return shelf.set(key, stored)
    // With the names of before, what else is kept stays where it is looked for.
    const all = [...new Set([...names, ...(looked.vary?.names ?? [])])].sort()
    return Effect.flatMap(digest(all, visit.exchange.request.headers), (made) =>
      made === undefined
        ? dismiss(looked)
        : Effect.zipRight(
            shelf.set(variantKey(key, made), stored),
            shelf.set(key, {
              about: encode({ _tag: "Vary", url: record.url, names: all }),
              bytes: new Uint8Array(),
              dropAt: now + longestKept
            })
          )
    )
  }

  const keepAnswer = (
    visit: Visit<Asked>,
    looked: Looked,
    generation: string,
    requestedAt: number,
    answer: Answer
  ): Effect.Effect<unknown> => {
    if (answer.uncacheable === true) return Effect.void
    if (!keptStatuses.includes(answer.status) || answer.redirected !== undefined || answer.stream !== undefined) {
      return dismiss(looked)
    }
    const { address, clock, exchange, method } = visit
    const storedAt = clock.unsafeCurrentTimeMillis()
    // A copy: what the call does with its own is not the cache's business.
    const bytes = new Uint8Array(bytesOf(answer))
    const record: AnswerRecord = {
      _tag: "Answer",
      method,
      url: address.url,
      partition: exchange.partition,
      operation: exchange.operation,
      template: exchange.template,
      status: answer.status,
      bytes: bytes.length,
      headers: keepable(answer.headers),
      requestedAt,
      storedAt,
      generation
    }
    // Its terms are those of all that came: what is not kept may tell of its age.
    const terms = termsOf({
      method,
      status: answer.status,
      headers: answer.headers,
      requestedAt,
      receivedAt: storedAt
    })
    return keep(visit, looked, record, terms, bytes)
  }

  /** What is kept after a 304, which speaks of it. */
  const renewed = (kept: Kept, answer: Answer, generation: string, requestedAt: number, now: number): Kept => {
    const headers = updated(kept.record.headers, answer.headers)
    const record = { ...kept.record, headers, generation, requestedAt, storedAt: now }
    const { method, status } = record
    return keptOf(record, termsOf({ method, status, headers, requestedAt, receivedAt: now }), kept.bytes)
  }

  /** Sends it, asking whether what is kept has changed; keeps what comes, or lets what is kept stand in for it. */
  const journey = (
    visit: Visit,
    looked: Looked,
    generation: string,
    how: Sending
  ): Effect.Effect<Answer, HeraldError, HttpClient> =>
    Effect.suspend(() => {
      const { clock, exchange, own, wishes } = visit
      const { kept } = looked
      const refresh = exchange.mode === "refresh"
      const validators = refresh ? undefined : kept?.terms.validators
      const sent = (headers: Readonly<Record<string, string>>) => {
        const requestedAt = clock.unsafeCurrentTimeMillis()
        return Effect.map(exchange.send(how, headers), (answer) => ({ answer, requestedAt }))
      }
      const whole = (headers: Readonly<Record<string, string>>) =>
        Effect.flatMap(sent(headers), ({ answer, requestedAt }) => took(answer, requestedAt))
      // What a call can't make anything of may be a page of a network on the way: it is not kept.
      const took = (answer: Answer, requestedAt: number) =>
        exchange.accepts(answer)
          ? Effect.as(keepAnswer(visit, looked, generation, requestedAt, answer), answer)
          : Effect.succeed(answer)

      const travelled =
        kept === undefined || validators === undefined
          ? whole(refresh ? { "cache-control": "no-cache" } : {})
          : Effect.flatMap(sent(validators), ({ answer, requestedAt }) => {
              if (answer.status !== 304) return took(answer, requestedAt)
              if (!speaksOf(kept.record.headers, answer.headers)) return whole({})
              const now = clock.unsafeCurrentTimeMillis()
              const news = renewed(kept, answer, generation, requestedAt, now)
              return Effect.as(keep(visit, looked, news.record, news.terms, news.bytes), answerOf(news, now))
            })
      if (kept === undefined) return travelled
      return Effect.catchAll(travelled, (error): Effect.Effect<Answer, HeraldError> => {
        const now = clock.unsafeCurrentTimeMillis()
        const { record, terms } = kept
        if (isGone(error)) return Effect.zipRight(dismiss(looked), Effect.fail(error))
        return !refresh && isTrouble(error) && standsIn(terms, record.requestedAt, own, wishes, now)
          ? Effect.succeed(answerOf(kept, now))
          : Effect.fail(error)
      })
    })

  /**
   * The key of a flight: calls that would send the same. One from before a write is of another generation than what comes after.
   */
  const flightKey = ({ exchange, key }: Visit, generation: string): string =>
    `${numberOf(exchange.family)} ${generation} ${JSON.stringify(exchange.request.headers)} ${key}`

  const fetch = (visit: Visit, looked: Looked): Effect.Effect<Answer, HeraldError, HttpClient> => {
    const { address, clock, exchange } = visit
    const refresh = exchange.mode === "refresh"
    const plain = () => exchange.send("own", refresh ? { "cache-control": "no-cache" } : {})
    if (!looked.up) return plain()
    const go = (generation: string) => {
      if (flights === undefined || refresh) return journey(visit, looked, generation, "own")
      exchange.joined()
      return flights.join(flightKey(visit, generation), journey(visit, looked, generation, "shared"))
    }
    return looked.generation !== undefined
      ? go(looked.generation)
      : Effect.flatMap(generations.begin(address.resource, clock.unsafeCurrentTimeMillis()), (generation) =>
          generation === undefined ? plain() : go(generation)
        )
  }

  /** Asks for it again, once at a time, and goes on when this call has ended. */
  const revalidateAside = (visit: Visit, looked: Looked, generation: string): Effect.Effect<void, never, HttpClient> =>
    Effect.suspend(() => {
      const { key } = visit
      const id = `${generation} ${looked.key ?? key}`
      if (underWay.has(id)) return Effect.void
      underWay.add(id)
      const travel = Effect.interruptible(journey(visit, looked, generation, "aside")).pipe(
        Effect.catchAllCause((cause) => Effect.logDebug("A stale answer could not be revalidated", cause)),
        Effect.ensuring(Effect.sync(() => underWay.delete(id)))
      )
      return Effect.asVoid(Effect.forkIn(Effect.uninterruptible(travel), scope))
    }).pipe(Effect.uninterruptible)

  const decide = (
    visit: Visit,
    looked: Looked,
    offline: boolean
  ): Effect.Effect<Answer, HeraldError | NotCached, HttpClient> => {
    const { clock, exchange, own, wishes } = visit
    const { generation, kept } = looked
    if (kept !== undefined && generation !== undefined) {
      const now = clock.unsafeCurrentTimeMillis()
      const answer = answerOf(kept, now)
      // What is kept may be of another version of the program, which made something else of it.
      if (!exchange.accepts(answer)) return decide(visit, { ...looked, kept: undefined }, offline)
      const verdict = judge(kept.terms, kept.record.requestedAt, own, wishes, now)
      if (verdict === "Use" || (verdict === "UseAndRevalidate" && offline)) return Effect.succeed(answer)
      if (verdict === "UseAndRevalidate") return Effect.as(revalidateAside(visit, looked, generation), answer)
    }
    return offline ? new NotCached() : fetch(visit, looked)
  }

  return {
    through: (exchange: Exchange): Effect.Effect<Answer, HeraldError | NotCached, HttpClient> =>
      Effect.clockWith((clock) => {
        const { mode } = exchange
        const visit = mode === "bypass" ? undefined : visitOf(lifetime, exchange, clock)
        if (visit === undefined) {
          if (mode === "only-if-cached") return new NotCached()
          return exchange.send("own", mode === "refresh" ? { "cache-control": "no-cache" } : {})
        }
        if (mode === "refresh") return Effect.flatMap(look(visit), (looked) => fetch(visit, looked))
        const offline = mode === "only-if-cached" || visit.wishes.onlyIfCached
        return Effect.flatMap(look(visit), (looked) => decide(visit, looked, offline))
      }),

    cached: (asked: Asked): Effect.Effect<Answer | undefined> =>
      Effect.clockWith((clock) => {
        const visit = visitOf(lifetime, asked, clock)
        if (visit === undefined) return Effect.succeed(undefined)
        return Effect.map(look(visit), ({ kept }) => {
          const now = clock.unsafeCurrentTimeMillis()
          if (kept === undefined) return undefined
          const verdict = judge(kept.terms, kept.record.requestedAt, visit.own, visit.wishes, now)
          return verdict === "Revalidate" ? undefined : answerOf(kept, now)
        })
      }),

    keeping: (asked: Asked): Effect.Effect<(answer: Answer) => Effect.Effect<void>> =>
      Effect.clockWith((clock) => {
        const visit = visitOf(lifetime, asked, clock)
        const nothing = () => Effect.void
        if (visit === undefined) return Effect.succeed(nothing)
        return Effect.flatMap(look(visit), (looked) => {
          if (!looked.up) return Effect.succeed(nothing)
          const requestedAt = clock.unsafeCurrentTimeMillis()
          const { resource } = visit.address
          const generation =
            looked.generation === undefined
              ? generations.begin(resource, requestedAt)
              : Effect.succeed(looked.generation)
          return Effect.map(generation, (id) =>
            id === undefined
              ? nothing
              : (answer: Answer) => Effect.asVoid(keepAnswer(visit, looked, id, requestedAt, answer))
          )
        })
      })
  }
}
