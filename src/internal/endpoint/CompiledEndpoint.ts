import type { HttpMethod } from "@effect/platform/HttpMethod"
import type * as Either from "effect/Either"
import type { StatusError } from "../../HeraldError.js"
import type { Issue } from "../../Issue.js"
import type { Reader, Writer } from "./Codec.js"
import type { Segment } from "./pathTemplate.js"

/** Encodes a part of the input. */
export type Encode = (input: unknown) => Either.Either<unknown, ReadonlyArray<Issue>>

/** Texts by name, as a path, a query, a form or headers take them. */
export type Texts = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

/** Reads the body of a declared error; `as` is set if it is one of the built-in family. */
export interface ErrorReader extends Reader {
  readonly as?: StatusError["_tag"] | undefined
  /** True if any body is one of this error, which then has the content of an undeclared one. */
  readonly anyBody?: boolean | undefined
}

/** The parts of a call's input, as the encoders take them. */
export interface Parts {
  readonly path?: unknown
  readonly query?: unknown
  readonly headers?: unknown
  readonly body?: unknown
}

/** An endpoint as the pipeline uses it, with its encoders and decoders made once. */
export interface CompiledEndpoint {
  readonly name: string
  readonly method: HttpMethod
  /** The path template, which identifies the kind of call and holds no values. */
  readonly template: string
  readonly segments: ReadonlyArray<Segment>
  /** The literal beginning of the query. */
  readonly query?: string | undefined
  /** The reasons why no input is valid, for requests that are described by the call itself. */
  readonly problems?: ReadonlyArray<Issue> | undefined
  readonly encodePath: Encode | undefined
  readonly encodeQuery: Encode | undefined
  readonly encodeHeaders: Encode | undefined
  readonly body: { readonly writer: Writer; readonly contentType: string | undefined } | undefined
  /** The places of the parts in the caller's input, for issues. That of the body is `body` unless set. */
  readonly issuePaths: {
    readonly path: Issue["path"]
    readonly query: Issue["path"]
    readonly body?: Issue["path"] | undefined
  }
  /** The `Accept` header. */
  readonly accept: string
  /** Reports whether a status is a success. For any other, the attempt has failed. */
  readonly accepts: (status: number) => boolean
  /** The statuses of a success, for a person. */
  readonly successStatuses: string
  /** The readers of a success, of which the first that succeeds decides. */
  readonly successes: (status: number) => ReadonlyArray<Reader> | undefined
  readonly errors: (status: number) => ReadonlyArray<ErrorReader> | undefined
  /** Has no side effects (RFC 9110, 9.2.1). */
  readonly safe: boolean
  readonly idempotent: boolean
  /** The header of an idempotency key, in lower case. */
  readonly idempotencyKey: string | undefined
  readonly unrepeatable: boolean
  readonly followRedirects: boolean
  readonly sensitive: boolean
  /** Endpoints of one family make the same errors of the same responses, so that their calls can share a request. */
  readonly family: object
}

const text: Pick<Reader, "receives" | "open"> = { receives: "text" }

/** The reader that decides in which way the body of a response of this status is received: text, unless one needs more. */
export const receiver = ({ errors, successes }: CompiledEndpoint, status: number): Pick<Reader, "receives" | "open"> => {
  const readers = successes(status) ?? errors(status) ?? []
  return (
    readers.find(({ receives }) => receives === "stream") ?? readers.find(({ receives }) => receives === "bytes") ?? text
  )
}
