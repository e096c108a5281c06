import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as Either from "effect/Either"
import type { Issue } from "../../Issue.js"
import type { CompiledEndpoint, Encode, Parts, Texts } from "../endpoint/CompiledEndpoint.js"
import { encodeFormText, within } from "../endpoint/values.js"
import { hrefOf } from "../http/baseUrl.js"
import { fieldName, fieldValue } from "../http/fieldSyntax.js"
import { userAgent } from "./userAgent.js"

type Encoded<A> = Either.Either<A, ReadonlyArray<Issue>>

const refuse = (path: Issue["path"], message: string): Encoded<never> => Either.left([{ path, message }])

const nothing: Texts = {}

/** Texts by name, which each encoder of these parts makes. */
const encodePart = (encode: Encode | undefined, path: Issue["path"], value: unknown): Encoded<Texts> =>
  encode === undefined
    ? Either.right(nothing)
    : Either.mapBoth(encode(value), {
        onLeft: (issues) => within(path, issues),
        onRight: (texts) => texts as Texts
      })

/** An empty segment, or one that a URL parser resolves instead of sending it. */
const isDots = (segment: string): boolean => /^\.{0,2}$/.test(segment)

const unsuitable = "must be text that can stand in a path"

/**
 * The path, with each value percent-encoded (RFC 3986, 3.3). A value that would change which resource is meant (empty, or one
 * or two dots) is refused: encoding does not help, since URL parsers resolve encoded dots too.
 */
const encodePath = ({ issuePaths, segments }: CompiledEndpoint, values: Texts): Encoded<string> => {
  let path = ""
  for (const { optional, parts } of segments) {
    let segment = ""
    let parameter: string | undefined
    for (const part of parts) {
      if ("literal" in part) {
        segment += part.literal
        continue
      }
      parameter = part.name
      const value = values[part.name]
      // The encoders of paths make texts; only an optional one can be absent.
      if (value === undefined && optional) break
      if (typeof value !== "string") return refuse([...issuePaths.path, part.name], "is missing")
      if (value === "" || !value.isWellFormed()) return refuse([...issuePaths.path, part.name], unsuitable)
      const pieces = part.keepsSlashes ? value.split("/") : [value]
      if (pieces.length > 1 && pieces.some(isDots)) return refuse([...issuePaths.path, part.name], unsuitable)
      segment += pieces.map(encodeURIComponent).join("/")
    }
    if (optional && segment === "") continue
    if (parameter !== undefined && isDots(segment)) return refuse([...issuePaths.path, parameter], unsuitable)
    path += `/${segment}`
  }
  return Either.right(path)
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
 * The request of a call, without credentials, or the issues of its input. Default headers are overridden by those of the call.
 */
export const encodeRequest = (
  endpoint: CompiledEndpoint,
  place: { readonly baseUrl: URL; readonly defaults: { readonly headers?: Readonly<Record<string, string>> | undefined } },
  parts: Parts
): Encoded<HttpRequest.HttpClientRequest> => {
  const { body, issuePaths, problems } = endpoint
  if (problems !== undefined && problems.length > 0) return Either.left(problems)
  const values = encodePart(endpoint.encodePath, issuePaths.path, parts.path)
  if (Either.isLeft(values)) return Either.left(values.left)
  const params = encodePart(endpoint.encodeQuery, issuePaths.query, parts.query)
  if (Either.isLeft(params)) return Either.left(params.left)
  const fields = encodePart(endpoint.encodeHeaders, ["headers"], parts.headers)
  if (Either.isLeft(fields)) return Either.left(fields.left)
  const path = encodePath(endpoint, values.right)
  if (Either.isLeft(path)) return Either.left(path.left)
  const query = encodeFormText(params.right, issuePaths.query)
  if (Either.isLeft(query)) return Either.left(query.left)
  const headers = encodeHeaders(fields.right)
  if (Either.isLeft(headers)) return Either.left(headers.left)

  const search = [endpoint.query ?? "", query.right].filter((part) => part !== "").join("&")
  const url = hrefOf(place.baseUrl) + path.right + (search === "" ? "" : `?${search}`)
  const defaults = { accept: endpoint.accept, ...userAgent(), ...place.defaults.headers }
  const request = HttpRequest.setHeaders(HttpRequest.make(endpoint.method)(url, { headers: defaults }), headers.right)
  if (body === undefined) return Either.right(request)
  return Either.mapBoth(body.writer.write(parts.body, body.contentType), {
    onLeft: (issues) => within(issuePaths.body ?? ["body"], issues),
    onRight: (written) => HttpRequest.setBody(request, written)
  })
}
