import * as HttpClient from "@effect/platform/HttpClient"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Authoriser from "../Authoriser.js"
import type * as Body from "../Body.js"
import type * as Endpoint from "../Endpoint.js"
import type { AnyError } from "../HeraldError.js"
import * as Issue from "../Issue.js"
import { execute } from "../internal/call/execute.js"
import type { CompiledEndpoint } from "../internal/endpoint/CompiledEndpoint.js"
import { withAddedHeaders } from "../internal/callWithHeaders.js"
import { at } from "../internal/jsonPointer.js"
import { type Internals, internals } from "../internal/operation.js"
import { closest } from "../internal/parseIssues.js"
import { textOf } from "../RawResponse.js"
import { bytesOfBody } from "../internal/testing/content.js"
import { matcher, specificity } from "../internal/testing/route.js"
import { responseOf } from "../internal/testing/memoryResponse.js"
import { parse } from "../internal/http/json.js"
import type { Exchange } from "./Exchange.js"

/** An operation, whatever its types. Verbs are none: they have no endpoint. */
export interface AnyOperation {
  readonly endpoint: Endpoint.Any
  readonly [internals]: Internals
}

/** Options of `contract`. */
export interface ContractOptions {
  /** The base URL of the API in the exchanges. Default: the origin of each exchange. */
  readonly baseUrl?: string | URL | undefined
  /** True if fields of JSON that the schema of a success ignores are problems. Default: false. */
  readonly strict?: boolean | undefined
}

/** A response that an operation decodes. */
export interface DecodedResponse {
  /** The index of the exchange. */
  readonly index: number
  /** The name of the operation. */
  readonly operation: string
  readonly status: number
  /**
   * - `success`: the value of the operation
   * - `declared`: an error that the endpoint declares
   * - `built-in`: an error of the built-in family, for a status that the endpoint does not declare
   */
  readonly outcome: "success" | "declared" | "built-in"
  /** The value or the error. That of a Stream is a list. */
  readonly value: unknown
  /** The fields that the schema ignores, such as `items[].age`. Empty unless `strict` is set. */
  readonly ignored: ReadonlyArray<string>
}

/** A response that an operation does not decode. */
export interface FailedResponse {
  readonly index: number
  readonly operation: string
  readonly status: number
  readonly message: string
  readonly issues: ReadonlyArray<Issue.Issue>
  /** The places of the issues in the file: JSON pointers. */
  readonly places: ReadonlyArray<string>
}

/** The outcome of `contract`. */
export interface ContractReport {
  readonly decoded: ReadonlyArray<DecodedResponse>
  /** Responses that none of the operations with their method and path decodes. */
  readonly failed: ReadonlyArray<FailedResponse>
  /** The indices of exchanges whose method and path are those of no operation. */
  readonly unmatched: ReadonlyArray<number>
  /** The indices of exchanges without a complete response. */
  readonly incomplete: ReadonlyArray<number>
  /** The names of operations without an exchange. */
  readonly unused: ReadonlyArray<string>
  /** A line for each failed response, unmatched exchange, unused operation, and ignored field. Empty if the API keeps its contract. */
  readonly problems: ReadonlyArray<string>
}

interface Candidate {
  readonly name: string
  readonly operation: AnyOperation
  readonly compiled: CompiledEndpoint
  readonly matches: (path: string) => boolean
  readonly specificity: number
}

const candidateOf = (operation: AnyOperation): Candidate => {
  const compiled = operation[internals].compiled()
  const match = matcher(compiled.segments)
  return {
    name: compiled.name,
    operation,
    compiled,
    matches: (path) => match(path) !== undefined,
    specificity: specificity(compiled.segments)
  }
}

