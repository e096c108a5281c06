import type { HttpClient } from "@effect/platform/HttpClient"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { createHash, type Hash } from "node:crypto"
import * as Backoff from "../../Backoff.js"
import {
  type AnyError,
  type CallError,
  isHeraldError,
  isTransient,
  type TimeoutError,
  type TransportError
} from "../../HeraldError.js"
import { type Completed, prepare } from "../../internal/call/execute.js"
import { callWithHeaders } from "../../internal/callWithHeaders.js"
import { streamCodec } from "../../internal/endpoint/codecs.js"
import type { CompiledEndpoint } from "../../internal/endpoint/CompiledEndpoint.js"
import { dropStream } from "../../internal/http/readBody.js"
import type { Internals } from "../../internal/operation.js"
import { makeReporter, type Reporter } from "../../internal/progress/reporter.js"
import type { Downloaded, Options } from "./options.js"
import { type Algorithm, type Digest, hashFile, parseDigest, readDigest, startHash } from "./digests.js"
import { FileWriteError, fileWriteError, IntegrityError } from "./errors.js"
import { openPartFile, type PartFile } from "./partFile.js"
import { type PartLock, takeLock } from "./partLock.js"
import { type Asked, ifRangeOf, interpret, isCoded, parseLength, type Validator, validatorOf } from "./ranges.js"

/** An error after which a download goes on. */
type RetriedError = CallError | IntegrityError

type Body = Stream.Stream<Uint8Array, TransportError | TimeoutError>

/** The default of `retry`. */
const defaultRetry = (): Schedule.Schedule<unknown, RetriedError> =>
  Schedule.intersect(
    Backoff.exponential({ start: "500 millis", cap: "30 seconds", jitter: "equal" }),
    Schedule.recurs(8)
  )

/** The number of times that content may change in one download until its breaks count as if it had not. */
const maxChanges = 5

/**
 * Makes an endpoint deliver the content of a 206, and a 416 to a request for a range, as a Stream, whatever statuses it declares. No other
 * response without the content is a success.
 */
const receiving =
  (ranged: boolean) =>
  (endpoint: CompiledEndpoint): CompiledEndpoint => {
    const { reader } = streamCodec()
    const delivers = (status: number) => status === 206 || (ranged && status === 416)
    return {
      ...endpoint,
      accepts: (status) => delivers(status) || endpoint.accepts(status),
      successes: (status, contentType) => (delivers(status) ? [reader] : endpoint.successes(status, contentType)),
      notModified: false,
      streams: true
    }
  }

/** Identifies the resource of a request, and the representation that it asks for. It does not reveal a secret in the query. */
const identityOf = (url: string, headers: Readonly<Record<string, string | undefined>>): string =>
  createHash("sha256")
    .update(JSON.stringify([url, headers["accept"], headers["accept-language"]]))
    .digest("hex")

/** Reports whether a call that failed while a download goes on may succeed later: the connection failed, or the server has a problem. */
const mayPass = (error: AnyError): error is CallError =>
  isHeraldError(error) &&
  (error._tag === "TransportError" || error._tag === "TimeoutError" || error._tag === "ServerError") &&
  isTransient(error)

/** The content that a response belongs to. */
interface Content {
  /** The length of all of it. Undefined if it is not known. */
  readonly total: number | undefined
  /** Undefined if it can't be resumed. */
  readonly validator?: Validator | undefined
  /** The digest that the server has sent. */
  readonly digest: Digest | undefined
}

/** How the content of a response is received. */
interface Receiving {
  /** The length of the part when the content of the response is complete. Undefined if it is not known. */
  readonly end: number | undefined
  /** The number of bytes at the beginning that the part has already. */
  readonly known: number
  /** The hash of the content, for its `Content-Digest`. Known when the part is prepared. */
  readonly contentHash: () => Hash | undefined
  /** Prepares the part. It runs before the first bytes are written. */
  readonly prepare: Effect.Effect<void, FileWriteError>
}

/** A response whose content ended before it was complete. */
interface Broken {
  readonly _tag: "Broken"
  /** Undefined if the server has sent less than all, as it may where a range was asked for. */
  readonly error: RetriedError | undefined
}

