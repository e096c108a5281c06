import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { constTrue, identity } from "effect/Function"
import * as Option from "effect/Option"
import type { AuthorizedRequest } from "../../Credentials.js"
import { isRepeatable } from "../http/contentBody.js"
import { withoutContentDecoding } from "../http/fetchDispatcher.js"
import { dropBody } from "../http/readBody.js"
import { decodeReference } from "../http/reference.js"
import { redirectStatuses } from "../http/statuses.js"
import type { Expiry } from "../http/expiry.js"
import { directSend, partsOf } from "../http/transportResponse.js"
import { flatMapNow } from "../flatMapNow.js"
import { classifyTransport } from "./classify.js"
import { isCredentialHeader, makeRevealsCredentials, paramsOf } from "./secrets.js"
import { withTraceContext } from "./tracing.js"
import { toUrl } from "../http/toUrl.js"

/** The maximum number of redirects of a request, as in browsers. */
const maxRedirects = 20

/**
 * Sets the options of `fetch` for one request. `fetch` must not follow redirects, since it sends credentials in custom headers
 * to other origins, it must not undo content codings, and it must send the length of a body that is a Stream.
 */
const setFetchOptions = ({ body, headers }: HttpRequest.HttpClientRequest, sameOrigin: boolean): Effect.Effect<void> =>
  FiberRef.update(FiberRef.currentContext, (context) => {
    const given = Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit))
    const dispatcher = (given as { readonly dispatcher?: unknown } | undefined)?.dispatcher
    return Context.add(context, FetchHttpClient.RequestInit, {
      ...given,
      // Headers may be credentials.
      ...(sameOrigin ? {} : { headers: {} }),
      // The fetch client alone reads this: undici, which Node loads for it, takes a large part of the time of a first call.
      get dispatcher() {
        return withoutContentDecoding(dispatcher, body._tag === "Stream" ? headers["content-length"] : undefined)
      },
      redirect: "manual" as const
    })
  })

type Param = readonly [name: string, value: string]

const isIn =
  (params: ReadonlyArray<Param>) =>
  ([name, value]: Param): boolean =>
    params.some(([other, same]) => other === name && same === value)

const isNamed =
  (params: ReadonlyArray<Param>) =>
  ([name]: Param): boolean =>
    params.some(([other]) => other === name)

/** Removes query parameters from a URL, and leaves the others as they are written. */
const removeParams = (url: URL, isRemoved: (param: Param) => boolean): void => {
  if (![...url.searchParams].some(isRemoved)) return
  const others = url.search
    .slice(1)
    .split("&")
    .filter((pair) => ![...new URLSearchParams(pair)].some(isRemoved))
  url.search = others.join("&")
}

/** Makes a request with the method and the body of another. */
const rebuilt = (
  { body, method }: HttpRequest.HttpClientRequest,
  url: string,
  headers: HttpRequest.Options.NoUrl["headers"]
): HttpRequest.HttpClientRequest => {
  const plain = HttpRequest.make(method)(url, { headers })
  return body._tag === "Empty" ? plain : HttpRequest.setBody(plain, body)
}

/**
 * Appends parameters that credentials, or the client, added to the URL of a request, which the platform would do by writing the whole
 * query anew, as a form. They replace those for which `isReplaced` returns true.
 */
const withParams = (
  request: HttpRequest.HttpClientRequest,
  isReplaced: (added: ReadonlyArray<Param>) => (param: Param) => boolean
): HttpRequest.HttpClientRequest => {
  if (request.urlParams.length === 0) return request
  const { urlParams } = request
  const url = new URL(request.url)
  // A URL that a server has sent may have them already.
  removeParams(url, isReplaced(urlParams))
  const params = new URLSearchParams(urlParams.map(([name, value]): [string, string] => [name, value]))
  const query = params.toString().replaceAll("+", "%20")
  return rebuilt(request, `${url.href}${url.search === "" ? "?" : "&"}${query}`, request.headers)
}

/**
 * Sends one request. A client of the library's own transport sends it directly, without the platform's span, which records the query.
 * For any other client the span is turned off, and the options of `fetch` are set where the client has added the context of its own layer, so that they are
 * added to the layer's options instead of replacing them.
 */
