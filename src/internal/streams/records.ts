import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { type DecodeError, TimeoutError, type TransportError } from "../../HeraldError.js"
import type { Issue } from "../../Issue.js"
import { decodeError, type ErrorContext, errorDetails } from "../call/errors.js"
import { durationText } from "../durationText.js"
import type { Mismatch, Reader } from "../endpoint/Codec.js"
import { streamCodec } from "../endpoint/codecs.js"
import { statusesWithoutContent } from "../http/statuses.js"
import * as Json from "../http/json.js"
import { decodeWithIssues } from "../parseIssues.js"
import type { AnySchema, InvalidRecord, StreamError, StreamOptions } from "./options.js"

/** The default limit of a record, in bytes: 16 MiB. */
const defaultMaxBytes = 16_777_216

/** A part of content, parsed. */
export interface Parsed<out A> {
  readonly values: ReadonlyArray<A>
  /** The records that were skipped. */
  readonly skipped: ReadonlyArray<InvalidRecord>
  /** The reason why no more is read. The values before it are valid. */
  readonly failure: Mismatch | undefined
}

/** Parses content. Both functions can return several records. */
export interface Parser<out A> {
  readonly push: (bytes: Uint8Array) => Parsed<A>
  /** Parses the rest, at the end of the content. */
  readonly end: () => Parsed<A>
}

/** The records of a part of content. */
export interface Records<in out A> {
  readonly add: (value: A) => void
  /** Adds an invalid record. Returns true if no more is to be read. */
  readonly addInvalid: (number: number, mismatch: Mismatch) => boolean
  readonly fail: (mismatch: Mismatch) => void
  /** Returns the records since the last call. */
  readonly take: () => Parsed<A>
}

/**
 * Collects records.
 *
 * - `name`: the name of a record, such as `line`
 * - `skips`: true if an invalid record does not end the Stream
 */
export const makeRecords = <A>(name: string, skips: boolean): Records<A> => {
  let values: Array<A> = []
  let skipped: Array<InvalidRecord> = []
  let failure: Mismatch | undefined
  let count = 0
  return {
    add: (value) => void values.push(value),
    addInvalid: (number, { issues, reason }) => {
      if (skips) {
        count += 1
        skipped.push({ number, issues, skipped: count })
        return false
      }
      failure = { reason, issues: issues.map((issue) => ({ ...issue, path: [`${name} ${number}`, ...issue.path] })) }
      return true
    },
    fail: (mismatch) => {
      failure = mismatch
    },
    take: () => {
      const parsed = { values, skipped, failure }
      values = []
      skipped = []
      return parsed
    }
  }
}

/** Makes the mismatch of a record that is too long. */
export const tooLong = (name: string, number: number, maxBytes: number): Mismatch => ({
  reason: "Size",
  issues: [
    { path: [`${name} ${number}`], message: `is longer than the limit of ${maxBytes} bytes: raise \`maxBytes\`` }
  ]
})

/** Returns the length of a text in UTF-8, in bytes. */
const utf8Length = (text: string): number => {
  let length = text.length
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code < 0x80) continue
    // Each half of a surrogate pair is two of its four bytes.
    length += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 1 : 2
  }
  return length
}

/** Reports whether a text is longer than a limit in UTF-8. Most texts need not be read for this. */
export const isLonger = (text: string, maxBytes: number): boolean =>
  text.length > maxBytes || (text.length * 3 > maxBytes && utf8Length(text) > maxBytes)

/** The limit of a record, in bytes. */
export const maxBytesOf = ({ maxBytes = defaultMaxBytes }: Pick<StreamOptions, "maxBytes">): number => maxBytes

/** Decodes UTF-8. Removes the byte order mark at the beginning of the content. Malformed bytes become U+FFFD. */
export const makeDecodeUtf8 = (): ((bytes: Uint8Array) => string) => {
  // A mark elsewhere is a character.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  let isFirst = true
  return (bytes) => {
    const text = decoder.decode(bytes)
    if (!isFirst || text === "") return text
    isFirst = false
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }
}

const notJson: Mismatch = { reason: "Json", issues: [{ path: [], message: "is not JSON, or is cut short" }] }