/** The operations of an exchange: those of its method with the most specific path template. */
const candidatesOf = (
  candidates: ReadonlyArray<Candidate>,
  { method, url }: Exchange["request"],
  baseUrl: URL | undefined
): ReadonlyArray<Candidate> => {
  const { origin, pathname } = new URL(url)
  const base = baseUrl?.pathname.replace(/\/$/, "") ?? ""
  if (baseUrl !== undefined && (origin !== baseUrl.origin || !`${pathname}/`.startsWith(`${base}/`))) return []
  const path = pathname.slice(base.length)
  const found = candidates.filter(({ compiled, matches }) => compiled.method === method && matches(path))
  const best = Math.max(...found.map(({ specificity }) => specificity))
  return found.filter(({ specificity }) => specificity === best)
}

/** The endpoint of an operation, whose request is that of the exchange. No input is encoded. */
const endpointFor = (compiled: CompiledEndpoint, { headers }: Exchange["request"]): CompiledEndpoint => {
  const conditions = Object.entries(headers).filter(([name]) => name.startsWith("if-"))
  const bare: CompiledEndpoint = {
    ...compiled,
    segments: [],
    query: undefined,
    problems: undefined,
    encodePath: undefined,
    encodeQuery: undefined,
    encodeHeaders: undefined,
    body: undefined,
    idempotencyKey: undefined,
    neverRetried: true,
    follows: () => false
  }
  return withAddedHeaders(bare, Object.fromEntries(conditions))
}

/** An error of the built-in family. Declared errors have the fields of their schemas. */
interface BuiltIn {
  readonly _tag: string
  readonly message: string
  readonly issues?: ReadonlyArray<Issue.Issue>
}

const isBuiltIn = (error: object): error is BuiltIn => "attempts" in error && "operation" in error

/** The errors of the built-in family that do not represent a status. */
const undecoded = ["DecodeError", "EncodeError", "TransportError", "TimeoutError", "NotSent", "AuthoriserError"]

type Outcome = Either.Either<Pick<DecodedResponse, "outcome" | "value">, Pick<FailedResponse, "issues" | "message">>

/** The issues of declared errors that a response does not match. */
const issuesOfErrors = (
  { errors }: CompiledEndpoint,
  { body, headers, status }: NonNullable<Exchange["response"]>
): ReadonlyArray<Issue.Issue> | undefined => {
  const readers = errors(status)?.filter(({ anyBody, as }) => anyBody !== true && as === undefined) ?? []
  if (readers.length === 0) return undefined
  const type = headers["content-type"]
  const raw = {
    status,
    headers: { "content-type": typeof type === "string" ? type : undefined },
    body: bytesOfBody(body)
  }
  const text = textOf(raw)
  const json = () => {
    try {
      return Either.right(text === "" ? undefined : parse(text))
    } catch {
      return Either.left({ reason: "Json" as const, issues: [{ path: [], message: "is not JSON" }] })
    }
  }
  return closest(
    readers.map(({ read }) => Either.match(read(raw, json), { onLeft: ({ issues }) => issues, onRight: () => [] }))
  )
}

/** An exchange with its response. */
interface CompleteExchange extends Exchange {
  readonly response: NonNullable<Exchange["response"]>
}

const decode = (
  { compiled }: Candidate,
  { request, response }: CompleteExchange,
  api: Authoriser.Authoriser
): Effect.Effect<Outcome> => {
  const client = HttpClient.make((sent) => Effect.succeed(responseOf(sent, response)))
  const fail = (message: string, issues: ReadonlyArray<Issue.Issue>): Outcome => Either.left({ message, issues })
  return execute(endpointFor(compiled, request), api, () => ({ input: undefined, parts: {} })).pipe(
    Effect.flatMap(({ value }) =>
      Predicate.hasProperty(value, Stream.StreamTypeId)
        ? // The Streams of endpoints need nothing, and fail as calls do.
          Effect.map(Stream.runCollect(value as Stream.Stream<unknown, AnyError>), (values) => [...values])
        : Effect.succeed(value)
    ),
    Effect.match({
      onSuccess: (value): Outcome => Either.right({ outcome: "success", value }),
      onFailure: (error): Outcome => {
        const isAs = compiled.errors(response.status)?.some(({ as }) => as === error._tag) === true
        if (isAs || !isBuiltIn(error)) return Either.right({ outcome: "declared", value: error })
        if (undecoded.includes(error._tag)) return fail(error.message, error.issues ?? [])
        const issues = issuesOfErrors(compiled, response)
        return issues === undefined
          ? Either.right({ outcome: "built-in", value: error })
          : fail(`the response (${response.status}) does not match a declared error`, issues)
      }
    }),
    Effect.provideService(HttpClient.HttpClient, client)
  )
}

