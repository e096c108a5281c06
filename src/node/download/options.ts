import type * as Schedule from "effect/Schedule"
import type { CallError } from "../../HeraldError.js"
import type { Response } from "../../Operation.js"
import type { Report } from "../../Progress.js"
import type { Algorithm, Digest } from "./digests.js"
import type { IntegrityError } from "./errors.js"

/** The digest that a file must have. */
export interface Expected {
  readonly algorithm: Algorithm
  /** The digest: in bytes, or as text in hex or base64. */
  readonly value: Uint8Array | string
}

/** Options of a download. */
export interface Options<R = never> {
  /** The path of the file. A file that is there is replaced. Its folder must exist. */
  readonly path: string
  /** The digest that the file must have. A digest that the server sends is verified, too. */
  readonly digest?: Expected | undefined
  /** Reports progress in bytes. The part that was there before is done at the first report, and does not count for the rate. */
  readonly onProgress?: Report | undefined
  /**
   * The waits after breaks of the connection while the content is received. It starts again after a break that follows progress, so that
   * it limits the breaks without progress. Its input is the error. Each request is retried by the policy of calls besides. Default: eight
   * waits, from half a second, doubled up to 30 seconds, with jitter.
   */
  readonly retry?: Schedule.Schedule<unknown, CallError | IntegrityError, R> | undefined
}

/** A file that was downloaded. */
export interface Downloaded {
  /** The absolute path. */
  readonly path: string
  /** The length of the file, in bytes. */
  readonly bytes: number
  /** The number of bytes from an earlier run of the program. */
  readonly resumedFrom: number
  /** The digest that was verified: that of the options, or else that of the server. Undefined if there was none. */
  readonly digest: Digest | undefined
  /** The head of the last response. */
  readonly response: Pick<Response<unknown>, "status" | "headers" | "url">
}
