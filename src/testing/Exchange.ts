import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { parse as parseJson, stringify } from "../internal/http/json.js"
import { toUrl } from "../internal/http/toUrl.js"
import { fromParseIssue } from "../internal/parseIssues.js"
import { bytesOfLines, type Content, linesOfBytes } from "../internal/testing/content.js"
import { layout } from "../internal/testing/layout.js"

/** A recording can't be read, written or replayed. */
export class RecordingError extends Data.TaggedError("RecordingError")<{
  /** Names the file or the exchange, the cause, and what to do. */
  readonly message: string
}> {}

export type { BytesBody, JsonBody, TextBody } from "../internal/testing/content.js"

/** The content of a request or a response, without content codings. */
export type Body = Content

const Lines = Schema.transform(Schema.Array(Schema.String), Schema.String, {
  strict: true,
  decode: (lines) => lines.join(""),
  encode: (text) => text.split(/(?<=\n)/)
})

const Base64Lines = Schema.transformOrFail(Schema.Array(Schema.String), Schema.Uint8ArrayFromSelf, {
  strict: true,
  decode: (lines, _, ast) => {
    try {
      return ParseResult.succeed(bytesOfLines(lines))
    } catch {
      return ParseResult.fail(new ParseResult.Type(ast, lines, "should be lines of base64"))
    }
  },
  encode: (bytes) => ParseResult.succeed(linesOfBytes(bytes))
})

const Json = Schema.Struct({ json: Schema.Unknown }).pipe(
  // A field whose type is unknown may be missing.
  Schema.filter(({ json }) => json !== undefined || 'should have "json", "text" or "base64"')
)

const BodyInFile = Schema.Union(
  Schema.Struct({ text: Lines }),
  Schema.Struct({ bytes: Schema.propertySignature(Base64Lines).pipe(Schema.fromKey("base64")) }),
  Json
)

/** A request, without volatile headers. Secrets are replaced. */
export interface Request {
  readonly method: string
  /** The whole URL, with its query. */
  readonly url: string
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Absent if it is empty. */
  readonly body?: Body | undefined
  /** True if the transport did not read the whole body, such as after an early response. Then a replay does not compare bodies. */
  readonly cut?: true | undefined
}

/** A failure of the transport. */
export interface Failure {
  /**
   * The code of the transport, such as `ECONNRESET`; `unknown`; or `interrupted` if the program did not wait for the end, such as after a
   * deadline.
   */
  readonly code: string
  /** The system call that failed, such as `connect`. */
  readonly syscall?: string | undefined
}

/** A response, without volatile headers. Secrets are replaced. */
export interface Response {
  readonly status: number
  /** Names are in lower case. Cookies are a list. */
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string>>>
  /** Absent if it is empty. */
  readonly body?: Body | undefined
  /** The failure after the part of the body that was received. */
  readonly cut?: Failure | undefined
}

/** A request with its response, or the failure of the transport. */
export interface Exchange {
  readonly request: Request
  readonly response?: Response | undefined
  readonly failure?: Failure | undefined
}

const FailureInFile = Schema.Struct({ code: Schema.String, syscall: Schema.optional(Schema.String) })

/** Values of headers, as responses of `fetch` can have them. */
const Value = Schema.String.pipe(
  Schema.pattern(/^[\t\x20-\x7e\x80-\xff]*$/),
  Schema.annotations({ description: "the value of a header" })
)

const Name = Schema.String.pipe(
  Schema.pattern(/^[!#$%&'*+.^_`|~\da-z-]+$/),
  Schema.annotations({ description: "the name of a header in lower case" })
)

const Url = Schema.String.pipe(
  Schema.filter(
    (text) => (/^https?:/.test(text) && toUrl(text) !== undefined) || "should be a whole URL of http or https"
  )
)

/** An exchange in a file. */
const ExchangeInFile = Schema.Struct({
  request: Schema.Struct({
    method: Schema.String.pipe(Schema.pattern(/^[A-Z]+$/), Schema.annotations({ description: "a method of HTTP" })),
    url: Url,
    headers: Schema.Record({ key: Name, value: Value }),
    body: Schema.optional(BodyInFile),
    cut: Schema.optional(Schema.Literal(true))
  }),
  response: Schema.optional(
    Schema.Struct({
      status: Schema.Int.pipe(Schema.between(100, 999), Schema.annotations({ description: "a status of HTTP" })),
      headers: Schema.Record({ key: Name, value: Schema.Union(Value, Schema.Array(Value)) }),
      body: Schema.optional(BodyInFile),
      cut: Schema.optional(FailureInFile)
    })
  ),
  failure: Schema.optional(FailureInFile)
}).pipe(
  Schema.filter(
    ({ failure, response }) =>
      (response === undefined) !== (failure === undefined) || "should have either a response or a failure"
  )
)

/** The value of `format` in a file. */
const format = "effect-herald exchanges"

/** The version of the format. */
const version = 1

const decodeExchange = Schema.decodeUnknownEither(ExchangeInFile, { errors: "all" })
const encodeExchange = Schema.encodeSync(ExchangeInFile)

const refuse = (message: string) => Either.left(new RecordingError({ message }))

/** Parses the text of a file. Returns a `RecordingError` that names the place if it is not a recording. */
export const parse = (text: string, name = "the recording"): Either.Either<ReadonlyArray<Exchange>, RecordingError> => {
  let file: unknown
  try {
    file = parseJson(text)
  } catch (error) {
    return refuse(`${name} is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  return fromJson(file, name)
}

/** Reads the JSON of a file; see `parse`. */
export const fromJson = (
  file: unknown,
  name = "the recording"
): Either.Either<ReadonlyArray<Exchange>, RecordingError> => {
  const {
    exchanges,
    format: found,
    version: used
  } = (typeof file === "object" && file !== null ? file : {}) as Record<string, unknown>
  if (found !== format) return refuse(`${name} is not a recording: its "format" is not "${format}"`)
  if (used !== version) {
    return refuse(
      `${name} has version ${stringify(used)} of the format, and this is version ${version}: record it anew`
    )
  }
  if (!Array.isArray(exchanges)) return refuse(`${name} has no list of "exchanges"`)
  const decoded: Array<Exchange> = []
  for (const [index, one] of exchanges.entries()) {
    const read = decodeExchange(one)
    if (Either.isLeft(read)) {
      const [issue] = fromParseIssue(read.left.issue)
      const place = ["exchanges", index, ...(issue?.path ?? [])].map((key) => `/${key}`).join("")
      return refuse(`${name}, at ${place}: ${issue?.message ?? "is not an exchange"}`)
    }
    decoded.push(read.right)
  }
  return Either.right(decoded)
}

/** Returns the JSON of a file. */
export const toJson = (exchanges: ReadonlyArray<Exchange>): unknown => ({
  format,
  version,
  exchanges: exchanges.map((exchange) => encodeExchange(exchange))
})

/** Formats exchanges as the text of a file, which ends with a line break. */
export const toText = (exchanges: ReadonlyArray<Exchange>): string => layout(toJson(exchanges))
