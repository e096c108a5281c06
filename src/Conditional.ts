import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type { EncodeError } from "./HeraldError.js"
import { PreconditionFailed } from "./HeraldError.js"
import { withAddedHeaders } from "./internal/callWithHeaders.js"
import type { CompiledEndpoint } from "./internal/endpoint/CompiledEndpoint.js"
import { internals } from "./internal/operation.js"
import { fromInternals, type Operation, type Response } from "./Operation.js"
import * as ResponseCache from "./ResponseCache.js"

/** A strong validator (RFC 9110, 8.8.3). */
const strongEtag = /^"[\x21\x23-\x7e\x80-\xff]*"$/

/** The methods whose request has the effect of one, however often it is sent under a condition that its own effect makes false. */
const onceByCondition: ReadonlyArray<string> = ["PUT", "PATCH", "DELETE"]

const conditionally = <Args extends ReadonlyArray<unknown>, A, E, R>(
  operation: Operation<Args, A, E, R>,
  condition: (endpoint: CompiledEndpoint) => CompiledEndpoint
): Operation<Args, A, E, R> => {
  const description = operation[internals]
  let compiled: CompiledEndpoint | undefined
  return fromInternals(
    { ...description, compiled: () => (compiled ??= condition(description.compiled())) },
    () => operation.endpoint
  )
}

/**
 * Makes an operation that is carried out only if the resource is still as it was in a response: its requests have `If-Match` with the
 * `ETag` of the response (RFC 9110, 13.1.1). If the resource has changed, the call fails with `PreconditionFailed`.
 *
 * - `operation`: the operation that writes the resource: PUT, PATCH or DELETE
 * - `response`: a response of the resource, from `withResponse`
 *
 * A call fails with `EncodeError`, and nothing is sent, if the response has no `ETag`, or a weak one, which can't be used for a write
 * (RFC 9110, 8.8.1). An attempt whose outcome is unknown is retried, whatever the method is: the server carries the request out at most
 * once. If the first attempt was carried out, the retry fails with `PreconditionFailed`, whose `attempts` show that.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Authoriser, Conditional, Endpoint, Operation } from "effect-herald"
 *
 * class Wiki extends Authoriser.Tag("example/Wiki")<Wiki>() {}
 *
 * const Page = Schema.Struct({ text: Schema.String })
 * const getPage = Operation.make(Wiki, () => Endpoint.get("/pages/{title}", { success: Page }))
 * const putPage = Operation.make(Wiki, () => Endpoint.put("/pages/{title}", { body: Page }))
 *
 * const program = Effect.gen(function* () {
 *   const page = yield* getPage.withResponse({ title: "Home" })
 *   yield* Conditional.ifMatch(putPage, page)({ title: "Home", body: { text: `${page.value.text}!` } })
 * }).pipe(Effect.catchTag("PreconditionFailed", () => Effect.log("somebody else has changed the page")))
 * ```
 */
export const ifMatch = <Args extends ReadonlyArray<unknown>, A, E, R>(
  operation: Operation<Args, A, E, R>,
  response: Pick<Response<unknown>, "headers">
): Operation<Args, A, E | EncodeError, R> =>
  conditionally<Args, A, E | EncodeError, R>(operation, (endpoint) => {
    const etag = response.headers["etag"]
    if (etag === undefined || !strongEtag.test(etag)) {
      const message =
        etag === undefined
          ? "can't be sent, since the response has no ETag"
          : `can't be sent, since the ETag of the response is ${etag.startsWith("W/") ? "weak" : "invalid"}`
      return { ...endpoint, problems: [{ path: ["headers", "if-match"], message }] }
    }
    const added = withAddedHeaders(endpoint, { "if-match": etag })
    return onceByCondition.includes(endpoint.method) ? { ...added, idempotent: true } : added
  })

/**
 * Makes an operation that is carried out only if the resource does not exist: its requests have `If-None-Match: *` (RFC 9110, 13.1.2).
 * If the resource exists, the call fails with `PreconditionFailed`. A PUT is retried if the outcome of an attempt is unknown: if that
 * attempt created the resource, the retry fails with `PreconditionFailed`, whose `attempts` show it.
 *
 * - `operation`: the operation that creates the resource, such as a PUT
 */
export const ifAbsent = <Args extends ReadonlyArray<unknown>, A, E, R>(
  operation: Operation<Args, A, E, R>
): Operation<Args, A, E, R> =>
  conditionally(operation, (endpoint) => withAddedHeaders(endpoint, { "if-none-match": "*" }))

/** The resource was written. */
export class Written<out A> extends Data.TaggedClass("Written")<{
  /** The result of the write. */
  readonly value: A
  /** The number of writes that were tried, from 1. */
  readonly tries: number
}> {}

