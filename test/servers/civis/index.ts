/**
 * A Civis server on loopback, made from the specification: it serves the specification itself, the recorded examples, lists in pages,
 * and jobs that run.
 */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Scripted from "../scripted.js"
import { type Example, examplesOf, type Specification } from "./examples.js"
import { type Job, makeJobs } from "./jobs.js"

export { type Example, examplesOf } from "./examples.js"
export type { Job } from "./jobs.js"

/** The API key that the server accepts. */
export const apiKey = "civis-test-key-5f1e0c2b9a7d"

export interface Options {
  /** The text of the specification. */
  readonly specification: string
  /** Lists by path, such as `/workflows`, which are served in pages. */
  readonly lists?: Readonly<Record<string, ReadonlyArray<unknown>>>
  readonly jobs?: Readonly<Record<number, Job>>
  /** Chooses another behaviour than the server's own; `index` counts the requests from 0. */
  readonly instead?: (received: Scripted.Received, index: number) => Scripted.Behaviour | undefined
}

export interface CivisServer extends Scripted.Scripted {
  /** Replaces the specification. */
  readonly setSpecification: (text: string) => void
  /** The header of credentials that the server accepts. */
  readonly authorization: string
}

const withoutSlash = (path: string): string => path.replace(/(?<=.)\/+$/, "")

const toSnakeCase = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase()

/** Returns the key of a request. Names in queries are in snake_case or in camelCase, in any order; some have the id of the path, too. */
const keyOf = (method: string, path: string, query: Iterable<readonly [string, string]>): string =>
  JSON.stringify([
    method,
    withoutSlash(path),
    Array.from(query)
      .filter(([name]) => name !== "id")
      .map(([name, value]) => `${toSnakeCase(name)}=${value.toLowerCase()}`)
      .sort()
  ])

export const errorBody = (status: number, error: string, errorDescription: string) => ({
  error,
  errorDescription,
  code: status
})

const failure = (status: number, error: string, description: string, headers: Readonly<Record<string, string>> = {}) =>
  Scripted.json(errorBody(status, error, description), { status, headers })

const notFound = failure(404, "not_found", "The requested resource could not be found.")

const page = (items: ReadonlyArray<unknown>, search: URLSearchParams): Scripted.Behaviour => {
  const limit = Math.min(Number(search.get("limit") ?? 20), 50)
  const number = Number(search.get("page_num") ?? 1)
  return Scripted.json(items.slice((number - 1) * limit, number * limit), {
    headers: {
      "x-pagination-per-page": String(limit),
      "x-pagination-current-page": String(number),
      "x-pagination-total-pages": String(Math.ceil(items.length / limit)),
      "x-pagination-total-entries": String(items.length)
    }
  })
}

/** Starts the server, until the scope closes. */
export const make = ({
  instead,
  jobs = {},
  lists = {},
  ...options
}: Options): Effect.Effect<CivisServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    let specification = options.specification
    const examples = new Map<string, ReadonlyArray<Example>>()
    for (const example of examplesOf(JSON.parse(specification) as Specification)) {
      const key = keyOf(example.method, example.target, example.query)
      examples.set(key, [...(examples.get(key) ?? []), example])
    }
    /** The number of times that each example was served: several examples of a request are served in turn. */
    const served = new Map<string, number>()
    const runJob = makeJobs(jobs)
    let callsRemaining = 1000

    const authorization = `Basic ${Buffer.from(`${apiKey}:`).toString("base64")}`

    const behaviourOf = (received: Scripted.Received): Scripted.Behaviour => {
      const { headers, method, target } = received
      const url = new URL(target, "http://civis.test")
      const path = withoutSlash(url.pathname)
      if (headers.authorization !== authorization) {
        return failure(401, "unauthorized", "You are not authenticated. Please check your API key.", {
          "www-authenticate": 'Bearer realm="api", error="invalid_token", error_description="The API key is invalid"'
        })
      }
      if (method === "GET" && path === "/endpoints") {
        const etag = `"${createHash("sha256").update(specification).digest("hex").slice(0, 16)}"`
        const head = { headers: { etag, "cache-control": "max-age=0, private, must-revalidate" } }
        return headers["if-none-match"] === etag
          ? Scripted.respond({ ...head, status: 304 })
          : Scripted.respond({
              headers: { ...head.headers, "content-type": "application/json; charset=utf-8" },
              body: specification
            })
      }
      const ran = runJob(received)
      if (ran !== undefined) return ran
      const list = method === "GET" ? lists[path] : undefined
      if (list !== undefined) return page(list, url.searchParams)
      const key = keyOf(method, path, url.searchParams)
      const found = examples.get(key)
      if (found === undefined) return notFound
      const count = served.get(key) ?? 0
      served.set(key, count + 1)
      const { response } = found[count % found.length]!
      return Scripted.respond(response)
    }

    const server = yield* Scripted.make((received, index) => {
      const behaviour = instead?.(received, index) ?? behaviourOf(received)
      return (response, received) => {
        callsRemaining -= 1
        response.setHeader("x-ratelimit-limit", "1000")
        response.setHeader("x-ratelimit-remaining", String(callsRemaining))
        behaviour(response, received)
      }
    })
    return {
      ...server,
      authorization,
      setSpecification: (text) => {
        specification = text
      }
    }
  })
