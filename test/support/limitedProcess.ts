/**
 * A process that RateLimit.redis.test.ts starts. At the message "go" it begins to call the server at the first argument, eight
 * calls at a time, within the limit in the Redis at the second argument, until the message "stop". Then it sends the number of
 * calls that succeeded, and the messages of those that failed.
 */
import * as RateLimiter from "@effect/experimental/RateLimiter"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as RateLimit from "effect-herald/rate-limit"
import { once } from "node:events"
import { at, bearing, once as withoutRetries, thing } from "./kit.js"
import { limit, monotonic, type Outcome, redisStore } from "./redis.js"

const [server = "", redis = "", prefix = ""] = process.argv.slice(2)

/** The times at which the store was asked, in the order in which it lets calls through. */
const askedAt: Array<number> = []

const limiter = Layer.map(RateLimiter.layer, (context) => {
  const real = Context.get(context, RateLimiter.RateLimiter)
  return Context.make(RateLimiter.RateLimiter, {
    ...real,
    consume: (options) =>
      Effect.suspend(() => {
        const at = monotonic()
        return Effect.tap(real.consume(options), () => askedAt.push(at))
      })
  })
})

const caller = at(new URL(server), {
  credentials: {
    authorize: (request) =>
      bearing({ "x-asked": `${askedAt.shift()}`, "x-process": `${process.pid}` }).authorize(request)
  }
}).pipe(
  Layer.provide(RateLimit.layer(limit)),
  Layer.provide(limiter),
  Layer.provide(redisStore(new URL(redis), { prefix }))
)

let stopped = false
// Set up before the first message: two messages that arrive together are both emitted before a fiber continues.
process.on("message", (word) => {
  stopped = word === "stop"
})
const outcome: Outcome = { succeeded: 0, failures: [] }

const call = Effect.map(Effect.either(thing()), (result) => {
  if (Either.isRight(result)) outcome.succeeded += 1
  else outcome.failures.push(result.left.message)
})

const main = Effect.gen(function* () {
  process.send?.("ready")
  yield* Effect.promise(() => once(process, "message"))
  yield* Effect.replicateEffect(Effect.repeat(call, { until: () => stopped }), 8, { concurrency: "unbounded" })
  process.send?.(outcome)
})

await main.pipe(
  Effect.provide(caller),
  Effect.provide(withoutRetries),
  Effect.provide(FetchHttpClient.layer),
  Effect.runPromise
)
process.disconnect()
