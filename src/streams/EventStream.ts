import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type * as Body from "../Body.js"
import type { AnyError, EncodeError } from "../HeraldError.js"
import type { DecodeData } from "../internal/streams/events.js"
import { eventReader, eventStreamType } from "../internal/streams/eventReader.js"
import { followOperation } from "../internal/streams/follow.js"
import type { Disconnected, FollowOptions, Status } from "../internal/streams/followOptions.js"
import type { AnySchema, InvalidRecord, StreamError, StreamOptions } from "../internal/streams/options.js"
import { jsonDecoder } from "../internal/streams/records.js"
import { type EncodeRecord, jsonEncoder, streamBody } from "../internal/streams/streamBody.js"
import { decoderOf } from "../internal/endpoint/codecs.js"
import { encodeBySchema, mismatch, prependPath } from "../internal/endpoint/values.js"
import type { Operation } from "../Operation.js"

export type { Disconnected, FollowOptions, InvalidRecord, Status, StreamError }

/** An event. */
export interface Event<out Data, out Type extends string = string> {
  /** The event's type. `message` if the server gave none. */
  readonly type: Type
  /** The id of the last event that had one, this one included. Empty if none had. It is the `lastEventId` to resume after it. */
  readonly id: string
  readonly data: Data
}

/** The key that identifies a `Text` at run time. */
export const TextTypeId: unique symbol = Symbol.for("effect-herald/EventStream/Text")
/** The type of `TextTypeId`. */
export type TextTypeId = typeof TextTypeId

/** Data that is text, and not JSON. */
export interface Text<out A> {
  readonly [TextTypeId]: () => A
  readonly decode: ReturnType<typeof decoderOf>
  readonly encode: EncodeRecord
}

/** The data of an event: a schema of its JSON, or `text`. */
export type Data = Schema.Schema.AnyNoContext | Text<unknown>

/** The data of events by their type. */
export interface DataByType {
  readonly [type: string]: Data
}

type DataType<D> = D extends Schema.Schema<infer A, infer _, infer __> ? A : D extends Text<infer A> ? A : never

/** The events of a body: with any type, or a union of those that are declared. */
export type EventType<D> = D extends Data
  ? Event<DataType<D>>
  : { readonly [Type in keyof D & string]: Event<DataType<D[Type]>, Type> }[keyof D & string]

const encodeText: EncodeRecord = (value) =>
  Predicate.isString(value) ? Either.right(value) : Either.left(mismatch("text", value))

/**
 * Data that is text, and not JSON. With a schema, the text is its encoded side.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { EventStream } from "effect-herald/streams"
 *
 * const log = EventStream.body({ line: EventStream.text(), size: EventStream.text(Schema.NumberFromString) })
 * ```
 */
export const text: {
  (): Text<string>
  <A>(schema: Schema.Schema<A, string>): Text<A>
} = (schema?: AnySchema): Text<never> => ({
  // Carries a type only: nothing calls it.
  [TextTypeId]: undefined as never,
  decode: decoderOf(schema),
  encode: (value) =>
    schema === undefined ? encodeText(value) : Either.flatMap(encodeBySchema(schema)(value), encodeText)
})

const isText = (data: Data | DataByType): data is Text<unknown> => Predicate.hasProperty(data, TextTypeId)

const isData = (data: Data | DataByType): data is Data => isText(data) || Schema.isSchema(data)

const decoderOfData = (data: Data): ((text: string) => ReturnType<Text<unknown>["decode"]>) =>
  isText(data) ? data.decode : jsonDecoder(data)

const decodeDataOf = (data: Data | DataByType): DecodeData => {
  if (isData(data)) {
    const decode = decoderOfData(data)
    return (_, text) => decode(text)
  }
  const byType = new Map(Object.entries(data).map(([type, one]) => [type, decoderOfData(one)]))
  return (type, text) => byType.get(type)?.(text)
}