const sendOnce = (
  client: HttpClient.HttpClient,
  request: HttpRequest.HttpClientRequest,
  sameOrigin: boolean,
  expiry: Expiry | undefined
): Effect.Effect<HttpClientResponse, HttpClientError.HttpClientError> => {
  const { postprocess, preprocess } = partsOf(client)
  const whole = withParams(request, isNamed)
  const direct = postprocess?.[directSend]
  if (direct !== undefined && preprocess !== undefined) {
    return flatMapNow(preprocess(whole), (request) => direct.send(withParams(request, isIn), expiry))
  }
  const sent =
    postprocess === undefined || preprocess === undefined
      ? Effect.zipRight(setFetchOptions(whole, sameOrigin), client.execute(whole))
      : postprocess(
          Effect.map(Effect.zipLeft(preprocess(whole), setFetchOptions(whole, sameOrigin)), (request) =>
            withParams(request, isIn)
          )
        )
  return sent.pipe(
    // node:http refuses a request by throwing.
    Effect.catchSomeDefect((cause) =>
      classifyTransport(cause, "send").class === "Final"
        ? Option.some(Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause })))
        : Option.none()
    ),
    // Restores the context of this fiber afterwards.
    Effect.mapInputContext<never, never>(identity),
    Effect.locally(HttpClient.currentTracerDisabledWhen, constTrue)
  )
}

/**
 * Removes the query parameters that credentials have added to a request from the target of its redirect, in which servers repeat
 * them: by name from a target on the same origin, where they are added again, and by value from another, also where that is a part of
 * a parameter, such as a URL to return to. Leaves the other parameters as they are written. Returns false if a target on another origin
 * contains a credential even so, such as in its path.
 */
const removeCredentials = (url: URL, { authorized, plain }: Ready, sameOrigin: boolean): boolean => {
  const isOwn = isIn(paramsOf(plain))
  const added = paramsOf(authorized.request).filter((param) => !isOwn(param))
  if (sameOrigin) {
    removeParams(url, (param) => isNamed(added)(param) && !isOwn(param))
    return true
  }
  const reveals = makeRevealsCredentials(plain, authorized.request)
  removeParams(url, (param) => isIn(added)(param) || reveals(param[1]))
  return !reveals(url.href)
}

/** Returns the target of a redirect, if it can be followed: https, or http from http, and without credentials. */
const targetOf = (location: string | undefined, from: string): URL | undefined => {
  const url = location === undefined ? undefined : toUrl(decodeReference(location), from)
  if (url === undefined) return undefined
  // A fragment is for the client (RFC 9110, 7.1), and some transports send it.
  url.hash = ""
  const safe = url.protocol === "https:" || (url.protocol === "http:" && !from.startsWith("https:"))
  return safe && url.username === "" && url.password === "" ? url : undefined
}

/** Reports whether a redirect is to a result, to be fetched by GET: 303, and 301 or 302 after a POST (RFC 9110, 15.4). */
const isToResult = (request: HttpRequest.HttpClientRequest, status: number): boolean =>
  status === 303 ? request.method !== "HEAD" : status < 303 && request.method === "POST"

/**
 * Makes the request after a redirect, whose target has the whole query. A request for a result has no body and no headers about one. The
 * conditions of a write were for the write: it has changed the resource, so that they would not hold for its result.
 */
const redirectedRequest = (
  request: HttpRequest.HttpClientRequest,
  toResult: boolean,
  url: URL
): HttpRequest.HttpClientRequest =>
  toResult
    ? HttpRequest.get(url.href, {
        headers: Object.entries(request.headers).filter(
          ([name]) => !name.startsWith("content-") && (request.method === "GET" || !name.startsWith("if-"))
        )
      })
    : HttpRequest.setUrl(request, url.href)

/** Names of headers that do not depend on the input, and reveal nothing about the API. */
const harmlessHeaders = ["accept", "user-agent"]

/** Reports whether a request has no input besides its URL, which a redirect replaces. */
const isBare = ({ body, headers }: HttpRequest.HttpClientRequest): boolean =>
  body._tag === "Empty" && Object.keys(headers).every((name) => harmlessHeaders.includes(name))

/**
 * Removes headers from a request to another origin: those of credentials, and default headers of the API, except those that reveal
 * nothing about the API or describe the body.
 */
const withoutHeaders = (
  request: HttpRequest.HttpClientRequest,
  names: ReadonlyArray<string>
): HttpRequest.HttpClientRequest => {
  const remains = (name: string) =>
    !isCredentialHeader(name) &&
    (!names.includes(name) || harmlessHeaders.includes(name) || name.startsWith("content-"))
  const headers = Object.entries(request.headers).filter(([name]) => remains(name))
  return rebuilt(request, request.url, headers)
}

/** A request without and with credentials. */
export interface Ready {
  readonly plain: HttpRequest.HttpClientRequest
  readonly authorized: AuthorizedRequest
}

