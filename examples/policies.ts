/**
 * Retry policies for three services, by what they document, each drawn: what becomes of a call whose attempts fail so, one after
 * another, and how long it waits. Nothing is sent. `npx tsx examples/policies.ts`
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Duration, Effect, pipe, Predicate, Schedule } from "effect"
import { type Attempt, Backoff, RetryPolicy } from "effect-herald"
import { heading } from "./support/print.js"

const onServerError = ({ status }: Attempt.FailedAttempt) => status !== undefined && status >= 500

/**
 * GitHub refuses what is over a limit with a 403 or a 429. Where it says when to come back, in `retry-after`, or in
 * `x-ratelimit-reset` with nothing remaining (an attempt's `retryAfter` is either), that is when. Else, it is to be a minute at
 * least, and exponentially longer each time, and not for ever. A 403 that says nothing may also be a lack of permission, which
 * its status does not tell, so it is the end.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
const overLimit = Predicate.and(RetryPolicy.onStatus(403, 429), RetryPolicy.onRetryAfter)

export const github = pipe(
  RetryPolicy.make({
    schedule: Backoff.attempts(4),
    repeats: overLimit,
    // To HTTP, a 403 is final.
    rejected: overLimit,
    // Its limits are by the hour. Who can't wait that long says less, and is told at once when to come back.
    maxWait: "1 hour"
  }),
  RetryPolicy.orElse(
    RetryPolicy.make({
      schedule: Schedule.intersect(Backoff.exponential({ start: "1 minute" }), Backoff.attempts(4)),
      repeats: RetryPolicy.onStatus(429),
      maxWait: "10 minutes"
    })
  ),
  RetryPolicy.orElse(RetryPolicy.standard)
)

/**
 * Stripe takes an idempotency key with every POST, so one that was lost on its way is safe to repeat: declare its endpoints with
 * `Endpoint.IdempotencyKey`. A 409 is a conflict with another request, such as one with the same key that is still under way.
 * Two retries, after half a second and more, doubled up to five, of which up to half is left out at random, though never so much
 * that less than the first wait remains.
 * https://docs.stripe.com/error-low-level#idempotency, https://docs.stripe.com/rate-limits#handling-limiting-gracefully,
 * https://github.com/stripe/stripe-node (src/RequestSender.ts: _shouldRetry, _getSleepTimeInMS)
 */
export const stripe = RetryPolicy.make({
  schedule: Backoff.exponential({ start: "500 millis", cap: "5 seconds", jitter: "equal" }).pipe(
    Schedule.modifyDelay((_, wait) => Duration.max(wait, "500 millis")),
    Schedule.intersect(Backoff.attempts(3))
  ),
  repeats: Predicate.some([RetryPolicy.onTransportFailure, RetryPolicy.onStatus(409, 429), onServerError]),
  rejected: RetryPolicy.onStatus(409)
})

/**
 * OpenAI's own clients retry connection errors, 408, 409, 429 and 5xx twice, after half a second, doubled up to eight, of which
 * up to a quarter is left out at random; `retry-after-ms` goes before `retry-after`. To them, a 409 is a lock that was not had
 * in time. There are no idempotency keys, so a lost answer may be paid for twice: who accepts that, as those clients do, declares
 * an endpoint with `Endpoint.Idempotent`.
 * https://github.com/openai/openai-node#retries (src/client.ts: shouldRetry, retryRequest)
 */
export const openai = RetryPolicy.make({
  schedule: Backoff.exponential({ start: "500 millis", cap: "8 seconds" }).pipe(
    Schedule.jitteredWith({ min: 0.75, max: 1 }),
    Schedule.intersect(Backoff.attempts(3))
  ),
  repeats: Predicate.some([RetryPolicy.onTransportFailure, RetryPolicy.onStatus(408, 409, 429), onServerError]),
  rejected: RetryPolicy.onStatus(409)
})

const draw = (title: string, ...[policy, failures, options]: Parameters<typeof RetryPolicy.explain>) =>
  Effect.zipRight(
    heading(title),
    Effect.flatMap(RetryPolicy.explain(policy, failures, options), ({ text }) => Console.log(text))
  )

const post = { method: "POST" } as const
const safePost = { ...post, idempotent: true } as const

const program = Effect.gen(function* () {
  yield* draw("GitHub: the hour's requests are used up, and a server stumbles", github, [
    { status: 403, retryAfter: "25 minutes" },
    502,
    502
  ])
  yield* draw("GitHub: too many issues opened at once", github, [429, 429, 429, 429], post)
  yield* draw("GitHub: may not open issues here", github, [403], post)

  yield* draw("Stripe: a charge, with an idempotency key", stripe, ["ECONNRESET", 409], safePost)
  yield* draw("Stripe: a charge, without", stripe, [429, "ECONNRESET", 409], post)

  yield* draw("OpenAI: over the limit, and then overloaded", openai, [{ status: 429, retryAfter: 1250 }, 503], safePost)
  yield* draw(
    "OpenAI: over the limit, for longer than ten seconds are",
    openai,
    [{ status: 429, retryAfter: "20 seconds" }],
    {
      ...safePost,
      deadline: "10 seconds"
    }
  )
  yield* draw("OpenAI: an answer that may not be paid for twice is lost", openai, ["UND_ERR_SOCKET"], post)
})

NodeRuntime.runMain(program)
