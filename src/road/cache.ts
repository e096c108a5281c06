import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import type { Answer } from "../Answer.js"
import type { Authoriser } from "../Authoriser.js"
import { AuthoriserError, type HeraldError, NotSent } from "../HeraldError.js"
import { Current } from "../ResponseCache.js"
import { withDeadline } from "./deadline.js"
import { teller, type Told } from "./errors.js"
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
  new NotSent(teller(call).told("not sent: only what is cached was asked for, and nothing is"))

/** A call of its own, for the same request. */
const aside = (call: Watched): Watched => ({
  ...call,
  attempts: [],
  watchers: [],
  begun: call.clock.unsafeCurrentTimeMillis(),
  underWay: undefined,
  status: undefined
})

/** Whose answers a caller's are. */
const whose = (call: Told, { identity, partition }: Authoriser): Effect.Effect<string, HeraldError, HttpClient> =>
  partition === undefined
    ? Effect.succeed(identity)
    : Effect.mapError(
        partition,
        ({ message, reason }) => new AuthoriserError({ ...teller(call).told(message), reason })
      )

/** A request, as a cache knows it. */
const known = ({ plain, route }: Told, partition: string) => ({
  operation: route.name,
  method: route.method,
  template: route.template,
  request: plain!,
  partition
})

/** Asks the cache of the caller, if there is one; what it does not answer is sent, and what may change something ends what it keeps. */
export const throughCache = (
  call: Watched,
  authoriser: Authoriser,
  send: Send
): Effect.Effect<Answer, HeraldError, HttpClient> =>
  Effect.flatMap(Current, (mode) => {
    const { cache } = authoriser
    const { route } = call
    const cacheable = cache !== undefined && isCacheable(call)
    if (mode === "only-if-cached" && !cacheable) return Effect.failSync(() => notCached(call))
    if (cache !== undefined && !route.safe) return cache.invalidating(call.plain!.url, send(call, {}))
    if (!cacheable || mode === "bypass") return send(call, {})
    call.bytes = true
    return Effect.flatMap(whose(call, authoriser), (partition) =>
      cache.through({
        ...known(call, partition),
        mode,
        family: route.family,
        send: (headers) => send(call, headers),
        joined: () => {
          call.shared = true
        },
        sendShared: (headers) => send(aside(call), headers),
        sendAside: (headers) => {
          const other = aside(call)
          return withDeadline(other, authoriser, send(other, headers))
        }
      })
    ).pipe(Effect.catchTag("NotCached", () => Effect.failSync(() => notCached(call))))
  })

/** What the cache has for a call, without sending it. */
export const cached = (
  call: Told,
  authoriser: Authoriser
): Effect.Effect<Answer | undefined, HeraldError, HttpClient> => {
  const { cache } = authoriser
  if (cache === undefined || !isCacheable(call)) return Effect.succeed(undefined)
  const never = () => Effect.dieMessage("what is only taken from the cache is not sent")
  return Effect.flatMap(whose(call, authoriser), (partition) =>
    cache.through({
      ...known(call, partition),
      mode: "only-if-cached",
      family: call.route.family,
      send: never,
      joined: () => {},
      sendShared: never,
      sendAside: never
    })
  ).pipe(Effect.catchTag("NotCached", () => Effect.succeed(undefined)))
}

/** Keeps an answer to a call that was had in another way. */
export const keep = (
  call: Told,
  authoriser: Authoriser,
  answer: Answer
): Effect.Effect<void, HeraldError, HttpClient> => {
  const { cache } = authoriser
  return cache === undefined || !isCacheable(call)
    ? Effect.void
    : Effect.flatMap(whose(call, authoriser), (partition) => cache.keep(known(call, partition), answer))
}
