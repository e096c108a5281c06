import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import { hasBody } from "@effect/platform/HttpMethod"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { hrefOf } from "../Authoriser.js"
import type { Issue } from "../Issue.js"
import * as Json from "../Json.js"
import { fieldName, fieldValue } from "./field.js"
import { fromParseIssue } from "./issues.js"
import type { Route } from "./route.js"

/** What a call gives for each part of its request. */
export interface Input {
  readonly path?: unknown
  readonly urlParams?: unknown
  readonly headers?: unknown
  readonly payload?: unknown
}

type Encoded<A> = Either.Either<A, ReadonlyArray<Issue>>

const part = (encode: Route["encodePath"], name: string, value: unknown): Encoded<unknown> =>
  encode === undefined
    ? Either.right(undefined)
    : Either.mapLeft(encode(value), (issue) =>
        fromParseIssue(issue).map((found) => ({ ...found, path: [name, ...found.path] }))
      )

/** Nothing, or what a URL parser resolves instead of keeping it. */
const isDots = (segment: string): boolean => /^\.{0,2}$/.test(segment)

const unfit = (param: string, message = "must be text that can stand in a path"): Encoded<never> =>
  Either.left([{ path: ["path", param], message }])

/**
 * The path, each value percent-encoded (RFC 3986, 3.3). A value that would change which resource is meant, empty or one or
 * two dots, is refused: encoding can't save it, since a URL parser resolves dots even when they are encoded.
 */
const path = (route: Route, values: Readonly<Record<string, string>>): Encoded<string> => {
  let path = ""
  for (const parts of route.segments) {
    let segment = ""
    for (const part of parts) {
      if ("literal" in part) {
        segment += part.literal
        continue
      }
      const value = values[part.param] ?? ""
      if (values[part.param] === undefined) return unfit(part.param, "is missing")
      if (value === "" || !value.isWellFormed()) return unfit(part.param)
      segment += encodeURIComponent(value)
    }
    // A literal is the endpoint's own; what a value may not do is to make dots of it.
    const param = parts.find((part) => "param" in part)
    if (param !== undefined && isDots(segment)) return unfit(param.param)
    path += `/${segment}`
  }
  return Either.right(path)
}

/** What a query, or a form in a body, is encoded to. */
type Params = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

/** The parameters as `application/x-www-form-urlencoded`, a list as several of one name. */
const params = (name: string, values: Params): Encoded<string> => {
  const pairs = new URLSearchParams()
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue
    for (const one of typeof value === "string" ? [value] : value) {
      if (!one.isWellFormed()) {
        return Either.left([{ path: [name, key], message: "must be well-formed Unicode: it has a lone surrogate" }])
      }
      pairs.append(key, one)
    }
  }
  return Either.right(pairs.toString())
}

const headers = (values: Readonly<Record<string, string | undefined>>): Encoded<Record<string, string>> => {
  const given: Record<string, string> = {}
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    if (!fieldName.test(name)) {
      return Either.left([{ path: ["headers", name], message: "must be a name that a header can have" }])
    }
    if (!fieldValue.test(value)) {
      return Either.left([{ path: ["headers", name], message: "must be text that can stand in a header" }])
    }
    given[name] = value
  }
  return Either.right(given)
}

const body = ({ contentType, kind }: Route["bodyKind"], encoded: unknown): Encoded<HttpBody.HttpBody> => {
  switch (kind) {
    case "Json":
      return Either.try({
        try: () => HttpBody.text(Json.stringify(encoded), contentType),
        catch: () => [{ path: ["body"], message: "can't be written as JSON" }]
      })
    // The types of `HttpApiSchema.withEncoding` see to it that a payload of such a kind encodes to this.
    case "Text":
      return Either.right(HttpBody.text(encoded as string, contentType))
    case "Uint8Array":
      return Either.right(
        Predicate.hasProperty(encoded, Stream.StreamTypeId)
          ? HttpBody.stream(encoded as Stream.Stream<Uint8Array, unknown>, contentType)
          : HttpBody.uint8Array(encoded as Uint8Array, contentType)
      )
    case "UrlParams":
      return Either.map(params("body", encoded as Params), (form) => HttpBody.text(form, contentType))
  }
}

/** The request that an input stands for, without credentials; or what is wrong with the input. */
export const encode = (route: Route, baseUrl: URL, input: Input): Encoded<HttpRequest.HttpClientRequest> =>
  Either.gen(function* () {
    if (route.refused !== undefined && route.refused.length > 0) return yield* Either.left(route.refused)
    // What each encoder gives is a record of strings: the types of `HttpApiEndpoint` take no other schema.
    const values = (yield* part(route.encodePath, "path", input.path)) as Record<string, string>
    const asked = (yield* part(route.encodeQuery, "query", input.urlParams)) as Params | undefined
    const given = (yield* part(route.encodeHeaders, "headers", input.headers)) as Record<string, string> | undefined
    const payload = yield* part(route.encodeBody, "body", input.payload)
    const withBody = route.encodeBody !== undefined && hasBody(route.method)
    // `HttpApiEndpoint` has the payload of a method without a body in the query.
    const query = yield* params("query", withBody ? (asked ?? {}) : { ...asked, ...(payload as Params | undefined) })
    const search = [route.query ?? "", query].filter((part) => part !== "").join("&")
    const target = `${yield* path(route, values)}${search === "" ? "" : `?${search}`}`
    const request = HttpRequest.make(route.method)(hrefOf(baseUrl) + target, {
      headers: { accept: "application/json", ...(yield* headers(given ?? {})) }
    })
    return withBody ? HttpRequest.setBody(request, yield* body(route.bodyKind, payload)) : request
  })
