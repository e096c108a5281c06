import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Deadline from "../../Deadline.js"
import { type AnyError, isTransient } from "../../HeraldError.js"
import type { Operation } from "../../Operation.js"
import * as RetryPolicy from "../../RetryPolicy.js"
import { encodeError } from "../call/errors.js"
import { callWithHeaders } from "../callWithHeaders.js"
import type { CompiledEndpoint } from "../endpoint/CompiledEndpoint.js"
import { internals } from "../operation.js"
import { retryAfterOf } from "../retryAfterOf.js"
import { makeScheduleStep } from "../scheduleStep.js"
import { isEventReader } from "./eventReader.js"
import type { DecodedEvent, Resumption } from "./events.js"
import type { Disconnected, FollowOptions } from "./followOptions.js"

/** The wait before the first reconnection, in milliseconds, if the server asks for none. */
const firstWait = 1000

/**
 * The shortest wait, in milliseconds, that is doubled from the second reconnection on: a server that asks for no wait, and ends each
 * response without an event, is not asked again and again.
 */
const shortestWait = 10

/** The longest wait of the default schedule, in milliseconds, unless the server asks for a longer one. */
const longestWait = 30_000

/** The longest reconnection time that a server can ask for, in milliseconds: an hour. */
const longestRetry = 3_600_000

/** The longest delay of a timer, in milliseconds: a 32-bit signed integer. */
const maxTimerDelay = 2_147_483_647

/** The default schedule: waits that are doubled, up to a limit, and up to half as long again by chance. */
const standardSchedule = (): Schedule.Schedule<unknown, Disconnected<unknown>> =>
  Schedule.identity<Disconnected<unknown>>().pipe(
    Schedule.addDelayEffect(({ number, retry }) =>
      Effect.map(Random.nextRange(1, 1.5), (factor) => {
        const asked = retry === undefined ? firstWait : Duration.toMillis(retry)
        const first = number === 1 ? asked : Math.max(asked, shortestWait)
        return Duration.millis(factor * Math.min(Math.max(first, longestWait), first * 2 ** (number - 1)))
      })
    )
  )

/** Reports whether a later connection may succeed. */
const isTemporary = (error: AnyError): boolean =>
  isTransient(error) ||
  // The server that issues the credentials could not be reached.
  (error._tag === "AuthoriserError" && Predicate.hasProperty(error, "reason") && error.reason === "Unavailable")

/** Returns an id as the text of a header: its UTF-8, a character a byte (WHATWG HTML, 9.2.3). */
const headerOf = (id: string): string =>
  /^[\x20-\x7e]*$/.test(id)
    ? id
    : Array.from(new TextEncoder().encode(id), (byte) => String.fromCharCode(byte)).join("")

/** Follows the event stream of an operation. */
export const followOperation = (
  operation: Operation<never, unknown, unknown, unknown>,
  args: ReadonlyArray<unknown>,
  options: FollowOptions<AnyError>
): Stream.Stream<DecodedEvent, AnyError, unknown> =>
  Stream.suspend(() => {
    const { idleTimeout, onStatus = () => Effect.void, schedule = standardSchedule() } = options
    const { [internals]: description } = operation
    const { compiled, tag } = description
    const state: Resumption = { lastEventId: options.lastEventId ?? "", retry: undefined }
    let step = makeScheduleStep(schedule)
    let number = 0
    /** The end of the last connection; undefined before the first one. */
    let ended: { readonly error: AnyError | undefined } | undefined

    const reading = (endpoint: CompiledEndpoint): CompiledEndpoint => ({
      ...endpoint,
      successes: (status, contentType) =>
        endpoint
          .successes(status, contentType)
          ?.map((reader) => (isEventReader(reader) ? reader.resuming(state, idleTimeout) : reader))
    })

    /** Waits before a connection that follows another. */
    const waiting = ({ error }: { readonly error: AnyError | undefined }) =>
      Effect.gen(function* () {
        number += 1
        const { lastEventId } = state
        const retry = state.retry === undefined ? undefined : Math.min(state.retry, longestRetry)
        const disconnected: Disconnected<AnyError> = {
          _tag: "Disconnected",
          number,
          error,
          lastEventId,
          retry: retry === undefined ? undefined : Duration.millis(retry)
        }
        const now = yield* Clock.currentTimeMillis
        const delay = yield* step(disconnected, now)
        if (delay === undefined) return yield* Effect.fail(Option.fromNullable(error))
        const asked = Math.max(retry ?? 0, Duration.toMillis(retryAfterOf(error)))
        const wait = Duration.millis(Math.min(maxTimerDelay, Math.max(Duration.toMillis(delay), asked)))
        yield* onStatus({ ...disconnected, wait })
        yield* Effect.sleep(wait)
      })

    const call = Effect.contextWithEffect((context: Context.Context<never>) =>
      Effect.flatMap(tag, (authoriser) => {
        const headers = state.lastEventId === "" ? {} : { "last-event-id": headerOf(state.lastEventId) }
        // One policy decides about all connections.
        const called = Effect.provideService(
          callWithHeaders(description, args, headers, reading),
          RetryPolicy.Current,
          RetryPolicy.none
        )
        const isUnlimited = (Context.get(context, Deadline.Current) ?? authoriser.defaults.deadline) === undefined
        return idleTimeout !== undefined && isUnlimited
          ? Effect.provideService(called, Deadline.Current, idleTimeout)
          : called
      })
    )

    const disconnect = (error: AnyError | undefined) =>
      Effect.sync(() => {
        ended = { error }
      })

    /** Makes a connection. Fails with none at the end of the Stream. */
    const connect = Effect.suspend(() =>
      Effect.zipRight(
        ended === undefined ? Effect.void : waiting(ended),
        Effect.matchEffect(call, {
          onFailure: (error) =>
            isTemporary(error) ? Effect.as(disconnect(error), Stream.empty) : Effect.fail(Option.some(error)),
          onSuccess: ({ response, value }) =>
            response.status === 204 || !Predicate.hasProperty(value, Stream.StreamTypeId)
              ? Effect.fail(Option.none())
              : Effect.as(
                  onStatus({ _tag: "Connected", lastEventId: state.lastEventId }),
                  // The event reader's values.
                  eventsOf(value as unknown as Stream.Stream<DecodedEvent, AnyError>)
                )
        })
      )
    )

    const eventsOf = (events: Stream.Stream<DecodedEvent, AnyError>): Stream.Stream<DecodedEvent, AnyError> =>
      events.pipe(
        Stream.mapChunks((chunk) => {
          number = 0
          step = makeScheduleStep(schedule)
          return chunk
        }),
        Stream.concat(Stream.execute(disconnect(undefined))),
        Stream.catchAll((error) => (isTemporary(error) ? Stream.execute(disconnect(error)) : Stream.fail(error)))
      )

    const { idempotent, neverRetried } = compiled()
    return idempotent && !neverRetried
      ? Stream.flatten(Stream.repeatEffectOption(connect))
      : Stream.unwrap(
          Effect.map(tag, (authoriser) =>
            Stream.fail(
              encodeError({ call: { endpoint: compiled(), authoriser, input: undefined }, attempts: [] }, [
                {
                  path: [],
                  message:
                    "its event stream can't be followed: each connection sends the request again. Declare `idempotent: true` if that is safe"
                }
              ])
            )
          )
        )
  })
