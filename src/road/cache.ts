import type { HttpClient } from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Answer } from "../Answer.js"
import type { Authoriser } from "../Authoriser.js"
import { type HeraldError, NotSent } from "../HeraldError.js"
import { type Asked, Current, type Mode, type ResponseCache } from "../ResponseCache.js"
import { decode } from "./answer.js"
import { withDeadline } from "./deadline.js"
import { teller, type Told } from "./errors.js"
import { onItsOwn } from "./onItsOwn.js"
import { carriesCredentials, holdsSecrets } from "./secrets.js"
import type { Watched } from "./watch.js"

/** The attempts of a call, with these headers on its request besides. */
type Send = (call: Watched, headers: Readonly<Record<string, string>>) => Effect.Effect<Answer, HeraldError, HttpClient>

/** Whether an answer may be kept, or be that of another: it is read whole, and no secret of the caller's own asked for it. */
const isCacheable = ({ input, plain, route }: Told): boolean =>
  route.safe &&
  (route.method === "GET" || route.method === "HEAD") &&
  route.reads !== "stream" &&
  !route.sensitive &&
  !carriesCredentials(plain!) &&
  !holdsSecrets(input)

const notCached = (call: Watched): HeraldError =>
  new NotSent(teller(call).told("not sent: only what is cached and fresh was asked for, and nothing is"))

/** A call of its own, for the same request. */
const aside = ({ baseUrl, clock, identity, input, partition, plain, route }: Watched): Watched => ({
  route,
  baseUrl,
  identity,
  input,
  partition,
  plain: plain!,
  bytes: true,
  attempts: [],
  watchers: [],
  clock,
  begun: clock.unsafeCurrentTimeMillis()
})

/** Whose answers a caller's are, if that is known; undefined is nobody's yet. */
const whose = (call: Told, { identity, partition }: Authoriser): Effect.Effect<string | undefined, HeraldError> =>
  partition === undefined
    ? Effect.succeed(identity)
    : Effect.mapBoth(partition, {
        onSuccess: Option.getOrUndefined,
        onFailure: (failure) => teller(call).authoriserError(failure)
      })

/** The same, of one who signs in for it. */
const whoseBySigningIn = (
  call: Told,
  authoriser: Authoriser
): Effect.Effect<string | undefined, HeraldError, HttpClient> =>
  Effect.flatMap(whose(call, authoriser), (known) =>
    known === undefined
      ? // Who does not sign in is not asked a second time.
        Effect.mapError(authoriser.authorise(call.plain!), (failure) => teller(call).authoriserError(failure)).pipe(
          Effect.zipRight(whose(call, authoriser))
        )
      : Effect.succeed(known)
  )

/** What is asked for, as a cache has it. */
const asked = ({ plain, route }: Told, partition: string): Asked => ({
  operation: route.name,
  method: route.method,
  template: route.template,
  request: plain!,
  partition
})

/** What the call makes of an answer, made once: the cache asks whether it can, and then it is given. */
const decoder =
  (call: Watched) =>
  (answer: Answer): boolean => {
    call.decoded = { answer, output: decode(call, answer) }
    return Either.isRight(call.decoded.output)
  }

/** Answers from the cache, or by sending. */
const read = (
  call: Watched,
  authoriser: Authoriser,
  cache: Context.Tag.Service<ResponseCache>,
  mode: Mode,
  send: Send
): Effect.Effect<Answer, HeraldError, HttpClient> => {
  call.bytes = true
  const offline = mode === "only-if-cached"
  return Effect.flatMap(offline ? whose(call, authoriser) : whoseBySigningIn(call, authoriser), (partition) => {
    if (partition === undefined) return offline ? Effect.failSync(() => notCached(call)) : send(call, {})
    if (authoriser.partition !== undefined) call.partition = partition
    return cache
      .through({
        ...asked(call, partition),
        mode,
        family: call.route.family,
        accepts: decoder(call),
        send: (how, headers) => {
          if (how === "own") return send(call, headers)
          const other = aside(call)
          return onItsOwn(
            how === "aside" ? withDeadline(other, authoriser, send(other, headers)) : send(other, headers)
          )
        },
        joined: () => {
          call.shared = true
        }
      })
      .pipe(Effect.catchTag("NotCached", () => Effect.failSync(() => notCached(call))))
  })
}

/**
 * Asks the cache of the caller, if there is one; what it does not answer is sent, and what may change something ends what it keeps,
 * whatever came of it, before anyone knows.
 */
export const throughCache = (
  call: Watched,
  authoriser: Authoriser,
  send: Send
): Effect.Effect<Answer, HeraldError, HttpClient> =>
  Effect.flatMap(Current, (mode) => {
    const { cache } = authoriser
    const cacheable = cache !== undefined && isCacheable(call)
    if (mode === "only-if-cached" && !cacheable) return Effect.failSync(() => notCached(call))
    if (!cacheable || mode === "bypass") {
      const sent = withDeadline(call, authoriser, send(call, {}))
      return cache === undefined || call.route.safe ? sent : cache.invalidating(call.plain!.url, sent)
    }
    return withDeadline(call, authoriser, read(call, authoriser, cache, mode, send))
  })

/** What the cache has for a call, without sending it. */
export const cached = (call: Told, authoriser: Authoriser): Effect.Effect<Answer | undefined, HeraldError> => {
  const { cache } = authoriser
  return cache === undefined || !isCacheable(call)
    ? Effect.succeed(undefined)
    : Effect.flatMap(whose(call, authoriser), (partition) =>
        partition === undefined ? Effect.succeed(undefined) : cache.cached(asked(call, partition))
      )
}

/** Gets ready to keep an answer to a call that is had in another way, before it is. */
export const keeping = (
  call: Told,
  authoriser: Authoriser
): Effect.Effect<(answer: Answer) => Effect.Effect<void>, HeraldError, HttpClient> => {
  const { cache } = authoriser
  const nothing = () => Effect.void
  return cache === undefined || !isCacheable(call)
    ? Effect.succeed(nothing)
    : Effect.flatMap(whoseBySigningIn(call, authoriser), (partition) =>
        partition === undefined ? Effect.succeed(nothing) : cache.keeping(asked(call, partition))
      )
}
