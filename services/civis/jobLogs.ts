import type { HttpClient } from "@effect/platform/HttpClient"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { CallError, EncodeError } from "../../src/HeraldError.js"
import type { Authoriser } from "./Authoriser.js"
import { listLogs, listRuns, type LogMessage, strictly } from "./operations.js"

/** The number of messages in a request. */
const pageSize = 250

/** The time between two requests once all messages were read, in milliseconds. */
const interval = 5000

/**
 * Messages come late: ids are not in the order in which messages become visible. Those of the last five minutes, at most a hundred, are
 * requested again.
 */
const late = { millis: 300_000, count: 100 }

/** What was read of a log. */
interface Progress {
  /** The id after which messages are requested. */
  readonly lastId: number
  /** The messages with the highest ids that were delivered, by id. */
  readonly recent: ReadonlyArray<LogMessage>
  /** The time to wait before the next request, in milliseconds. */
  readonly wait: number
}

const start: Progress = { lastId: 0, recent: [], wait: 0 }

const byId = (one: LogMessage, other: LogMessage): number => one.id - other.id

const byTime = (one: LogMessage, other: LogMessage): number =>
  one.created_at < other.created_at ? -1 : one.created_at > other.created_at ? 1 : byId(one, other)

/** Returns the id after which late messages may appear. */
const settledId = (recent: ReadonlyArray<LogMessage>, now: number): number => {
  const newest = recent.at(-1)
  if (newest === undefined) return 0
  // A time that can't be read is not old.
  if (Date.parse(newest.created_at) < now - late.millis) return newest.id
  return recent.length < late.count ? 0 : recent[0]!.id
}

/** Returns the newest run of a job. */
const newestRun = (jobId: number) =>
  Effect.map(strictly(listRuns(jobId, { limit: 1, order: "id", order_dir: "desc" })), ([run]) => run?.id)

/** Reads the next messages. The progress is none once the log is complete. */
const read = (jobId: number, runId: number, { lastId, recent, wait }: Progress) =>
  Effect.gen(function* () {
    yield* Effect.sleep(wait)
    const { headers, value } = yield* strictly(
      listLogs.withResponse(jobId, runId, { last_id: lastId, limit: pageSize })
    )
    const fresh = value.filter(({ id }) => !recent.some((known) => known.id === id)).sort(byTime)
    const nowRecent = [...recent, ...fresh].sort(byId).slice(-late.count)
    // The header has the id of the last message that the server has. It is absent while there is none.
    const readTo = Math.max(lastId, ...value.map(({ id }) => id))
    const hasMore = value.length > 0 && Number(headers["civis-max-id"]) > readTo
    const isComplete = headers["civis-cache-control"] !== "no-store"
    const now = yield* Clock.currentTimeMillis
    const next: Option.Option<Progress> = hasMore
      ? Option.some({ lastId: readTo, recent: nowRecent, wait: 0 })
      : isComplete
        ? Option.none()
        : Option.some({ lastId: settledId(nowRecent, now), recent: nowRecent, wait: interval })
    return [Chunk.fromIterable(fresh), next] as const
  })

/**
 * The log of a run, as a Stream. It ends when the run has ended and its log is complete, which may be minutes later. Each message is
 * delivered once, the messages of a response in the order of their time. An empty Stream if the job has no run.
 *
 * - `runId`: the run. Default: the newest one
 *
 * @example
 * ```ts
 * import { Console, Stream } from "effect"
 * import * as Civis from "effect-herald/civis"
 *
 * const follow = Civis.jobLogs(2303, 232).pipe(
 *   Stream.runForEach(({ created_at, message }) => Console.log(`${created_at} ${message}`))
 * )
 * ```
 */
export const jobLogs = (
  jobId: number,
  runId?: number
): Stream.Stream<LogMessage, CallError | EncodeError, HttpClient | Authoriser> =>
  Stream.unwrap(
    Effect.map(runId === undefined ? newestRun(jobId) : Effect.succeed(runId), (run) =>
      run === undefined ? Stream.empty : Stream.paginateChunkEffect(start, (progress) => read(jobId, run, progress))
    )
  )
