import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import * as Option from "effect/Option"
import { readBody } from "./readBody.js"

const redirects = [301, 302, 303, 307, 308]

/** As many as a browser follows. */
const mostRedirects = 20

/**
 * One request. The platform's own span stays off, since it records the query, and `fetch` is told to leave redirects alone,
 * since it would take credential headers along to another origin.
 */
const once = (
  client: HttpClient.HttpClient,
  request: HttpRequest.HttpClientRequest
): Effect.Effect<HttpClientResponse, HttpClientError.HttpClientError> =>
  client.execute(request).pipe(
    Effect.mapInputContext((context: Context.Context<never>) =>
      Context.add(context, FetchHttpClient.RequestInit, {
        ...Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit)),
        redirect: "manual" as const
      })
    ),
    Effect.locally(HttpClient.currentTracerDisabledWhen, constTrue)
  )

const target = (location: string | undefined, from: string): URL | undefined => {
  if (location === undefined || !URL.canParse(location, from)) return undefined
  const url = new URL(location, from)
  // The fragment is the client's own (RFC 9110, 7.1), and not every client keeps it.
  url.hash = ""
  const safe = url.protocol === "https:" || (url.protocol === "http:" && !from.startsWith("https:"))
  return safe && url.username === "" && url.password === "" ? url : undefined
}

/** Whether a redirect is to a result, to be fetched by GET: 303, and 301 or 302 to a POST (RFC 9110, 15.4). */
const toResult = (request: HttpRequest.HttpClientRequest, status: number): boolean =>
  status === 303 ? request.method !== "HEAD" : status < 303 && request.method === "POST"

/** The request after a redirect; that for a result has no body, nor headers about one. */
const redirected = (request: HttpRequest.HttpClientRequest, status: number, url: URL): HttpRequest.HttpClientRequest =>
  toResult(request, status)
    ? HttpRequest.get(url.href, {
        headers: Object.entries(request.headers).filter(([name]) => !name.startsWith("content-"))
      })
    : HttpRequest.setUrl(request, url.href)

/** Whether a request has nothing of an input but in its URL, which a redirect replaces. */
const isBare = ({ body, headers }: HttpRequest.HttpClientRequest): boolean =>
  body._tag === "Empty" && Object.keys(headers).every((name) => name === "accept")

/**
 * Sends a request and follows its redirects. Credentials go along only to the origin that they are for; what may hold secrets
 * of the input only there, too. A redirect that can't be followed is the answer.
 */
export const send = (
  client: HttpClient.HttpClient,
  request: {
    readonly plain: HttpRequest.HttpClientRequest
    readonly authorised: HttpRequest.HttpClientRequest
    readonly origin: string
    readonly follow: boolean
    /** Whether the input may hold secrets. */
    readonly secret: () => boolean
    /** Told when a redirect says that the request was carried out, and where its result is. */
    readonly onCarriedOut: () => void
  },
  followed = 0
): Effect.Effect<HttpClientResponse, HttpClientError.HttpClientError> => {
  const from = request.authorised.url
  return Effect.flatMap(once(client, request.authorised), (response) => {
    const { status } = response
    if (!request.follow || !redirects.includes(status) || followed === mostRedirects) return Effect.succeed(response)
    const url = target(response.headers["location"], from)
    if (url === undefined) return Effect.succeed(response)
    const result = toResult(request.plain, status)
    const followUp = redirected(request.plain, status, url)
    const atHome = url.origin === request.origin
    const guarded = !atHome && !isBare(followUp) && request.secret()
    // A Stream may not give the same twice.
    if (!result && (guarded || request.plain.body._tag === "Stream")) return Effect.succeed(response)
    const plain = guarded
      ? HttpRequest.get(url.href, { headers: { accept: followUp.headers["accept"] ?? "*/*" } })
      : followUp
    const authorised = atHome ? redirected(request.authorised, status, url) : plain
    if (result && request.plain.method !== "GET") request.onCarriedOut()
    // A redirect's own body is dropped before the next request, so that its connection is free.
    return Effect.zipRight(
      Effect.ignore(readBody(response)),
      send(client, { ...request, authorised, plain }, followed + 1)
    )
  })
}