/** Makes an encoder of events (WHATWG HTML, 9.2.6). */
const makeEncoderOf = (data: Data | DataByType) => (): EncodeRecord => {
  const encoderOf = (one: Data): EncodeRecord => (isText(one) ? one.encode : jsonEncoder(one))
  const ofAll = isData(data) ? encoderOf(data) : undefined
  const byType = new Map(isData(data) ? [] : Object.entries(data).map(([type, one]) => [type, encoderOf(one)]))
  return (event) => {
    if (!Predicate.isRecord(event) || !Predicate.isString(event["type"]) || !Predicate.isString(event["id"])) {
      return Either.left(mismatch("an event with type, id and data", event))
    }
    const { data, id, type } = event
    const encode = ofAll ?? byType.get(type)
    if (encode === undefined) {
      return Either.left([{ path: ["type"], message: `should be ${[...byType.keys()].join(" or ")}, and is ${type}` }])
    }
    return Either.mapBoth(encode(data), {
      onLeft: (issues) => prependPath(["data"], issues),
      onRight: (text) => {
        const lines = text.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`)
        return `event: ${type}\nid: ${id}\n${lines.join("")}\n`
      }
    })
  }
}

/**
 * A response of Server-Sent Events, `text/event-stream` (WHATWG HTML, 9.2), as a Stream of events that schemas decode. A response of
 * another type fails with a `DecodeError` whose reason is `MediaType`. An event that is not complete is dropped. One connection: `follow`
 * makes others.
 *
 * The call ends, with its deadlines, when the headers are received. Reading is as fast as the Stream is, and ends with it. The Stream
 * fails with a `TransportError` or a `TimeoutError` if the connection does, and with a `DecodeError` that names the number of the event.
 *
 * - `data`: a schema of the JSON in the data of all events, or `text`, or these by the type of the event. Events of other types are
 *   ignored then, and the events are a union that `type` tells apart; `message` is the type of an event without one
 *
 * @example
 * ```ts
 * import { Effect, Schema, Stream } from "effect"
 * import { Authoriser, Endpoint, Operation } from "effect-herald"
 * import { EventStream } from "effect-herald/streams"
 *
 * class Chat extends Authoriser.Tag("app/Chat")<Chat>() {}
 *
 * const reply = Operation.make(Chat, () =>
 *   Endpoint.post("/reply", {
 *     body: Schema.Struct({ prompt: Schema.String }),
 *     success: EventStream.body({ delta: Schema.Struct({ text: Schema.String }), done: EventStream.text() })
 *   })
 * )
 *
 * const words = Stream.unwrap(reply({ body: { prompt: "Hello" } })).pipe(
 *   Stream.takeWhile((event) => event.type !== "done"),
 *   Stream.map((event) => (event.type === "delta" ? event.data.text : ""))
 * )
 * ```
 */
export const body = <const D extends Data | DataByType>(
  data: D,
  options: StreamOptions = {}
): Body.Body<never, Stream.Stream<EventType<D>, StreamError>> =>
  streamBody(eventStreamType, eventReader(decodeDataOf(data), options), makeEncoderOf(data))

/** The events of a success. */
type EventsOf<A> = A extends Stream.Stream<infer One, infer _, infer __> ? One : never

/** Requires that one of the successes of an operation is `EventStream.body`. */
type CheckEvents<A> = [Extract<A, Stream.Stream<Event<unknown>, unknown, unknown>>] extends [never]
  ? "the operation has no success that is EventStream.body"
  : unknown

/** The failures of a followed Stream. */
export type FollowError<E> = E | StreamError | EncodeError

/**
 * Makes a function that follows the event stream of an operation, as `EventSource` of browsers does (WHATWG HTML, 9.2): when a connection
 * ends or fails, another follows after a wait, with the id of the last event in `Last-Event-ID`. Each connection is a call of the
 * operation, with credentials of its own. Its retry policy does not apply: `schedule` decides about all connections.
 *
 * The Stream ends after a 204, and after any other success that is no event stream. It fails as the operation does where a later
 * connection would fail, too: for credentials that are refused after a refresh, a 403, a 404, another media type, or invalid data. It
 * fails with an `EncodeError` for an endpoint that is not idempotent: one with another method than GET has to declare it.
 *
 * A server that numbers its events, and sends those after `Last-Event-ID`, loses no event and doubles none. Without ids, those between two
 * connections are lost.
 *
 * @example
 * ```ts
 * import { Effect, Schema, Stream } from "effect"
 * import { Authoriser, Endpoint, Operation } from "effect-herald"
 * import { EventStream } from "effect-herald/streams"
 *
 * class Market extends Authoriser.Tag("app/Market")<Market>() {}
 *
 * const trades = Operation.make(Market, () =>
 *   Endpoint.get("/trades/{symbol}", { success: EventStream.body({ trade: Schema.Struct({ price: Schema.Number }) }) })
 * )
 *
 * const follow = EventStream.follow(trades, {
 *   idleTimeout: "1 minute",
 *   onStatus: (status) => Effect.logInfo(status._tag)
 * })
 *
 * const prices = follow({ symbol: "EFF" }).pipe(Stream.map(({ data }) => data.price))
 * ```
 */
export const follow =
  <Args extends ReadonlyArray<unknown>, A, E, R>(
    operation: Operation<Args, A, E, R> & CheckEvents<A>,
    options: FollowOptions<FollowError<E>> = {}
  ) =>
  (...args: Args): Stream.Stream<EventsOf<A>, FollowError<E>, R> =>
    // The reader of the operation decodes to these events, and its endpoint declares the errors.
    followOperation(operation, args, options as FollowOptions<AnyError>) as Stream.Stream<never, never, never>
