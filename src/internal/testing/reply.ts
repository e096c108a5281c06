import * as Predicate from "effect/Predicate"
import type * as Stream from "effect/Stream"
import { stringify } from "../http/json.js"

/** The key that identifies a `Reply` at run time. */
export const ReplyTypeId: unique symbol = Symbol.for("effect-herald/testing/Reply")

/** Headers of a response. A list is sent as one header for each value. */
export type ReplyHeaders = Readonly<Record<string, string | number | ReadonlyArray<string> | undefined>>

/** A body of a response that no schema encodes. */
export type RawBody = string | Uint8Array | Stream.Stream<Uint8Array, unknown>

/** A response of a handler: a value of the endpoint with a status or headers, or any response. */
export interface Reply<out A> {
  readonly [ReplyTypeId]: { readonly A: () => A }
  readonly status: number | undefined
  readonly headers: ReplyHeaders
  /** The value that the endpoint encodes, or the body as it is. */
  readonly content:
    | { readonly _tag: "Value"; readonly value: unknown }
    | { readonly _tag: "Raw"; readonly body: RawBody; readonly contentType: string | undefined }
}

export const isReply = (value: unknown): value is Reply<unknown> => Predicate.hasProperty(value, ReplyTypeId)

/** Carries types only: nothing reads its members. */
const variance = {} as Reply<never>[typeof ReplyTypeId]

/** Options of a response whose value the endpoint encodes. */
export interface ReplyOptions {
  /** Default: the first status whose declaration the value matches; 200 for a success of every 2xx, or 204 if it has no body. */
  readonly status?: number | undefined
  readonly headers?: ReplyHeaders | undefined
}

export const reply = <A>(value: A, { headers = {}, status }: ReplyOptions): Reply<A> => ({
  [ReplyTypeId]: variance,
  status,
  headers,
  content: { _tag: "Value", value }
})

/** Options of a response that no endpoint encodes. */
export interface RawOptions {
  readonly headers?: ReplyHeaders | undefined
  /** The body as it is. Default: none. */
  readonly body?: RawBody | undefined
  /** A body of JSON, in place of `body`. */
  readonly json?: unknown
}

/** A response whose body is sent as it is. */
export interface RawReply extends Reply<never> {
  readonly status: number
  readonly content: Extract<Reply<never>["content"], { readonly _tag: "Raw" }>
}

export const raw = (status: number, options: RawOptions): RawReply => {
  const { body = "", headers = {} } = options
  const hasJson = "json" in options && options.json !== undefined
  return {
    [ReplyTypeId]: variance,
    status,
    headers,
    content: {
      _tag: "Raw",
      body: hasJson ? stringify(options.json) : body,
      contentType: hasJson ? "application/json" : Predicate.isString(body) && body !== "" ? "text/plain" : undefined
    }
  }
}