/** Downloads the content of an operation's response to a file; see `Download.toFile`. `path` is absolute. */
export const download = <R>(
  operation: Internals,
  args: ReadonlyArray<unknown>,
  options: Options<R>
): Effect.Effect<Downloaded, AnyError, HttpClient | R> =>
  // The requirement of the tag is part of the operation's type, which callers of this function return.
  Effect.flatMap(operation.tag, (authoriser) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { path } = options
        const expected = yield* expectedDigest(options)
        const endpoint = operation.compiled()
        const prepared = prepare(endpoint, authoriser, () => {
          const input = operation.inputOf(args)
          return { input, parts: operation.partsOf(input) }
        })
        if (Either.isLeft(prepared)) return yield* Effect.fail<AnyError>(prepared.left)
        const { request } = prepared.right
        const lock = yield* takeLock(`${path}.part.lock`, path)
        const part = yield* openPartFile(path, lock)
        const run = makeDownload(operation, args, options, {
          endpoint,
          expected,
          identity: identityOf(request.url, request.headers),
          lock,
          part
        })
        return yield* Effect.raceFirst(run, lock.heartbeat)
      })
    )
  ) as Effect.Effect<Downloaded, AnyError, HttpClient | R>

const expectedDigest = ({ digest, path }: Options<unknown>): Effect.Effect<Digest | undefined, IntegrityError> => {
  if (digest === undefined) return Effect.succeed(undefined)
  const { algorithm, value } = digest
  const parsed = parseDigest(algorithm, value)
  if (parsed !== undefined) return Effect.succeed(parsed)
  const expected = "a sha-256 of 32 bytes or a sha-512 of 64 bytes, as bytes, hex or base64"
  const actual = `a ${algorithm} of ${value.length} ${typeof value === "string" ? "characters" : "bytes"}`
  return Effect.fail(
    new IntegrityError({
      message: `${path} was not downloaded: the option "digest" must be ${expected}, and is ${actual}`,
      path,
      reason: "InvalidDigest",
      expected,
      actual
    })
  )
}

interface Parts {
  readonly endpoint: CompiledEndpoint
  readonly expected: Digest | undefined
  readonly identity: string
  readonly lock: PartLock
  readonly part: PartFile
}

