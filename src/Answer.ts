import type * as Stream from "effect/Stream"
import type { TimeoutError, TransportError } from "./HeraldError.js"

/** What came back: the last answer of a call's, after its redirects. */
export interface Answer {
  readonly status: number
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** As text if nothing wanted the bytes; empty where `stream` is. */
  readonly body: string | Uint8Array
  /** The body as it comes, of a call that gives a Stream. */
  readonly stream?: Stream.Stream<Uint8Array, TransportError | TimeoutError> | undefined
  /** Where a redirect led to that it came from. */
  readonly redirected?: string | undefined
  /** It is for another than was thought when its request was made, so that nobody is to keep it. */
  readonly uncacheable?: boolean | undefined
}

/** The body as text: UTF-8, without a byte order mark. */
export const textOf = ({ body }: Pick<Answer, "body">): string =>
  typeof body === "string" ? body : new TextDecoder().decode(body)

/** The body as bytes. */
export const bytesOf = ({ body }: Pick<Answer, "body">): Uint8Array =>
  typeof body === "string" ? new TextEncoder().encode(body) : body
