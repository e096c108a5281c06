import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type { Authoriser } from "../../Authoriser.js"
import type { Labels } from "../../Metrics.js"
import type { StatusError } from "../../HeraldError.js"
import type { Issue } from "../../Issue.js"
import type { RawResponse } from "../../RawResponse.js"
import type * as Shape from "../descriptor/Shape.js"
import type { Reader, Writer } from "./Codec.js"
import type { Segment } from "./pathTemplate.js"

/** Encodes a part of the input: path and query to `Texts`, or to the text that is sent, with its first slash or question mark. */
export type Encode = (input: unknown) => Either.Either<unknown, ReadonlyArray<Issue>>

/** The encoded values of a path, a query, a form or headers, by name. */
export type Texts = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

/** Reads the body of a declared error. */
export interface ErrorReader extends Reader {
  /** The tag of an error of the built-in family, if it is declared by `errorAs`. */
  readonly as?: StatusError["_tag"] | undefined
  /** True if the error matches any body. Its content is then read as for an undeclared error. */
  readonly anyBody?: boolean | undefined
}

/** The parts of a call's input, which the encoders take. */
export interface Parts {
  readonly path?: unknown
  readonly query?: unknown
  readonly headers?: unknown
  readonly body?: unknown
}

/** The part of an API that requests are made from. It does not change. */
export interface Api {
  readonly baseUrl: URL
  readonly defaults: { readonly headers?: Readonly<Record<string, string>> | undefined }
}

/** A request with the beginning of the URL and the headers of every call of an endpoint. */
export interface RequestTemplate {
  readonly endpoint: CompiledEndpoint
  readonly request: HttpClientRequest
  /** The labels of measurements of calls, by the facts that differ. */
  readonly labels: Map<string, Labels>
}

/** The parts of a call that a report is about. */
export interface ReportedCall {
  readonly authoriser: Api
  readonly endpoint: Pick<CompiledEndpoint, "name" | "method" | "template">
  readonly context: Context.Context<never>
}

/** An endpoint with its encoders and decoders, which are made once for all calls. */
export interface CompiledEndpoint {
  readonly name: string
  readonly method: HttpMethod
  /** The path template, which identifies the kind of call and holds no values. */
  readonly template: string
  readonly segments: ReadonlyArray<Segment>
  /** True if the path begins at the origin, and not at the base URL. */
  readonly fromOrigin?: boolean | undefined
  /** The beginning of the query, from the target of a verb. */
  readonly query?: string | undefined
  /** The templates of its requests, by API, of an endpoint that is used for many calls. */
  readonly templates?: WeakMap<Api, RequestTemplate> | undefined
  /**
   * Returns the authoriser of the endpoint's calls, for an endpoint with a server or security of its own: one with that base URL and these
   * credentials. Returns the same one for the same API, and for one that it returned.
   */
  readonly authoriserOf?: ((authoriser: Authoriser) => Authoriser) | undefined
  /** Problems of the target and options of a verb. If there are any, no request is sent. */
  readonly problems?: ReadonlyArray<Issue> | undefined
  readonly encodePath: Encode | undefined
  readonly encodeQuery: Encode | undefined
  readonly encodeHeaders: Encode | undefined
  /** Headers that a feature of the kit has added to those of the input, such as conditions. Calls without input have them, too. */
  readonly added?: Readonly<Record<string, string>> | undefined
  readonly body: { readonly writer: Writer; readonly contentType: string | undefined } | undefined
  /** The places of the parts in the caller's input, for issues. That of the body is `body` unless set. */
  readonly issuePaths: {
    readonly path: Issue["path"]
    readonly query: Issue["path"]
    readonly body?: Issue["path"] | undefined
  }
  /** The `Accept` header. */
  readonly accept: string
  /**
   * Reports whether a status is a success: a 2xx, or a status that is declared by its number. For any other the attempt has
   * failed, though its last response is a success if its class or `default` is declared as one.
   */
  readonly accepts: (status: number) => boolean
  /** The statuses of a success, for messages. */
  readonly successStatuses: string
  /**
   * The readers of a success. The first one that succeeds is used. The content type is known when the body is received, and can decide
   * how.
   */
  readonly successes: (status: number, contentType?: string) => ReadonlyArray<Reader> | undefined
  /** Reports the differences of a response from its description, which it is delivered with. */
  readonly report?:
    | ((call: ReportedCall, response: RawResponse, issues: ReadonlyArray<Shape.Mismatch>) => Effect.Effect<void>)
    | undefined
  readonly errors: (status: number) => ReadonlyArray<ErrorReader> | undefined
  /** True if a 304 is a success, with the value `NotModified`, where the caller's own headers have a condition. */
  readonly notModified: boolean
  /** True if a success is a Stream, which can neither be stored nor shared. */
  readonly streams: boolean
  /** True if the call has no side effects (RFC 9110, 9.2.1). */
  readonly safe: boolean
  readonly idempotent: boolean
  /** The header of an idempotency key, in lower case. */
  readonly idempotencyKey: string | undefined
  readonly neverRetried: boolean
  /** Reports whether a redirect with this status is followed: unless the endpoint declares it as a response. */
  readonly follows: (status: number) => boolean
  readonly sensitive: boolean
  /** Identity of the declared errors. Calls of the same family decode the same errors, so that they can share a request. */
  readonly family: object
}

const text: Pick<Reader, "receives" | "open"> = { receives: "text" }

/** Selects the reader by which the body of a response is received. Default: as text. */
export const receiver = (
  { errors, successes }: CompiledEndpoint,
  status: number,
  contentType: string | undefined
): Pick<Reader, "receives" | "open"> => {
  const readers = successes(status, contentType) ?? errors(status) ?? []
  return (
    readers.find(({ receives }) => receives === "stream") ??
    readers.find(({ receives }) => receives === "bytes") ??
    text
  )
}