/** Collects the places of properties that a schema does not name. */
const unexpected = (issue: ParseResult.ParseIssue, path: ReadonlyArray<PropertyKey>): ReadonlyArray<string> => {
  switch (issue._tag) {
    case "Pointer":
      // `Array.isArray` does not narrow a type with a readonly array.
      return unexpected(issue.issue, [
        ...path,
        ...((Array.isArray(issue.path) ? issue.path : [issue.path]) as ReadonlyArray<PropertyKey>)
      ])
    case "Composite": {
      // The type of a single issue is not an array's.
      const issues: ReadonlyArray<ParseResult.ParseIssue> =
        ParseResult.isComposite(issue) && Array.isArray(issue.issues)
          ? issue.issues
          : [issue.issues as ParseResult.ParseIssue]
      // Of a union, the member that has fewest is the one that decodes.
      const parts = issues.map((one) => unexpected(one, path))
      if (issue.ast._tag !== "Union") return parts.flat()
      return parts.reduce((best, one) => (one.length < best.length ? one : best))
    }
    case "Refinement":
    case "Transformation":
      return unexpected(issue.issue, path)
    case "Unexpected":
      return [
        path
          .map((key, index) => (typeof key === "number" ? "[]" : index === 0 ? String(key) : `.${String(key)}`))
          .join("")
      ]
    default:
      return []
  }
}

/** The schema of a success with a status. */
const successSchema = (endpoint: Endpoint.Any, status: number): Schema.Schema.AnyNoContext | undefined => {
  // The endpoint's types do not show the schemas that it was made from.
  const { success } = endpoint as unknown as { readonly success?: Endpoint.SuccessSpec }
  if (success === undefined) return undefined
  const isOne = (spec: unknown): spec is Schema.Schema.AnyNoContext | Body.Any =>
    Schema.isSchema(spec) || Predicate.hasProperty(spec, "codec")
  const byStatus = success as Readonly<Record<string, unknown>>
  const spec = isOne(success)
    ? success
    : (byStatus[status] ?? byStatus[`${String(status)[0]}XX`] ?? byStatus["default"])
  if (!isOne(spec)) return undefined
  return Schema.isSchema(spec) ? spec : spec.schema
}

/** The fields of a response that the schema of its success ignores. */
const ignoredFields = (
  { operation }: Candidate,
  { body, status }: NonNullable<Exchange["response"]>
): ReadonlyArray<string> => {
  const schema = body !== undefined && "json" in body ? successSchema(operation.endpoint, status) : undefined
  if (schema === undefined || body === undefined || !("json" in body)) return []
  const decoded = ParseResult.decodeUnknownEither(schema)(body.json, { errors: "all", onExcessProperty: "error" })
  return Either.isRight(decoded) ? [] : [...new Set(unexpected(decoded.left, []))]
}

const placeOf = (index: number, path: Issue.Issue["path"]): string =>
  path.reduce<string>(at, `/exchanges/${index}/response/body`)

/** Decodes the response of an exchange by an operation. */
const receive = (
  candidate: Candidate,
  exchange: CompleteExchange,
  index: number,
  api: Authoriser.Authoriser,
  strict: boolean
): Effect.Effect<Either.Either<DecodedResponse, FailedResponse>> => {
  const { response } = exchange
  const head = { index, operation: candidate.name, status: response.status }
  return Effect.map(
    decode(candidate, exchange, api),
    Either.mapBoth({
      onLeft: ({ issues, message }) => {
        const places = issues.map(({ path }) => placeOf(index, path))
        return { ...head, message, issues, places }
      },
      onRight: ({ outcome, value }) => {
        const ignored = strict && outcome === "success" ? ignoredFields(candidate, response) : []
        return { ...head, outcome, value, ignored }
      }
    })
  )
}

