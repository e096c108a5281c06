import { hasBody } from "@effect/platform/HttpMethod"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as HttpBody from "@effect/platform/HttpBody"
import * as ParseResult from "effect/ParseResult"
import type * as AST from "effect/SchemaAST"
import type { Issue } from "../../Issue.js"
import { prependPath } from "../endpoint/values.js"
import { essence } from "../http/mediaType.js"
import { bodyReader, type Encoded, type Served } from "../testing/serve.js"
import type { ReceivedRequest } from "../testing/receivedRequest.js"
import { collect, fieldsDecoder, headerFields, inHeaders } from "../testing/texts.js"
import { bodyOf, membersOf, schemaOf, writerOf } from "./bodies.js"
import { bodiesOf, type Declared, schemaIn } from "./compile.js"

type Decoded<A> = Either.Either<A, ReadonlyArray<Issue>>

/** Makes the function that reads a payload: by the members with the content type of the request, or else by all of them. */
const payloadReader = (ast: AST.AST): ((request: ReceivedRequest) => Effect.Effect<Decoded<unknown>>) => {
  const members = membersOf(ast).map(({ ast, contentType, kind }) => ({
    type: essence(contentType),
    // A form of parts is passed on as it is: the platform's schemas of parts are those of its server.
    read:
      kind === "multipart"
        ? ({ formData }: ReceivedRequest) => Effect.map(formData, (form) => Either.right<unknown>(form))
        : bodyReader(bodyOf(ast))
  }))
  return (request) =>
    Effect.gen(function* () {
      const type = essence(request.headers["content-type"] ?? "")
      const ofType = members.filter((member) => member.type === type)
      const issues: Array<Issue> = []
      for (const { read } of ofType.length > 0 ? ofType : members) {
        const decoded = yield* read(request)
        if (Either.isRight(decoded)) return decoded
        issues.push(...decoded.left)
      }
      return Either.left(issues)
    })
}

/** Encodes a value by one of the bodies by status. Undefined if there is none of the status. */
const writeBy = (
  bodies: ReadonlyMap<number, AST.AST | undefined>,
  value: unknown,
  status: number | undefined
): Decoded<Encoded> => {
  let issues: ReadonlyArray<Issue> = [
    { path: [], message: `the endpoint declares no response with the status ${status}` }
  ]
  for (const [declared, ast] of bodies) {
    if (status !== undefined && status !== declared) continue
    const written: Decoded<HttpBody.HttpBody> =
      ast === undefined
        ? value === undefined
          ? Either.right(HttpBody.empty)
          : Either.left([{ path: [], message: "should be undefined: the response has no content" }])
        : writerOf(ast).write(value, undefined)
    if (Either.isRight(written)) return Either.right({ status: declared, body: written.right })
    issues = written.left
  }
  return Either.left(issues)
}

/** Returns the server's side of an endpoint of an `HttpApi`. */
export const serveDeclared = (declared: Declared): Served => {
  const { endpoint } = declared
  const bodies = bodiesOf(declared)
  const payload = schemaIn(endpoint.payloadSchema)
  const [path, urlParams, headers] = [endpoint.pathSchema, endpoint.urlParamsSchema, endpoint.headersSchema].map(
    schemaIn
  )
  const decodePath = path && fieldsDecoder(path)
  const decodeUrlParams = urlParams && fieldsDecoder(urlParams)
  const decodeHeaders = headers && fieldsDecoder(headers, inHeaders)
  const decodePayload = payload && !hasBody(endpoint.method) ? fieldsDecoder(payload) : undefined
  const readPayload = payload && hasBody(endpoint.method) ? payloadReader(payload.ast) : undefined

  const readInput: Served["readInput"] = (values, request) =>
    Effect.gen(function* () {
      const issues: Array<Issue> = []
      const input: Record<string, unknown> = {}
      const add = (name: string, decoded: Decoded<unknown>) => {
        if (Either.isLeft(decoded)) issues.push(...prependPath([name], decoded.left))
        else input[name] = decoded.right
      }
      const query = collect(request.url.searchParams)
      if (decodePath !== undefined) add("path", decodePath(collect(Object.entries(values))))
      if (decodeUrlParams !== undefined) add("urlParams", decodeUrlParams(query))
      if (decodePayload !== undefined) add("payload", decodePayload(query))
      if (decodeHeaders !== undefined) add("headers", decodeHeaders(headerFields(request.headers)))
      if (readPayload !== undefined) add("payload", yield* readPayload(request))
      return issues.length > 0 ? Either.left(issues) : Either.right(input)
    })

  const writeError: Served["writeError"] = (error) => {
    for (const [status, ast] of bodies.errors) {
      if (ParseResult.is(schemaOf(ast))(error)) return writeBy(bodies.errors, error, status)
    }
    return undefined
  }

  return { readInput, writeSuccess: (value, status) => writeBy(bodies.successes, value, status), writeError }
}
