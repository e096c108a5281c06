import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"

/** The key that identifies a `Content` at run time. */
export const TypeId: unique symbol = Symbol.for("effect-herald/Content")
/** The type of `TypeId`. */
export type TypeId = typeof TypeId

/**
 * Bytes to send: the body of a request, or a file in a form.
 *
 * `Repeatable` is true if the bytes can be read again, so that a request with them can be retried and redirected.
 */
export interface Content<out Repeatable extends boolean = boolean> {
  readonly [TypeId]: TypeId
  readonly repeatable: Repeatable
  /** The number of bytes, if it is known: the request then has a `Content-Length`. */
  readonly size: number | undefined
  /** Reads the bytes. Each run begins at the first byte, if the content is repeatable. */
  readonly stream: Stream.Stream<Uint8Array, unknown>
}

/** Reports whether a value is a `Content`. */
export const isContent = (value: unknown): value is Content => Predicate.hasProperty(value, TypeId)

/** Options of a content. */
export interface Options {
  /** The number of bytes. Sending fails if there are more or fewer. Default: not known. */
  readonly size?: number | undefined
}

/**
 * Makes a content that can be read again, from a function that opens it.
 */
export const make = (open: () => Stream.Stream<Uint8Array, unknown>, options: Options = {}): Content<true> => ({
  [TypeId]: TypeId,
  repeatable: true,
  size: options.size,
  stream: Stream.suspend(open)
})

/** Makes a content that can be read once: the request with it is not retried once part of it was read. */
export const once = (stream: Stream.Stream<Uint8Array, unknown>, options: Options = {}): Content<false> => ({
  [TypeId]: TypeId,
  repeatable: false,
  size: options.size,
  stream
})
