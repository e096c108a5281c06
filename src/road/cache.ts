import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import type { Answer } from "../Answer.js"
import type { Authoriser } from "../Authoriser.js"
import { AuthoriserError, type HeraldError, NotSent } from "../HeraldError.js"
import { Current } from "../ResponseCache.js"
import { withDeadline } from "./deadline.js"
import { teller } from "./errors.js"
import { carriesCredentials, holdsSecrets } from "./secrets.js"
import type { Watched } from "./watch.js"

/** The attempts of a call, with these headers on its request besides. */
type Send = (call: Watched, headers: Readonly<Record<string, string>>) => Effect.Effect<Answer, HeraldError, HttpClient>

/** Whether an answer may be kept, or be that of another: it is read whole, and no secret of the caller's own asked for it. */
const isCacheable = ({ input, plain, route }: Watched): boolean =>
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

/** Asks the cache of the caller, if there is one; what it does not answer is sent, and what may change something ends what it keeps. */
export const throughCache = (
  call: Watched,
  authoriser: Authoriser,
  send: Send
): Effect.Effect<Answer, HeraldError, HttpClient> =>
  Effect.flatMap(Current, (mode) => {
    const { cache, identity, partition } = authoriser
    const { route } = call
    const plain = call.plain!
    const cacheable = cache !== undefined && isCacheable(call)
    if (mode === "only-if-cached" && !cacheable) return Effect.failSync(() => notCached(call))
    if (cache !== undefined && !route.safe) return cache.invalidating(plain.url, send(call, {}))
    if (!cacheable || mode === "bypass") return send(call, {})
    call.bytes = true
    const through = (whose: string) =>
      cache
        .through({
          operation: route.name,
          method: route.method,
          template: route.template,
          request: plain,
          partition: whose,
          mode,
          family: route.family,
          send: (headers) => send(call, headers),
          sendAside: (headers) => {
            const other = aside(call)
            return withDeadline(other, authoriser, send(other, headers))
          }
        })
        .pipe(Effect.catchTag("NotCached", () => Effect.failSync(() => notCached(call))))
    return partition === undefined
      ? through(identity)
      : Effect.flatMap(
          Effect.mapError(
            partition,
            ({ message, reason }) => new AuthoriserError({ ...teller(call).told(message), reason })
          ),
          through
        )
  })