/** The resource did not need a change. */
export class Unchanged<out A> extends Data.TaggedClass("Unchanged")<{
  /** The resource as it was read. */
  readonly current: Response<A>
  /** The number of writes that were tried. */
  readonly tries: number
}> {}

/** The parts of an update. */
export interface UpdateOptions<A, E, R, B, E2, R2, C, E3, R3> {
  /** Reads the resource: a call by `withResponse`. */
  readonly read: Effect.Effect<Response<A>, E, R>
  /** Makes the changed resource; `Option.none()` if there is nothing to change. It runs again if somebody else has changed it. */
  readonly change: (value: A) => Effect.Effect<Option.Option<B>, E2, R2>
  /** Writes the changed resource: a call by `ifMatch` with the response that was read. */
  readonly write: (changed: B, current: Response<A>) => Effect.Effect<C, E3, R3>
  /** The largest number of writes. Default: 10. */
  readonly tries?: number | undefined
  /**
   * Declares that a change that was made already may be made again, such as one that sets a field, unlike one that adds to a number. Without
   * it, a write whose outcome is unknown ends the update. Default: false.
   */
  readonly idempotent?: boolean | undefined
}

/** The wait before the second try, in milliseconds. It is doubled for each other try, up to `longestWait`, and random up to that. */
const firstWait = 50

const longestWait = 2000

/** Waits, so that programs that write at the same time do not collide again. */
const pause = (tries: number): Effect.Effect<void> =>
  Effect.flatMap(Random.next, (share) =>
    Effect.sleep(Duration.millis(share * Math.min(longestWait, firstWait * 2 ** (tries - 1))))
  )

/** Reports whether an earlier attempt of a call that failed may have been carried out. */
const mayHaveWritten = ({ attempts }: PreconditionFailed): boolean =>
  attempts.some((attempt) => attempt.class === "Ambiguous")

/**
 * Reads a resource, changes it, and writes it unless somebody else has changed it meanwhile: it is then read, changed and written again
 * (optimistic concurrency).
 *
 * Returns `Written`, or `Unchanged` if there was nothing to change. Fails as the calls and the change do; with `PreconditionFailed` after
 * the last try. It also fails with `PreconditionFailed` if an attempt to write had an unknown outcome and may be the change that the
 * server reports, unless the change is `idempotent`. An error of another type that the endpoint of the write declares for 412 ends the
 * update.
 *
 * @example
 * ```ts
 * import { Effect, Option, Schema } from "effect"
 * import { Authoriser, Conditional, Endpoint, Operation } from "effect-herald"
 *
 * class Wiki extends Authoriser.Tag("example/Wiki")<Wiki>() {}
 *
 * const Page = Schema.Struct({ tags: Schema.Array(Schema.String) })
 * const getPage = Operation.make(Wiki, () => Endpoint.get("/pages/{title}", { success: Page }))
 * const putPage = Operation.make(Wiki, () => Endpoint.put("/pages/{title}", { body: Page }))
 *
 * const addTag = (title: string, tag: string) =>
 *   Conditional.update({
 *     read: getPage.withResponse({ title }),
 *     change: ({ tags }) => Effect.succeed(tags.includes(tag) ? Option.none() : Option.some({ tags: [...tags, tag] })),
 *     write: (page, current) => Conditional.ifMatch(putPage, current)({ title, body: page }),
 *     idempotent: true
 *   })
 * ```
 */
export const update = <A, E, R, B, E2, R2, C, E3, R3>({
  change,
  idempotent = false,
  read,
  tries: most = 10,
  write
}: UpdateOptions<A, E, R, B, E2, R2, C, E3, R3>): Effect.Effect<
  Written<C> | Unchanged<A>,
  E | E2 | E3,
  R | R2 | R3
> => {
  // A stored response may be the one that was refused.
  const readAgain = Effect.provideService(read, ResponseCache.Current, "refresh")
  const attempt = (
    read: Effect.Effect<Response<A>, E, R>,
    tries: number
  ): Effect.Effect<Written<C> | Unchanged<A>, E | E2 | E3, R | R2 | R3> =>
    Effect.flatMap(read, (current) =>
      Effect.flatMap(
        change(current.value),
        Option.match({
          onNone: () => Effect.succeed<Written<C> | Unchanged<A>>(new Unchanged({ current, tries: tries - 1 })),
          onSome: (changed) =>
            Effect.matchEffect(write(changed, current), {
              onSuccess: (value) => Effect.succeed(new Written({ value, tries })),
              onFailure: (error) =>
                error instanceof PreconditionFailed && tries < most && (idempotent || !mayHaveWritten(error))
                  ? Effect.zipRight(pause(tries), attempt(readAgain, tries + 1))
                  : Effect.fail(error)
            })
        })
      )
    )
  return attempt(read, 1)
}
