import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import { textOf } from "../Answer.js"
import * as Authoriser from "../Authoriser.js"
import { ask } from "../road/ask.js"
import { isSecureHttp } from "../road/confined.js"
import { TokenFailure } from "../Token.js"
import { fromLibrary } from "./failures.js"
import { tidy } from "./tidy.js"

/** A request that the library would send. */
export interface Drawn {
  readonly url: URL
  readonly method: "GET" | "POST"
  readonly headers: Readonly<Record<string, string>>
  readonly form?: URLSearchParams | undefined
}

/** What a request is called, and whether to carry it out twice does no more than once. */
export interface About {
  readonly name: string
  readonly idempotent?: boolean
}

export type Send = (drawn: Drawn, about: About) => Effect.Effect<Response, TokenFailure, HttpClient>

/** What the library takes from us in place of `fetch`. It would refuse http even to this machine; `draw` looks itself. */
export interface LibraryOptions {
  readonly [oauth.customFetch]: (
    url: string,
    options: oauth.CustomFetchOptions<"GET" | "POST", URLSearchParams | undefined>
  ) => Promise<Response>
  readonly [oauth.allowInsecureRequests]: true
}

/**
 * The request that a function of the library's makes, which is left unsent: it calls `fetch` once and gives what that gives. So
 * what is between asking and answering is an Effect like any other, and not a Promise with one inside.
 */
export const draw = (
  host: string,
  make: (options: LibraryOptions) => Promise<unknown>
): Effect.Effect<Drawn, TokenFailure> =>
  Effect.tryPromise({
    try: () =>
      new Promise<Drawn>((resolve, reject) => {
        make({
          [oauth.allowInsecureRequests]: true,
          [oauth.customFetch]: async (url, { body, headers, method }) => {
            resolve({ url: new URL(url), method, headers, form: body })
            return new Response()
          }
        }).catch(reject)
      }),
    catch: (error) => fromLibrary(error, host)
  }).pipe(
    Effect.filterOrFail(
      ({ url }) => isSecureHttp(url),
      () => new TokenFailure({ reason: "Unsafe", message: `${host} names an endpoint that is not asked by https` })
    )
  )

/** Answers that are read here; the rest are failures of the road's. */
const accepts = (status: number): boolean => status < 500 && ![408, 425, 429].includes(status)

/** A form, with each value kept from whatever shows the request: which of them are secrets is up to the server. */
const formOf = (form: URLSearchParams): Record<string, ReadonlyArray<Redacted.Redacted>> =>
  Object.fromEntries([...form.keys()].map((name) => [name, form.getAll(name).map((value) => Redacted.make(value))]))

/** No request for a token goes on for ever: what refreshes one is not interrupted from outside. */
const limits: Authoriser.Defaults = { attemptDeadline: "30 seconds", deadline: "90 seconds" }

const unavailable = (message: string) => new TokenFailure({ reason: "Unavailable", message })

/**
 * Requests to authorisation servers, along the one road. What those to an origin share is kept as long as this. They are neither cached,
 * nor counted against the limit of the API that the tokens are for.
 */
export const transport: Effect.Effect<Send> = /*#__PURE__*/ Effect.map(
  /*#__PURE__*/ Effect.context<never>(),
  (context): Send => {
    const callers = new Map<string, Authoriser.Authoriser>()
    const callerAt = (origin: string): Effect.Effect<Authoriser.Authoriser> =>
      Effect.suspend(() => {
        const found = callers.get(origin)
        if (found !== undefined) return Effect.succeed(found)
        return Effect.map(Effect.provide(Authoriser.none(new URL(origin), limits), context), (nobody) => {
          const caller = callers.get(origin) ?? { ...nobody, limiter: undefined, cache: undefined }
          callers.set(origin, caller)
          return caller
        })
      })

    return ({ form, headers, method, url }, { idempotent = false, name }) =>
      Effect.flatMap(callerAt(url.origin), (caller) =>
        ask(caller, {
          name,
          method,
          target: `${url.pathname}${url.search}`,
          headers,
          ...(form === undefined ? {} : { body: { form: formOf(form) } }),
          accepts,
          idempotent,
          sensitive: method !== "GET"
        })
      ).pipe(
        Effect.mapError((error) => unavailable(`${url.host} could not be asked: ${error.message}`)),
        Effect.filterOrFail(
          // What a redirect leads to is another's word. One that a browser's `fetch` does not follow has status 0.
          ({ status }) => (status >= 200 && status < 300) || status >= 400,
          () =>
            unavailable(
              `${url.host} answers with a redirect, which is not followed: name the endpoint that it leads to`
            )
        ),
        Effect.map((answer) => tidy(answer.status, textOf(answer)))
      )
  }
)
