import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
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
        ...Context.getOption(context, FetchHttpClient.RequestInit).pipe((init) =>
          init._tag === "Some" ? init.value : {}
        ),
        redirect: "manual" as const
      })
    ),
    Effect.locally(HttpClient.currentTracerDisabledWhen, constTrue)
  )

const target = (location: string | undefined, from: string): URL | undefined => {
  if (location === undefined || !URL.canParse(location, from)) return undefined
  const url = new URL(location, from)
  const safe = url.protocol === "https:" || (url.protocol === "http:" && !from.startsWith("https:"))
  return safe && url.username === "" && url.password === "" ? url : undefined
}

/** The request after a redirect: 303, and 301 or 302 to a POST, turn it into a GET without a body (RFC 9110, 15.4). */
const redirected = (request: HttpRequest.HttpClientRequest, status: number, url: URL): HttpRequest.HttpClientRequest => {
  const asGet = status === 303 ? request.method !== "HEAD" : status < 303 && request.method === "POST"
  return asGet
    ? HttpRequest.get(url.href, { headers: { accept: request.headers["accept"] ?? "*/*" } })
    : HttpRequest.setUrl(request, url.href)
}

/**
 * Sends a request and follows its redirects. Credentials go along only to the origin that they are for; a body that may hold
 * secrets only there, too. A redirect that can't be followed is the answer.
 */
export const send = (
  client: HttpClient.HttpClient,
  request: {
    readonly plain: HttpRequest.HttpClientRequest
    readonly authorised: HttpRequest.HttpClientRequest
    readonly origin: string
    readonly sensitive: boolean
  },
  followed = 0
): Effect.Effect<HttpClientResponse, HttpClientError.HttpClientError> => {
  const from = request.authorised.url
  return Effect.flatMap(once(client, request.authorised), (response) => {
    if (!redirects.includes(response.status) || followed === mostRedirects) return Effect.succeed(response)
    const url = target(response.headers["location"], from)
    if (url === undefined) return Effect.succeed(response)
    const atHome = url.origin === request.origin
    const next = redirected(atHome ? request.authorised : request.plain, response.status, url)
    if (!atHome && request.sensitive && next.body._tag !== "Empty") return Effect.succeed(response)
    // A redirect's own body is dropped before the next request, so that its connection is free.
    return Effect.zipRight(
      Effect.ignore(readBody(response)),
      send(
        client,
        { ...request, authorised: next, plain: redirected(request.plain, response.status, url) },
        followed + 1
      )
    )
  })
}