/** Writes the problems of a report as lines. */
const problemsOf = (
  { decoded, failed, unmatched, unused }: Omit<ContractReport, "problems">,
  exchanges: ReadonlyArray<Exchange>
): ReadonlyArray<string> => {
  const titleOf = (index: number) => {
    const { method, url } = exchanges[index]!.request
    return `exchange ${index} (${method} ${url})`
  }
  return [
    ...failed.map(({ index, issues, message, operation, places, status }) => {
      const list = issues.map((issue, number) => `\n  ${places[number]}: ${Issue.format({ ...issue, path: [] })}`)
      const reason = list.length === 0 ? ` ${message}` : list.join("")
      return `${operation} does not decode ${titleOf(index)}, a ${status}:${reason}`
    }),
    ...decoded.flatMap(({ ignored, index, operation }) =>
      ignored.map((field) => `${operation} ignores ${field} of ${titleOf(index)}`)
    ),
    ...unmatched.map((index) => `${titleOf(index)} is of no operation`),
    ...unused.map((name) => `${name} has no exchange`)
  ]
}

/**
 * Decodes the responses of recorded exchanges by the operations of their method and path, and reports which match. Nothing is sent. An
 * error response matches if the endpoint declares its status and the body matches, or if it does not declare the status. Where several
 * operations have the method and the path, one of them must match. Responses of a document's operation must match its description.
 *
 * - `operations`: a list, or a record such as a module of operations
 * - `exchanges`: from `Exchange.parse`, or `RecordedFile.read` of `effect-herald/testing/node`
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Authoriser, Endpoint, Operation } from "effect-herald"
 * import { contract, type Exchange } from "effect-herald/testing"
 *
 * class Weather extends Authoriser.Tag("example/Weather")<Weather>() {}
 *
 * const getForecast = Operation.make(Weather, () =>
 *   Endpoint.get("/forecast/{city}", { success: Schema.Struct({ celsius: Schema.Number }) })
 * )
 *
 * const check = (exchanges: ReadonlyArray<Exchange.Exchange>) =>
 *   Effect.map(contract([getForecast], exchanges), ({ problems }) => problems)
 * ```
 */
export const contract = (
  operations: ReadonlyArray<AnyOperation> | Readonly<Record<string, AnyOperation>>,
  exchanges: ReadonlyArray<Exchange>,
  { baseUrl, strict = false }: ContractOptions = {}
): Effect.Effect<ContractReport> =>
  Effect.gen(function* () {
    const candidates = Object.values(operations).map(candidateOf)
    const base = baseUrl === undefined ? undefined : new URL(baseUrl)
    // The base URL of a call whose response is in memory does not matter. An invalid one is a defect.
    const made = yield* Effect.orDie(
      Authoriser.make({ baseUrl: base?.origin ?? "http://contract.invalid", strict: true })
    )
    const api = { ...made, origin: { ...made.origin, limiter: undefined, cache: undefined } }
    const decoded: Array<DecodedResponse> = []
    const failed: Array<FailedResponse> = []
    const unmatched: Array<number> = []
    const incomplete: Array<number> = []
    const used = new Set<Candidate>()
    for (const [index, exchange] of exchanges.entries()) {
      const { request, response } = exchange
      const receivers = candidatesOf(candidates, request, base)
      if (receivers.length === 0) {
        unmatched.push(index)
        continue
      }
      if (response === undefined || response.cut !== undefined) {
        incomplete.push(index)
        continue
      }
      for (const candidate of receivers) used.add(candidate)
      const [failures, successes] = Arr.separate(
        yield* Effect.forEach(receivers, (candidate) =>
          receive(candidate, { ...exchange, response }, index, api, strict)
        )
      )
      decoded.push(...successes)
      if (successes.length === 0) failed.push(...failures)
    }
    const unused = candidates.filter((candidate) => !used.has(candidate)).map(({ name }) => name)
    const report = { decoded, failed, unmatched, incomplete, unused }
    return { ...report, problems: problemsOf(report, exchanges) }
  })
