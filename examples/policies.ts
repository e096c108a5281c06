/**
 * Retry policies for three services, as their documentation describes them. Each is shown by `RetryPolicy.explain`: the
 * decisions and waits for a sequence of failed attempts. Nothing is sent. `npx tsx examples/policies.ts`
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Duration, Effect, pipe, Predicate, Schedule } from "effect"
import { type Attempt, Backoff, RetryPolicy } from "effect-herald"
import { heading } from "./support/print.js"

const onServerError = ({ status }: Attempt.FailedAttempt) => status !== undefined && status >= 500

/**
 * GitHub rejects requests over a rate limit with a 403 or a 429. The response may state the wait: in `retry-after`, or in
 * `x-ratelimit-reset` if nothing remains (the `retryAfter` of an attempt is either). Otherwise clients should wait for at least a
 * minute, exponentially longer each time, and give up after some attempts. A 403 without these headers may also mean a missing
 * permission, so it is not retried.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
const overRateLimit = Predicate.and(RetryPolicy.onStatus(403, 429), RetryPolicy.onRetryAfter)

export const github = pipe(
  RetryPolicy.make({
    schedule: Backoff.attempts(4),
    retries: overRateLimit,
    // Without this, a 403 is final.
    rejected: overRateLimit,
    // GitHub's rate limits are per hour. With a shorter `maxWait`, the call would fail at once, with the wait in its error.
    maxWait: "1 hour"
  }),
  RetryPolicy.orElse(
    RetryPolicy.make({
      schedule: Schedule.intersect(Backoff.exponential({ start: "1 minute" }), Backoff.attempts(4)),
      retries: RetryPolicy.onStatus(429),
      maxWait: "10 minutes"
    })
  ),
  RetryPolicy.orElse(RetryPolicy.standard)
)

/**
 * Stripe accepts an idempotency key for every POST. Set `idempotencyKey` in its endpoints: then a POST whose response was lost is
 * safe to retry. A 409 is a conflict with another request, such as one with the same key that is still
 * in progress. Stripe's client retries twice. Its waits start at half a second and double up to five seconds, with equal
 * jitter, but never fall below the first wait.
 * https://docs.stripe.com/error-low-level#idempotency, https://docs.stripe.com/rate-limits#handling-limiting-gracefully,
 * https://github.com/stripe/stripe-node (src/RequestSender.ts: _shouldRetry, _getSleepTimeInMS)
 */
export const stripe = RetryPolicy.make({
  schedule: Backoff.exponential({ start: "500 millis", cap: "5 seconds", jitter: "equal" }).pipe(
    Schedule.modifyDelay((_, wait) => Duration.max(wait, "500 millis")),
    Schedule.intersect(Backoff.attempts(3))
  ),
  retries: Predicate.some([RetryPolicy.onTransportFailure, RetryPolicy.onStatus(409, 429), onServerError]),
  rejected: RetryPolicy.onStatus(409)
})

/**
 * OpenAI's clients retry connection errors, 408, 409, 429 and 5xx twice. Their waits start at half a second and double up to
 * eight seconds, less up to a quarter at random. `retry-after-ms` takes precedence over `retry-after`. A 409 is a lock
 * timeout. OpenAI has no idempotency keys, so a retry after a lost response may be charged twice. To accept that, as
 * OpenAI's clients do, set `idempotent` in an endpoint.
 * https://github.com/openai/openai-node#retries (src/client.ts: shouldRetry, retryRequest)
 */
export const openai = RetryPolicy.make({
  schedule: Backoff.exponential({ start: "500 millis", cap: "8 seconds" }).pipe(
    Schedule.jitteredWith({ min: 0.75, max: 1 }),
    Schedule.intersect(Backoff.attempts(3))
  ),
  retries: Predicate.some([RetryPolicy.onTransportFailure, RetryPolicy.onStatus(408, 409, 429), onServerError]),
  rejected: RetryPolicy.onStatus(409)
})

const explain = (title: string, ...[policy, outcomes, options]: Parameters<typeof RetryPolicy.explain>) =>
  Effect.zipRight(
    heading(title),
    Effect.flatMap(RetryPolicy.explain(policy, outcomes, options), ({ text }) => Console.log(text))
  )

const post = { method: "POST" } as const
const idempotentPost = { ...post, idempotent: true } as const

const program = Effect.gen(function* () {
  yield* explain("GitHub: the hourly rate limit is used up, then two errors of a gateway", github, [
    { status: 403, retryAfter: "25 minutes" },
    502,
    502
  ])
  yield* explain("GitHub: too many issues created at once", github, [429, 429, 429, 429], post)
  yield* explain("GitHub: no permission to create an issue", github, [403], post)

  yield* explain("Stripe: a charge with an idempotency key", stripe, ["ECONNRESET", 409], idempotentPost)
  yield* explain("Stripe: a charge without an idempotency key", stripe, [429, "ECONNRESET", 409], post)

  yield* explain(
    "OpenAI: over the rate limit, then overloaded",
    openai,
    [{ status: 429, retryAfter: 1250 }, 503],
    idempotentPost
  )
  yield* explain(
    "OpenAI: over the rate limit for longer than a deadline of ten seconds",
    openai,
    [{ status: 429, retryAfter: "20 seconds" }],
    {
      ...idempotentPost,
      deadline: "10 seconds"
    }
  )
  yield* explain("OpenAI: a lost response, which may not be charged twice", openai, ["UND_ERR_SOCKET"], post)
})

NodeRuntime.runMain(program)