/** The rules for sending a request and following its redirects. */
export interface SendOptions<E, R> {
  /** The only origin that credentials are sent to. */
  readonly origin: string
  /** Names of default headers, in lower case. They are sent to this origin only, since users may put keys there. */
  readonly originHeaders: () => ReadonlyArray<string>
  /** True if the context of the trace is sent to this origin. */
  readonly traced: boolean
  /** The end of the deadline, at which the transport aborts the request. */
  readonly expiry: Expiry | undefined
  readonly follows: (status: number) => boolean
  /** Reports whether the input may hold secrets. */
  readonly holdsSecrets: () => boolean
  /** Adds credentials to the request after a redirect to this origin: signatures and keys belong to one request. */
  readonly authorize: (plain: HttpRequest.HttpClientRequest) => Effect.Effect<AuthorizedRequest, E, R>
  /**
   * Runs before each request. `carriedOut` is true after a redirect that confirms that the server acted on the request, and
   * `sameOrigin` is false after one to another origin.
   */
  readonly onSend: (
    authorized: HttpRequest.HttpClientRequest,
    carriedOut: boolean,
    plain: HttpRequest.HttpClientRequest,
    sameOrigin: boolean
  ) => void
  /** Runs when the head of a response is received, also of one that redirects. */
  readonly onReceived: (response: HttpClientResponse) => void
}

/** A response, and the request that it responds to, after redirects. */
export interface Sent extends Ready {
  readonly response: HttpClientResponse
}

/** The redirects that were followed. */
interface Hops {
  readonly followed: number
  /** True if none led to another origin, which could have chosen the target of the next one. */
  readonly onlySameOrigin: boolean
  /** True if one confirmed that the server acted on the request. */
  readonly carriedOut: boolean
}

const firstHop: Hops = { followed: 0, onlySameOrigin: true, carriedOut: false }

/**
 * Sends a request, follows its redirects, and passes the response on to `receive`. Credentials, and input that may hold secrets, are sent to the API's origin only.
 * A redirect that can't be followed is returned as the response.
 */
export const send = <A, E, R, E2>(
  client: HttpClient.HttpClient,
  { authorized, plain }: Ready,
  options: SendOptions<E, R>,
  receive: (sent: Sent) => Effect.Effect<A, E2, R>,
  { carriedOut, followed, onlySameOrigin }: Hops = firstHop
): Effect.Effect<A, HttpClientError.HttpClientError | E | E2, R> => {
  // If the deadline passed while the body of a redirect was awaited, the transport does not send this request.
  if (options.expiry?.passed !== true) options.onSend(authorized.request, carriedOut, plain, onlySameOrigin)
  const exchanged =
    options.traced && onlySameOrigin
      ? withTraceContext(authorized.request, (request) => sendOnce(client, request, true, options.expiry))
      : sendOnce(client, authorized.request, onlySameOrigin, options.expiry)
  return Effect.flatMap(exchanged, (response): ReturnType<typeof send<A, E, R, E2>> => {
    options.onReceived(response)
    const sent = { response, plain, authorized }
    const { status } = response
    if (!redirectStatuses.includes(status) || !options.follows(status) || followed === maxRedirects)
      return receive(sent)
    const url = targetOf(response.headers["location"], plain.url)
    if (url === undefined) return receive(sent)
    const toResult = isToResult(plain, status)
    const staysSameOrigin = onlySameOrigin && url.origin === options.origin
    if (!removeCredentials(url, sent, staysSameOrigin)) return receive(sent)
    const sendable = staysSameOrigin ? plain : withoutHeaders(plain, options.originHeaders())
    const next = redirectedRequest(sendable, toResult, url)
    const mustWithholdInput = !staysSameOrigin && !isBare(next) && options.holdsSecrets()
    if (!toResult && (mustWithholdInput || !isRepeatable(plain.body))) return receive(sent)
    const nextPlain = mustWithholdInput
      ? HttpRequest.get(url.href, { headers: { accept: next.headers["accept"] ?? "*/*" } })
      : next
    const nextAuthorized = staysSameOrigin
      ? options.authorize(nextPlain)
      : Effect.succeed({ ...authorized, request: nextPlain })
    return dropBody(response).pipe(
      Effect.zipRight(nextAuthorized),
      Effect.flatMap((authorized) =>
        send(client, { plain: nextPlain, authorized }, options, receive, {
          followed: followed + 1,
          onlySameOrigin: staysSameOrigin,
          carriedOut: carriedOut || (toResult && plain.method !== "GET")
        })
      )
    )
  })
}
