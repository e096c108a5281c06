import type { HttpBody } from "@effect/platform/HttpBody"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Equal from "effect/Equal"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import * as Body from "../../Body.js"
import { type Any, isErrorAs } from "../../Endpoint.js"
import type { Issue } from "../../Issue.js"
import type { Mismatch } from "../endpoint/Codec.js"
import { parametersOf, segmentsOf } from "../endpoint/pathTemplate.js"
import { prependPath } from "../endpoint/values.js"
import { parse } from "../http/json.js"
import { fromParseIssue } from "../parseIssues.js"
import type { ReceivedRequest } from "./receivedRequest.js"
import { collect, fieldsDecoder, headerFields, inHeaders, textDecoder } from "./texts.js"

type Decoded<A> = Either.Either<A, ReadonlyArray<Issue>>

/** A response of an endpoint, whose body is encoded. */
export interface Encoded {
  readonly status: number
  readonly body: HttpBody
}

/** The server's side of an operation: reads what its calls write, and writes what they read. */
export interface Served {
  /** Decodes the input of a call from the values of its path, and its request. */
  readonly readInput: (
    path: Readonly<Record<string, string>>,
    request: ReceivedRequest
  ) => Effect.Effect<Decoded<unknown>>
  /** Encodes the value of a success. */
  readonly writeSuccess: (value: unknown, status: number | undefined) => Decoded<Encoded>
  /** Encodes a declared error. Undefined if no declaration matches. */
  readonly writeError: (error: unknown) => Decoded<Encoded> | undefined
}

const noIssues: ReadonlyArray<Issue> = []

/** The issues of a body that can't be read. */
const issuesOf = ({ issues, reason }: Mismatch): ReadonlyArray<Issue> =>
  issues.length > 0 ? issues : [{ path: [], message: `does not match (${reason})` }]

/** Makes the function that decodes a request body. */
export const bodyReader = (body: Body.Any): ((request: ReceivedRequest) => Effect.Effect<Decoded<unknown>>) => {
  const { codec, kind, schema } = body
  if (kind === "stream") return ({ stream }) => Effect.succeed(Either.right(stream))
  if (kind === "form" || kind === "multipart") {
    if (schema === undefined) {
      return ({ formData }) => Effect.map(formData, (form) => Either.right(form))
    }
    const decode = fieldsDecoder(schema)
    return kind === "form"
      ? ({ text }) => Effect.map(text, (text) => decode(collect(new URLSearchParams(text))))
      : ({ formData }) => Effect.map(formData, (form) => decode(collect<string | Blob>(form.entries())))
  }
  return ({ bytes, headers }) =>
    Effect.map(bytes, (bytes) => {
      const text = new TextDecoder().decode(bytes)
      const json = (): Either.Either<unknown, Mismatch> =>
        Either.try({
          try: () => (text === "" ? undefined : parse(text)),
          catch: (): Mismatch => ({ reason: "Json", issues: [{ path: [], message: "the body is not JSON" }] })
        })
      return Either.mapLeft(codec.reader.read({ status: 200, headers, body: bytes }, json), issuesOf)
    })
}

/** The status of a key of responses: the first one that it covers. */
const statusOf = (key: string): number => (key === "default" ? 500 : Number(key.replace("XX", "00")))

/** The key that declares a status. */
const keyOf = (declared: Readonly<Record<string, unknown>>, status: number): string | undefined =>
  [`${status}`, `${Math.floor(status / 100)}XX`, "default"].find((key) => Object.hasOwn(declared, key))

/** Encodes a value by a body, if it is one of its values. */
const writeBody = (body: Body.Any, value: unknown): Decoded<HttpBody> => {
  if (body.kind === "empty") {
    const only = body.codec.reader.read({ status: 200, headers: {}, body: "" }, () => Either.right(undefined))
    return Either.isRight(only) && !Equal.equals(only.right, value)
      ? Either.left([{ path: [], message: "should be the value of a response without a body" }])
      : body.codec.writer.write(undefined, undefined)
  }
  return body.codec.writer.write(value, body.contentType)
}

/** Returns the server's side of an endpoint. */
export const serveEndpoint = (endpoint: Any): Served => {
  const { body, headers, path, pathSchemas, query, success } = endpoint
  const pathDecoders = parametersOf(segmentsOf(path)).map(({ name }) => {
    const schema = pathSchemas[name]
    const decode = schema === undefined ? Either.right : textDecoder(schema)
    return [name, decode] as const
  })
  const decodeQuery = query && fieldsDecoder(query)
  const decodeHeaders = headers && fieldsDecoder(headers, inHeaders)
  const readBody = body && bodyReader(body)
  const successes: Readonly<Record<string, Body.Any>> = Body.isBody(success) ? { "2XX": success } : success

  const readInput: Served["readInput"] = (values, request) =>
    Effect.gen(function* () {
      const issues: Array<Issue> = []
      let input: Readonly<Record<string, unknown>> = {}
      const add = (place: Issue["path"], decoded: Decoded<unknown>, toInput: (value: unknown) => object) => {
        if (Either.isLeft(decoded)) issues.push(...prependPath(place, decoded.left))
        else input = { ...input, ...toInput(decoded.right) }
      }
      for (const [name, decode] of pathDecoders) {
        const text = values[name]
        if (text !== undefined) add([name], decode(text), (value) => ({ [name]: value }))
      }
      if (decodeQuery !== undefined) {
        add([], decodeQuery(collect(request.url.searchParams)), (value) => value as object)
      }
      if (decodeHeaders !== undefined) {
        add(["headers"], decodeHeaders(headerFields(request.headers)), (value) => ({ headers: value }))
      }
      if (readBody !== undefined) add(["body"], yield* readBody(request), (value) => ({ body: value }))
      return issues.length > 0 ? Either.left(issues) : Either.right(input)
    })

  const writeSuccess: Served["writeSuccess"] = (value, status) => {
    const key = status === undefined ? undefined : keyOf(successes, status)
    if (status !== undefined && key === undefined) {
      return Either.left([{ path: [], message: `the endpoint declares no success with the status ${status}` }])
    }
    const declared = key === undefined ? Object.entries(successes) : [[key, successes[key]!] as const]
    let issues = noIssues
    for (const [key, body] of declared) {
      const written = writeBody(body, value)
      if (Either.isRight(written)) {
        const first = key === "default" ? 200 : statusOf(key)
        // A range leaves the choice.
        const isEmpty = key !== "200" && first === 200 && body.kind === "empty" && endpoint.method !== "HEAD"
        return Either.right({ status: status ?? (isEmpty ? 204 : first), body: written.right })
      }
      issues = [...issues, ...written.left]
    }
    return Either.left(issues)
  }

  const writeError: Served["writeError"] = (error) => {
    for (const [key, all] of Object.entries(endpoint.errors)) {
      for (const declared of all) {
        if (isErrorAs(declared) || !isOf(declared, error)) continue
        const encode = ParseResult.encodeUnknownEither(declared, { errors: "all" })
        const encoded = Either.mapLeft(encode(error), fromParseIssue)
        return Either.flatMap(encoded, (value) =>
          Either.map(Body.json().codec.writer.write(value, undefined), (body) => ({ status: statusOf(key), body }))
        )
      }
    }
    return undefined
  }

  return { readInput, writeSuccess, writeError }
}

/** Reports whether a value is of the decoded type of a schema. */
const isOf = (schema: Schema.Schema.AnyNoContext, value: unknown): boolean =>
  Predicate.isObject(value) && ParseResult.is(schema)(value)
