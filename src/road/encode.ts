import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as Either from "effect/Either"
import type { Issue } from "../Issue.js"
import * as Json from "../Json.js"
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

/**
 * The path, each value percent-encoded (RFC 3986, 3.3). A value that would change which resource is meant, empty or one or
 * two dots, is refused: encoding can't save it, since a URL parser resolves dots even when they are encoded.
 */
const path = (route: Route, values: Readonly<Record<string, string>>): Encoded<string> => {
  let path = ""
  for (const segment of route.segments) {
    if ("literal" in segment) {
      path += `/${segment.literal}`
      continue
    }
    const value = String(values[segment.param])
    if (value === "" || value === "." || value === ".." || !value.isWellFormed()) {
      return Either.left([{ path: ["path", segment.param], message: "must be text that can stand in a path" }])
    }
    path += `/${encodeURIComponent(value)}`
  }
  return Either.right(path)
}

const query = (values: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>): string => {
  const pairs = Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : (typeof value === "string" ? [value] : value).map((one) => [key, one] as [string, string])
  )
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs)}`
}

const body = ({ contentType, kind }: Route["bodyKind"], encoded: unknown): HttpBody.HttpBody => {
  switch (kind) {
    case "Json":
      return HttpBody.text(Json.stringify(encoded), contentType)
    // The types of `HttpApiSchema.withEncoding` see to it that a payload of such a kind encodes to this.
    case "Text":
      return HttpBody.text(encoded as string, contentType)
    case "Uint8Array":
      return HttpBody.uint8Array(encoded as Uint8Array, contentType)
    case "UrlParams":
      return HttpBody.text(new URLSearchParams(encoded as Record<string, string>).toString(), contentType)
  }
}

/** The request that an input stands for, without credentials; or what is wrong with the input. */
export const encode = (route: Route, baseUrl: URL, input: Input): Encoded<HttpRequest.HttpClientRequest> =>
  Either.gen(function* () {
    // What each encoder gives is a record of strings: the types of `HttpApiEndpoint` take no other schema.
    const values = (yield* part(route.encodePath, "path", input.path)) as Record<string, string>
    const params = (yield* part(route.encodeQuery, "query", input.urlParams)) as Parameters<typeof query>[0] | undefined
    const headers = (yield* part(route.encodeHeaders, "headers", input.headers)) as Record<string, string> | undefined
    const payload = yield* part(route.encodeBody, "body", input.payload)
    const target = `${yield* path(route, values)}${query(params ?? {})}`
    const request = HttpRequest.make(route.method)(baseUrl.href.replace(/\/$/, "") + target, {
      headers: { accept: "application/json", ...headers }
    })
    return route.encodeBody === undefined ? request : HttpRequest.setBody(request, body(route.bodyKind, payload))
  })
