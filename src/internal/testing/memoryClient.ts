import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Issue from "../../Issue.js"
import type { Segment } from "../endpoint/pathTemplate.js"
import { toUrl } from "../http/toUrl.js"
import { failWithBody, receive, type ReceivedRequest } from "./receivedRequest.js"
import { type MatchPath, matcher, specificity } from "./route.js"

/** A request whose path a route matches, and the values of the path. */
export interface MatchedRequest {
  readonly path: Readonly<Record<string, string>>
  readonly received: ReceivedRequest
  readonly request: HttpClientRequest
}

type Sending<R> = Effect.Effect<HttpClientResponse, HttpClientError, R>

/** Decodes a request for a handler, and returns the handler's work; or the issues because of which the request is not for it. */
export type Accept<R> = (
  matched: MatchedRequest
) => Effect.Effect<Either.Either<Sending<R>, ReadonlyArray<Issue.Issue>>>

/** The requests that a handler takes, and its work. */
export interface Route<R> {
  readonly method: HttpMethod
  readonly segments: ReadonlyArray<Segment>
  readonly template: string
  /** The name of the operation, for messages. */
  readonly name: string | undefined
  /** Returns the base URL below which the path is, if it is known to the program that sends the request. */
  readonly baseUrl: (context: Context.Context<never>) => string | undefined
  /** Makes the handler, with its state. */
  readonly make: Effect.Effect<Accept<R>>
}

/** The defect of a program that sends a request which no handler takes. */
export class UnhandledRequest extends Data.TaggedError("UnhandledRequest")<{
  readonly message: string
  readonly method: string
  /** The URL, without the values of its query, which may be secrets. */
  readonly url: string
}> {}

interface Handling<R> {
  readonly route: Route<R>
  readonly match: MatchPath
  readonly specificity: number
  readonly accept: Accept<R>
}

/** How a handler's route differs from a request. */
interface Comparison {
  readonly path: Readonly<Record<string, string>> | undefined
  readonly sameMethod: boolean
  readonly sameBase: boolean
  readonly base: string | undefined
}

/** Returns the part of a path that is below a base URL. Undefined if the URL is not below it. */
const below = (url: URL, baseUrl: string): string | undefined => {
  const base = toUrl(baseUrl)
  const prefix = base?.pathname.replace(/\/+$/, "") ?? ""
  if (base?.origin !== url.origin) return undefined
  const rest = url.pathname.slice(prefix.length)
  return url.pathname.startsWith(prefix) && (rest === "" || rest.startsWith("/")) ? rest : undefined
}

/** Matches the end of a path, where the base URL is not known. */
const matchEnd = (match: MatchPath, path: string): ReturnType<MatchPath> => {
  for (let start = 0; start !== -1; start = path.indexOf("/", start + 1)) {
    const found = match(path.slice(start))
    if (found !== undefined) return found
  }
  return undefined
}

const compare = <R>(
  { match, route }: Handling<R>,
  method: string,
  url: URL,
  context: Context.Context<never>
): Comparison => {
  const base = route.baseUrl(context)
  const sameMethod = route.method === method
  if (base === undefined) return { path: matchEnd(match, url.pathname), sameMethod, sameBase: true, base }
  const rest = below(url, base)
  return {
    // A path that matches elsewhere is worth a message.
    path: rest === undefined ? matchEnd(match, url.pathname) : (match(rest === "/" ? "" : rest) ?? match(rest)),
    sameMethod,
    sameBase: rest !== undefined,
    base
  }
}

/** The similarity of a template and a path: the part of their segments that is the same, up to 1. */
const similarity = (template: string, path: string): number => {
  const [own, other] = [template.split("/"), path.split("/")]
  const same = own.filter((segment) => segment !== "" && other.includes(segment)).length
  return same / Math.max(own.length, other.length) + (own.length === other.length ? 0.1 : 0)
}

const reasonOf = ({ base, path, sameBase, sameMethod }: Comparison): string => {
  const reasons = [
    ...(sameMethod ? [] : ["the method differs"]),
    ...(path === undefined ? ["the path differs"] : []),
    ...(sameBase ? [] : [`its base URL is ${base}`])
  ]
  return reasons.join(", and ")
}

const describe = <R>({ method, name, template }: Route<R>): string => {
  const target = `${method} ${template === "" ? "/" : template}`
  return name === undefined || name === target ? target : `${target} (${name})`
}

/** The URL, with the names of its query only. */
const shownUrl = (url: URL): string => {
  const names = [...new Set(url.searchParams.keys())]
  return `${url.origin}${url.pathname}${names.length === 0 ? "" : `?${names.join("&")}`}`
}

const unhandled = <R>(
  method: string,
  url: URL,
  compared: ReadonlyArray<readonly [Handling<R>, Comparison]>,
  refused: readonly [Route<R>, ReadonlyArray<Issue.Issue>] | undefined
): UnhandledRequest => {
  const shown = shownUrl(url)
  const score = ([{ route }, { path, sameBase, sameMethod }]: readonly [Handling<R>, Comparison]) =>
    (path === undefined ? similarity(route.template, url.pathname) : 2) + (sameMethod ? 0.5 : 0) + (sameBase ? 1 : 0)
  const [nearest] = [...compared].sort((one, other) => score(other) - score(one))
  const reason =
    refused !== undefined
      ? `The request does not match ${describe(refused[0])}: ${refused[1].map(Issue.format).join("; ")}`
      : nearest === undefined
        ? "There are no handlers"
        : `The nearest handler is ${describe(nearest[0].route)}: ${reasonOf(nearest[1])}`
  return new UnhandledRequest({ message: `no handler for ${method} ${shown}. ${reason}`, method, url: shown })
}

/**
 * Makes a client whose requests are handled by routes. The most specific route of a request is chosen, and of equal ones the last. A
 * request that no route takes is a defect, so that no retry and no error handler of the program hides it.
 */
export const make = <R>(routes: ReadonlyArray<Route<R>>): Effect.Effect<HttpClient.HttpClient, never, R> =>
  Effect.gen(function* () {
    const services = yield* Effect.context<R>()
    const handlings: Array<Handling<R>> = []
    for (const route of routes) {
      const { segments } = route
      handlings.unshift({
        route,
        match: matcher(segments),
        specificity: specificity(segments),
        accept: yield* route.make
      })
    }
    handlings.sort((one, other) => other.specificity - one.specificity)
    return HttpClient.make((request, url, _, fiber) =>
      Effect.gen(function* () {
        const { method } = request
        const received = receive(request, url)
        const compared = handlings.map((one) => [one, compare(one, method, url, fiber.currentContext)] as const)
        let refused: readonly [Route<R>, ReadonlyArray<Issue.Issue>] | undefined
        for (const [{ accept, route }, { path, sameBase, sameMethod }] of compared) {
          if (path === undefined || !sameBase || !sameMethod) continue
          const accepted = yield* accept({ path, received, request })
          if (Either.isRight(accepted)) return yield* accepted.right
          refused ??= [route, accepted.left]
        }
        return yield* Effect.die(unhandled(method, url, compared, refused))
      }).pipe(
        failWithBody(request),
        Effect.mapInputContext((context: Context.Context<never>) => Context.merge(context, services))
      )
    )
  })