/** Makes the function that parses and decodes the JSON of a record. */
export const jsonDecoder = (schema: AnySchema): ((text: string) => Either.Either<unknown, Mismatch>) => {
  const decode = decodeWithIssues(schema)
  return (text) => {
    let value: unknown
    try {
      value = Json.parse(text)
    } catch {
      return Either.left(notJson)
    }
    return Either.mapLeft(decode(value), (issues): Mismatch => ({ reason: "Shape", issues }))
  }
}

/** Parses a Stream of bytes. The values before a failure are delivered. */
const parseStream = <A, E, E2>(
  bytes: Stream.Stream<Uint8Array, E>,
  makeParser: () => Parser<A>,
  onInvalid: StreamOptions["onInvalid"],
  toError: (mismatch: Mismatch) => E2
): Stream.Stream<A, E | E2> =>
  Stream.suspend(() => {
    const parser = makeParser()
    type Next = Channel.Channel<Chunk.Chunk<A>, Chunk.Chunk<Uint8Array>, E | E2, E, unknown, unknown>
    /** Delivers what was parsed, and goes on unless it failed. */
    const deliver = ({ failure, skipped, values }: Parsed<A>, next: () => Next): Next => {
      const then: () => Next = failure === undefined ? next : () => Channel.failSync(() => toError(failure))
      const written: Next =
        values.length === 0
          ? Channel.suspend(then)
          : Channel.flatMap(Channel.write(Chunk.unsafeFromArray(values as Array<A>)), then)
      return onInvalid === undefined || skipped.length === 0
        ? written
        : Channel.zipRight(Channel.fromEffect(Effect.forEach(skipped, onInvalid, { discard: true })), written)
    }
    const pushAll = (chunk: Chunk.Chunk<Uint8Array>, index: number): Next =>
      index === chunk.length
        ? loop
        : deliver(parser.push(Chunk.unsafeGet(chunk, index)), () => pushAll(chunk, index + 1))
    const loop: Next = Channel.readWithCause({
      onInput: (chunk: Chunk.Chunk<Uint8Array>) => pushAll(chunk, 0),
      onFailure: (cause) => Channel.failCause(cause),
      onDone: () => deliver(parser.end(), () => Channel.void)
    })
    return Stream.pipeThroughChannel(bytes, loop)
  })

/** How the values of a response are read. */
export interface ReaderOptions<out A> extends Pick<StreamOptions, "onInvalid" | "idleTimeout"> {
  readonly makeParser: () => Parser<A>
  /** Returns the mismatch of a response that is not to be parsed. */
  readonly refuse?: ((contentType: string) => Mismatch | undefined) | undefined
}

/** Makes the reader of a response whose values are a Stream. */
export const streamReader = <A>({ idleTimeout, makeParser, onInvalid, refuse }: ReaderOptions<A>): Reader => ({
  receives: "stream",
  open: streamCodec().reader.open,
  read: (response, _, __, context) => {
    // A response without content has no type.
    const refused = statusesWithoutContent.includes(response.status)
      ? undefined
      : refuse?.(response.headers["content-type"] ?? "")
    if (refused !== undefined) return Either.left(refused)
    // `decodeSuccess` passes the context of its errors.
    const errorContext = context as ErrorContext
    const { stream = Stream.empty } = response
    const bytes: Stream.Stream<Uint8Array, TransportError | TimeoutError> =
      idleTimeout === undefined
        ? stream
        : Stream.timeoutFail(
            stream,
            () =>
              new TimeoutError({
                ...errorDetails(errorContext, `nothing was received for ${durationText(Duration.decode(idleTimeout))}`),
                reason: "idle timeout"
              }),
            idleTimeout
          )
    const toError = ({ issues, reason }: Mismatch): DecodeError => decodeError(errorContext, reason, issues)
    const values: Stream.Stream<A, StreamError> = parseStream(bytes, makeParser, onInvalid, toError)
    return Either.right(values)
  }
})

/** An issue of a record as a whole. */
export const recordIssue = (message: string): ReadonlyArray<Issue> => [{ path: [], message }]