const makeDownload = <R>(
  operation: Internals,
  args: ReadonlyArray<unknown>,
  { onProgress, path, retry = defaultRetry() }: Options<R>,
  { endpoint, expected, identity, lock, part }: Parts
): Effect.Effect<Downloaded, AnyError, HttpClient | R> => {
  const isRanged = endpoint.method === "GET"
  // A key makes the retries of one call safe, and another request has another key.
  const isRepeatable = endpoint.idempotent && endpoint.idempotencyKey === undefined && !endpoint.neverRetried

  /** The content that the part belongs to. Undefined if there is nothing to resume. */
  let content: Content | undefined
  const { found } = part
  if (found !== undefined && found.request === identity && (found.total === undefined || part.size() <= found.total)) {
    content = found
  }
  let resumedFrom = content === undefined ? 0 : part.size()
  /** False once the server has shown that its ranges are of no use. */
  let rangesWork = true
  /** The hashes of all bytes of the part, by algorithm. */
  const hashes = new Map<Algorithm, Hash>()
  let reporter: Reporter | undefined
  /** The largest size of the part so far, of this content. */
  let most = resumedFrom
  /** The validator of the last content, and the number of times that it has changed. */
  let validated = content?.validator && ifRangeOf(content.validator)
  let changes = 0

  const inFile = <A>(work: () => Promise<A>): Effect.Effect<A, FileWriteError> =>
    Effect.tapError(Effect.tryPromise({ try: work, catch: (cause) => fileWriteError(path, cause) }), (error) =>
      Effect.sync(() => {
        if (error.reason === "NoSpace") part.abandon()
      })
    )

  const integrityError = (
    reason: IntegrityError["reason"],
    sentence: string,
    expected: string,
    actual: string
  ): IntegrityError =>
    new IntegrityError({ message: `${path} was not downloaded: ${sentence}`, path, reason, expected, actual })

  /** Fails. Nothing of the part stays. */
  const refuse = (...args: Parameters<typeof integrityError>): Effect.Effect<never, IntegrityError> =>
    Effect.suspend(() => {
      part.abandon()
      return Effect.fail(integrityError(...args))
    })

  const lengths = (expected: number, actual: string) =>
    [`the content should have ${expected} bytes, and has ${actual}`, `${expected}`, actual] as const

  /** Returns the rest to ask for. Undefined to ask for all. */
  const rest = (): Asked | undefined => {
    const size = part.size()
    const validator = content?.validator
    if (!isRanged || !rangesWork || validator === undefined || size === 0) return undefined
    const total = content?.total
    // If nothing is missing, the last byte: its response tells whether the content is still the same.
    return { from: size === total ? size - 1 : size, validator, total }
  }

  /** Makes the request for the rest, or for all. */
  const call = (asked: Asked | undefined): Effect.Effect<Completed, AnyError, HttpClient> =>
    callWithHeaders(
      operation,
      args,
      {
        "accept-encoding": "identity",
        ...(asked === undefined ? {} : { range: `bytes=${asked.from}-`, "if-range": ifRangeOf(asked.validator) })
      },
      receiving(asked !== undefined)
    )

  /** Ensures that all bytes of the part are hashed by an algorithm. */
  const hashing = (algorithm: Algorithm): Effect.Effect<void, FileWriteError> =>
    hashes.has(algorithm)
      ? Effect.void
      : Effect.map(
          inFile(async () => {
            await part.written()
            return await hashFile(algorithm, part.handle, part.size())
          }),
          (hash) => {
            hashes.set(algorithm, hash)
          }
        )

  const startOver = (next: Content | undefined): Effect.Effect<void, FileWriteError> =>
    Effect.suspend(() => {
      content = next
      resumedFrom = 0
      hashes.clear()
      const validator = next?.validator && ifRangeOf(next.validator)
      if (validator !== undefined && validator !== validated) {
        // Of new content all is progress. Content that is another each time would never be complete.
        if (validated !== undefined && changes < maxChanges) {
          most = 0
          changes += 1
        }
        validated = validator
      }
      const facts = next?.validator && {
        request: identity,
        validator: next.validator,
        total: next.total,
        digest: next.digest
      }
      return Effect.uninterruptible(inFile(() => part.restart(facts)))
    })

  /** Receives content to the part. Returns the error that broke it, if any. */
  const receive = (
    body: Body,
    { contentHash, end, known, prepare }: Receiving
  ): Effect.Effect<TransportError | TimeoutError | undefined, FileWriteError | IntegrityError> => {
    let skipped = known
    let all: ReadonlyArray<Hash> = []
    let ofContent: Hash | undefined
    let isPrepared = false
    const prepared = Effect.map(prepare, () => {
      isPrepared = true
      all = [...hashes.values()]
      ofContent = contentHash()
    })
    const write = (chunk: Chunk.Chunk<Uint8Array>): Effect.Effect<void, FileWriteError | IntegrityError> => {
      let hasRoom = true
      for (const received of chunk) {
        ofContent?.update(received)
        const bytes = skipped > 0 ? received.subarray(skipped) : received
        skipped = Math.max(0, skipped - received.length)
        for (const hash of all) hash.update(bytes)
        hasRoom = part.push(bytes)
      }
      const size = part.size()
      if (end !== undefined && size > end) return refuse("Length", ...lengths(end, "more"))
      const reported = reporter?.advance(size, content?.total)
      if (hasRoom) return reported ?? Effect.void
      const waited = inFile(part.room)
      return reported === undefined ? waited : Effect.zipRight(waited, reported)
    }
    // The body is opened first: a Stream of the platform's, whose connection breaks before that, ends as if it were empty.
    return Stream.runForEachChunk(body, (chunk) =>
      isPrepared ? write(chunk) : Effect.flatMap(prepared, () => write(chunk))
    ).pipe(
      Effect.as(undefined),
      Effect.catchIf(
        (error) => error._tag === "TransportError" || error._tag === "TimeoutError",
        (error) => Effect.succeed(error)
      ),
      Effect.zipLeft(Effect.suspend(() => (isPrepared ? inFile(part.written) : prepared)))
    )
  }

  const verify = (expected: Digest, actual: string, name: string) =>
    actual === expected.value
      ? Effect.void
      : refuse(
          "Digest",
          `its ${expected.algorithm} should be ${expected.value} by ${name}, and is ${actual}`,
          expected.value,
          actual
        )

  /** Makes the reporter of progress, unless there is one. */
  const reporting = Effect.suspend(() =>
    onProgress === undefined || reporter !== undefined
      ? Effect.void
      : Effect.map(makeReporter(onProgress, "bytes", content?.total, part.size()), (made) => {
          reporter = made
        })
  )

  /** Verifies the digests of the whole content, flushes it and gives it its name. */
  const finish = (completed: Completed): Effect.Effect<Downloaded, AnyError> =>
    Effect.gen(function* () {
      const size = part.size()
      const byServer = content?.digest
      for (const [digest, name] of [
        [expected, "the option"],
        [byServer, "the server"]
      ] as const) {
        if (digest === undefined) continue
        yield* hashing(digest.algorithm)
        const hash = hashes.get(digest.algorithm)
        if (hash !== undefined) yield* verify(digest, hash.copy().digest("hex"), name)
      }
      yield* inFile(part.flush)
      const publish = inFile(async () => {
        if (!(await lock.isHeld())) {
          throw new FileWriteError({
            message: `${path} can't be written: another download of it has begun`,
            path,
            reason: "Busy",
            code: undefined
          })
        }
        await part.publish()
      })
      yield* Effect.uninterruptible(publish)
      if (reporter !== undefined) yield* reporter.finish(size, size)
      const { response, url } = completed
      return {
        path,
        bytes: size,
        resumedFrom,
        digest: expected ?? byServer,
        response: { status: response.status, headers: response.headers, url }
      }
    })

  /** Makes one request and receives its response. Returns the outcome of the download, or how the content of the response ended. */
  const exchange = (asked: Asked | undefined): Effect.Effect<Downloaded | Broken, AnyError, HttpClient> =>
    Effect.gen(function* () {
      const completed = yield* call(asked)
      const { headers, status } = completed.response
      // Endpoints of `toFile` deliver Streams, and so does `receiving`.
      const body = completed.value as Body
      const meaning = interpret(status, headers, asked)
      if (meaning._tag === "Changed" || meaning._tag === "Unusable") {
        yield* dropStream(body)
        if (asked === undefined) {
          const range = headers["content-range"] ?? "none"
          return yield* refuse("Range", `the server has sent a part that was not asked for: ${range}`, "all", range)
        }
        if (meaning._tag === "Unusable") rangesWork = false
        yield* startOver(undefined)
        return yield* exchange(undefined)
      }
      if (meaning._tag === "Complete") {
        yield* dropStream(body)
        if (content !== undefined) content = { ...content, total: meaning.total }
        yield* reporting
        return yield* finish(completed)
      }
      const coded = isCoded(headers)
      const isWhole = meaning._tag === "Whole"
      const acceptsRanges = isRanged && !coded && headers["accept-ranges"]?.toLowerCase() !== "none"
      const total = isWhole ? (coded ? undefined : parseLength(headers["content-length"])) : meaning.range.total
      const validator = acceptsRanges ? validatorOf(headers) : undefined
      const digestIn = (name: string) => Effect.promise(() => readDigest(coded ? undefined : headers[name]))
      /** The digest and the hash of the content of a part. */
      let contentDigest: Digest | undefined
      let contentHash: Hash | undefined
      const prepare = Effect.gen(function* () {
        const ofContent = yield* digestIn("content-digest")
        const ofAll = yield* digestIn("repr-digest")
        if (isWhole) {
          // The content of this response is the whole, so that its digest is that of the whole, even if it breaks.
          yield* startOver({ total, validator, digest: ofAll ?? ofContent })
        } else {
          content = { ...content, total: content?.total ?? total, digest: content?.digest ?? ofAll }
          contentDigest = ofContent
          contentHash = ofContent && startHash(ofContent.algorithm)
        }
        for (const digest of [expected, content?.digest]) if (digest !== undefined) yield* hashing(digest.algorithm)
        yield* reporting
      })
      const end = isWhole ? total : meaning.range.last + 1
      const known = isWhole ? 0 : part.size() - meaning.range.first
      const error = yield* receive(body, { end, known, contentHash: () => contentHash, prepare })
      if (error !== undefined) return { _tag: "Broken", error } satisfies Broken
      const size = part.size()
      if (end !== undefined && size < end) {
        // Not every transport notices that a body is cut.
        return { _tag: "Broken", error: integrityError("Length", ...lengths(end, `${size}`)) } satisfies Broken
      }
      if (contentDigest !== undefined && contentHash !== undefined) {
        yield* verify(contentDigest, contentHash.digest("hex"), "the server")
      }
      // A server may send less than the rest. If it does not know the length, its next response tells whether there is more.
      const isComplete = content?.total === undefined ? isWhole : size >= content.total
      if (!isComplete) return { _tag: "Broken", error: undefined } satisfies Broken
      return yield* finish(completed)
    })

  return Effect.gen(function* () {
    const driver = yield* Schedule.driver(retry)
    let begun = false
    for (;;) {
      const asked = rest()
      const attempted: Either.Either<Downloaded | Broken, AnyError> = yield* Effect.either(exchange(asked))
      let error: RetriedError | undefined
      if (Either.isRight(attempted)) {
        if ("path" in attempted.right) return attempted.right
        error = attempted.right.error
      } else if (begun && mayPass(attempted.left)) error = attempted.left
      else return yield* Effect.fail(attempted.left)
      begun = true
      const size = part.size()
      const progressed = size > most
      if (progressed) {
        most = size
        yield* driver.reset
      }
      // Less than all, as asked for.
      if (error === undefined && progressed) continue
      error ??= integrityError("Length", ...lengths(content?.total ?? 0, `${size}`))
      if (!isRepeatable) return yield* Effect.fail(error)
      const failure = error
      yield* Effect.mapError(driver.next(failure), () => failure)
    }
  })
}
