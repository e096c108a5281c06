import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as Either from "effect/Either"
import type { Issue } from "../../Issue.js"
import type { Api, CompiledEndpoint, Encode, Parts, Texts } from "../endpoint/CompiledEndpoint.js"
import { isDotSegment } from "../endpoint/pathTemplate.js"
import { templateFor } from "../endpoint/requestTemplate.js"
import { encodeFormText, prependPath } from "../endpoint/values.js"
import { fieldName, fieldValue } from "../http/fieldSyntax.js"
import { framingIssue } from "./framing.js"

type Encoded<A> = Either.Either<A, ReadonlyArray<Issue>>

const refuse = (path: Issue["path"], message: string): Encoded<never> => Either.left([{ path, message }])

const noTexts: Texts = {}

/** Encodes a part of the input. The encoders of path, query and headers make `Texts`, or the text that is sent. */
const encodePart = <T extends Texts | string>(
  encode: Encode | undefined,
  path: Issue["path"],
  value: unknown
): Encoded<T | Texts> =>
  encode === undefined
    ? Either.right(noTexts)
    : Either.mapBoth(encode(value), {
        onLeft: (issues) => prependPath(path, issues),
        onRight: (texts) => texts as T
      })

/** Matches a value that is sent as it is, and makes no segment of dots. */
const plainValue = /^[\w~-]+$/

/** Reports whether a segment is empty, or one that a URL parser resolves instead of sending it. */
const isEmptyOrDots = (segment: string): boolean => segment === "" || isDotSegment(segment)

const unsuitableMessage = "must be text that can stand in a path"

/**
 * Makes the path, with each value percent-encoded (RFC 3986, 3.3). Refuses a value that would select another resource (empty,
 * or one or two dots): encoding does not help, since URL parsers resolve encoded dots, too.
 */
const encodePath = ({ issuePaths, segments }: CompiledEndpoint, values: Texts | string): Encoded<string> => {
  if (typeof values === "string") return Either.right(values)
  let path = ""
  for (const { optional, parts } of segments) {
    let segment = ""
    let parameter: string | undefined
    for (const part of parts) {
      if ("literal" in part) {
        segment += part.literal
        continue
      }
      const value = values[part.name]
      if (typeof value === "string" && plainValue.test(value)) {
        segment += value
        continue
      }
      parameter = part.name
      // Only an optional parameter can be absent.
      if (value === undefined && optional) break
      if (typeof value !== "string") return refuse([...issuePaths.path, part.name], "is missing")
      if (value === "" || !value.isWellFormed()) return refuse([...issuePaths.path, part.name], unsuitableMessage)
      segment += (part.keepsSlashes ? value.split("/") : [value]).map(encodeURIComponent).join("/")
    }
    if (optional && segment === "") continue
    // Neither literals nor values may have been such a segment before they were joined.
    if (parameter !== undefined && segment.split("/").some(isEmptyOrDots))
      return refuse([...issuePaths.path, parameter], unsuitableMessage)
    path += `/${segment}`
  }
  return Either.right(path)
}

/** Makes the query, with its question mark. Empty if there is none. */
const encodeQuery = ({ issuePaths, query = "" }: CompiledEndpoint, params: Texts | string): Encoded<string> => {
  if (typeof params === "string") return Either.right(params)
  if (params === noTexts) return Either.right(query === "" ? "" : `?${query}`)
  return Either.map(encodeFormText(params, issuePaths.query), (text) => {
    // A form's plus sign is a space in forms only (RFC 3986, 2.1).
    const search = [query, text.replaceAll("+", "%20")].filter((part) => part !== "").join("&")
    return search === "" ? "" : `?${search}`
  })
}

const encodeHeaders = (values: Texts): Encoded<Record<string, string>> => {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    const text = typeof value === "string" ? value : value.join(", ")
    if (!fieldName.test(name)) return refuse(["headers", name], "must be a name that a header can have")
    if (!fieldValue.test(text)) return refuse(["headers", name], "must be text that can stand in a header")
    headers[name] = text
  }
  return Either.right(headers)
}

/**
 * Makes the request of a call, without credentials. Returns the issues of the input if it does not match the endpoint. Headers
 * of the call override the API's default headers.
 */
export const encodeRequest = (
  endpoint: CompiledEndpoint,
  api: Api,
  parts: Parts
): Encoded<HttpRequest.HttpClientRequest> => {
  const { body, issuePaths, problems } = endpoint
  if (problems !== undefined && problems.length > 0) return Either.left(problems)
  const values = encodePart<string>(endpoint.encodePath, issuePaths.path, parts.path)
  if (Either.isLeft(values)) return Either.left(values.left)
  const params = encodePart<string>(endpoint.encodeQuery, issuePaths.query, parts.query)
  if (Either.isLeft(params)) return Either.left(params.left)
  const fields = encodePart<Texts>(endpoint.encodeHeaders, ["headers"], parts.headers)
  if (Either.isLeft(fields)) return Either.left(fields.left)
  const path = encodePath(endpoint, values.right)
  if (Either.isLeft(path)) return Either.left(path.left)
  const query = encodeQuery(endpoint, params.right)
  if (Either.isLeft(query)) return Either.left(query.left)

  const template = templateFor(endpoint, api)
  const plain = HttpRequest.setUrl(template, template.url + path.right + query.right)
  const hasFields = fields.right !== noTexts
  if (!hasFields && body === undefined) return Either.right(plain)
  const headers = encodeHeaders(fields.right)
  if (Either.isLeft(headers)) return Either.left(headers.left)
  const request = hasFields ? HttpRequest.setHeaders(plain, headers.right) : plain
  const written = body === undefined ? Either.right(HttpBody.empty) : body.writer.write(parts.body, body.contentType)
  if (Either.isLeft(written)) return Either.left(prependPath(issuePaths.body ?? ["body"], written.left))
  // Default headers were checked with the API.
  const issue = hasFields ? framingIssue(request.headers, written.right) : undefined
  if (issue !== undefined) return Either.left([issue])
  return Either.right(body === undefined ? request : HttpRequest.setBody(request, written.right))
}
