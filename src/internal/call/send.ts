import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import { type HttpClientError, RequestError } from "@effect/platform/HttpClientError"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import * as Option from "effect/Option"
import { readBody } from "../http/readBody.js"
import { redirectStatuses } from "../http/statuses.js"
import { classifyTransport } from "./classify.js"

/** The maximum number of redirects of a request, as in browsers. */
const maxRedirects = 20

/**
 * Appends parameters that credentials added to the URL of a request, which the platform would do by writing the whole query
 * anew, as a form.
 */
const withParams = (request: HttpRequest.HttpClientRequest): HttpRequest.HttpClientRequest => {
  if (request.urlParams.length === 0) return request
  const { body, headers, method, url, urlParams } = request
  const params = new URLSearchParams(urlParams.map(([name, value]): [string, string] => [name, value]))
  const inUrl = `${url}${url.includes("?") ? "&" : "?"}${params.toString().replaceAll("+", "%20")}`
  const plain = HttpRequest.make(method)(inUrl, { headers })
  return body._tag === "Empty" ? plain : HttpRequest.setBody(plain, body)
}

/**
 * Sends one request. The platform's span is off, since it records the query. `fetch` must not follow redirects, since it sends
 * credentials in custom headers to other origins.
 */
const sendOnce = (
  client: HttpClient.HttpClient,
  request: HttpRequest.HttpClientRequest
): Effect.Effect<HttpClientResponse, HttpClientError> => {
  const withQuery = withParams(request)
  const sent = client.execute(withQuery).pipe(
    // node:http refuses a request by throwing.
    Effect.catchSomeDefect((cause) =>
      classifyTransport(cause, "send").class === "Final"
        ? Option.some(Effect.fail(new RequestError({ request, reason: "Transport", cause })))
        : Option.none()
    ),
    Effect.mapInputContext((context: Context.Context<never>) =>
      Context.add(context, FetchHttpClient.RequestInit, {
        ...Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit)),
        redirect: "manual" as const
      })
    ),
    Effect.locally(HttpClient.currentTracerDisabledWhen, constTrue)
  )
  return withQuery === request
    ? sent
    : // The URL that a call reports has no credentials.
      Effect.map(sent, (response) => Object.defineProperty(response, "request", { value: request }))
}

/** Returns the target of a redirect, if it can be followed: https, or http from http, and without credentials. */
const targetOf = (location: string | undefined, from: string): URL | undefined => {
  if (location === undefined || !URL.canParse(location, from)) return undefined
  const url = new URL(location, from)
  // A fragment is for the client (RFC 9110, 7.1), and some transports send it.
  url.hash = ""
  const safe = url.protocol === "https:" || (url.protocol === "http:" && !from.startsWith("https:"))
  return safe && url.username === "" && url.password === "" ? url : undefined
}

/** Reports whether a redirect is to a result, to be fetched by GET: 303, and 301 or 302 after a POST (RFC 9110, 15.4). */
const isToResult = (request: HttpRequest.HttpClientRequest, status: number): boolean =>
  status === 303 ? request.method !== "HEAD" : status < 303 && request.method === "POST"

/** Makes the request after a redirect. A request for a result has neither a body nor headers about one. */
const redirectedRequest = (
  request: HttpRequest.HttpClientRequest,
  status: number,
  url: URL
): HttpRequest.HttpClientRequest =>
  isToResult(request, status)
    ? HttpRequest.get(url.href, {
        headers: Object.entries(request.headers).filter(([name]) => !name.startsWith("content-"))
      })
    : HttpRequest.setUrl(request, url.href)

/** Names of headers that do not depend on the input, and reveal nothing about the API. */
const neutralHeaders = ["accept", "user-agent"]

/** Reports whether a request has no input besides its URL, which a redirect replaces. */
const isBare = ({ body, headers }: HttpRequest.HttpClientRequest): boolean =>
  body._tag === "Empty" && Object.keys(headers).every((name) => neutralHeaders.includes(name))

/** Removes default headers of the API from a request, except those that reveal nothing about the API or describe the body. */
const withoutHeaders = (
  request: HttpRequest.HttpClientRequest,
  names: ReadonlyArray<string>
): HttpRequest.HttpClientRequest => {
  const remains = (name: string) =>
    !names.includes(name) || neutralHeaders.includes(name) || name.startsWith("content-")
  const headers = Object.entries(request.headers).filter(([name]) => remains(name))
  const { body, method, url, urlParams } = request
  const plain = HttpRequest.make(method)(url, { headers, urlParams })
  return body._tag === "Empty" ? plain : HttpRequest.setBody(plain, body)
}

/** A request, and the rules for following its redirects. */
export interface Outgoing {
  /** Without credentials. */
  readonly plain: HttpRequest.HttpClientRequest
  readonly authorized: HttpRequest.HttpClientRequest
  /** The only origin that credentials are sent to. */
  readonly origin: string
  /** Names of default headers, in lower case. They are sent to this origin only, since users may put keys there. */
  readonly originHeaders: () => ReadonlyArray<string>
  readonly follow: boolean
  /** Reports whether the input may hold secrets. */
  readonly holdsSecrets: () => boolean
  /** Runs after a redirect to the result, which confirms that the server acted on the request. */
  readonly onCarriedOut: () => void
}

/**
 * Sends a request and follows its redirects. Credentials, and input that may hold secrets, are sent to the API's origin only.
 * A redirect that can't be followed is returned as the response.
 */
export const send = (
  client: HttpClient.HttpClient,
  request: Outgoing,
  followed = 0
): Effect.Effect<HttpClientResponse, HttpClientError> => {
  const from = request.authorized.url
  return Effect.flatMap(sendOnce(client, request.authorized), (response) => {
    const { status } = response
    if (!request.follow || !redirectStatuses.includes(status) || followed === maxRedirects) {
      return Effect.succeed(response)
    }
    const url = targetOf(response.headers["location"], from)
    if (url === undefined) return Effect.succeed(response)
    const toResult = isToResult(request.plain, status)
    const sameOrigin = url.origin === request.origin
    const sendable = sameOrigin ? request.plain : withoutHeaders(request.plain, request.originHeaders())
    const next = redirectedRequest(sendable, status, url)
    const mustWithholdInput = !sameOrigin && !isBare(next) && request.holdsSecrets()
    // A Stream can't be sent twice.
    if (!toResult && (mustWithholdInput || request.plain.body._tag === "Stream")) return Effect.succeed(response)
    const plain = mustWithholdInput
      ? HttpRequest.get(url.href, { headers: { accept: next.headers["accept"] ?? "*/*" } })
      : next
    const authorized = sameOrigin ? redirectedRequest(request.authorized, status, url) : plain
    if (toResult && request.plain.method !== "GET") request.onCarriedOut()
    // The body of the redirect is dropped first, so that its connection is free.
    return Effect.zipRight(
      Effect.ignore(readBody(response)),
      send(client, { ...request, authorized, plain }, followed + 1)
    )
  })
}
