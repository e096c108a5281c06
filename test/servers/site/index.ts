/**
 * The Python Discord site API on loopback, over real HTTP: in memory, with state, row by row as the table of its endpoints says.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Scripted from "../scripted.js"
import { badRequest, type Body, Failed, Form, Refused } from "./fields.js"
import { JsonError, parse, stringify } from "./json.js"
import { type Call, nameOf, type Reply, type Row } from "./row.js"
import { rows, served } from "./routes.js"
import * as State from "./state.js"
import * as Time from "./time.js"

export { rows } from "./routes.js"
export { parse } from "./json.js"
export { nameOf, type Row } from "./row.js"
export type * from "./state.js"

/** The token that a server accepts by default. */
export const token = "site-test-token-8c1f0e5d7b3a"

/** A token that may read only. */
export const readOnlyToken = "site-read-only-token-4d2a9c6e1f80"

export interface Options {
  /** Tokens that may read and write. Default: `token`. */
  readonly tokens?: ReadonlyArray<string>
  /** Tokens that may read. Default: `readOnlyToken`. */
  readonly readOnlyTokens?: ReadonlyArray<string>
  readonly seed?: State.Seed
  /** The time in milliseconds. Default: the system's. */
  readonly now?: () => number
}

/** Makes a behaviour for a request that is scripted. `run` handles the request as the site does, and returns how it would respond. */
export type Change = (run: () => Scripted.Behaviour) => Scripted.Behaviour

/** Which requests are scripted. */
export interface Which {
  /** The number of requests. Default 1. */
  readonly times?: number
  /** Default: all. */
  readonly when?: (received: Scripted.Received) => boolean
}

export interface SiteServer {
  /** The base URL: the paths of the API are below it. */
  readonly url: string
  /** All requests that were received, in order. */
  readonly requests: ReadonlyArray<Scripted.Received>
  /** Takes the next request from a queue of those received. Waits if the queue is empty. */
  readonly next: Effect.Effect<Scripted.Received>
  /** Waits until a connection closes before its response is complete. */
  readonly abandoned: Effect.Effect<void>
  /** What the site stores. Tests may change it. */
  readonly state: State.State
  /** Changes how the next requests are handled. Of several scripts the first that matches is used. */
  readonly script: (change: Change, which?: Which) => void
  /** Responds to the next requests with a behaviour. The site does not handle them. */
  readonly fail: (behaviour: Scripted.Behaviour, which?: Which) => void
  /** How often each row responded with each status, by the row's name. */
  readonly hits: ReadonlyMap<string, ReadonlyMap<number, number>>
}

/** Handles a request, and responds later. */
export const delayed =
  (millis: number): Change =>
  (run) =>
  (response, received) => {
    const behaviour = run()
    setTimeout(() => behaviour(response, received), millis).unref()
  }

/** Handles a request, and closes the connection instead of a response. */
export const lost: Change = (run) => (response, received) => {
  run()
  Scripted.reset(response, received)
}

/** A page of HTML, as a proxy or the site itself responds. */
export const html = (status: number, body: string): Scripted.Behaviour =>
  Scripted.respond({ status, headers: { "content-type": "text/html; charset=utf-8" }, body })

/** The page of an exception that the site does not handle. */
export const serverError = html(
  500,
  '<!doctype html>\n<html lang="en">\n<head>\n  <title>Server Error (500)</title>\n</head>\n<body>\n  <h1>Server Error (500)</h1><p></p>\n</body>\n</html>\n'
)

/** The page of a path that is none of the site's. */
const noRoute = html(
  404,
  '<!doctype html>\n<html lang="en">\n<head>\n  <title>Not Found</title>\n</head>\n<body>\n  <h1>Not Found</h1><p>The requested resource was not found on this server.</p>\n</body>\n</html>\n'
)

/** All statuses that a row can respond with: those of its table, and those that are implied. */
export const statusesOf = (row: Row): ReadonlyArray<number> => [
  ...row.statuses,
  ...(row.anonymous === true ? [] : [401]),
  ...(row.anonymous === true || row.method === "GET" ? [] : [403]),
  ...(row.body === true ? [...(row.statuses.includes(400) ? [] : [400]), 415] : [])
]

const mediaTypeOf = (received: Scripted.Received): string =>
  (received.headers["content-type"] ?? "").split(";", 1)[0]!.trim().toLowerCase()

const readBody = (received: Scripted.Received): Body => {
  const type = mediaTypeOf(received)
  const isForm = type === "application/x-www-form-urlencoded"
  if (received.bytes.length === 0) return isForm ? new Form(new URLSearchParams()) : {}
  if (isForm) return new Form(new URLSearchParams(received.body))
  if (type !== "application/json") {
    const given = received.headers["content-type"] ?? ""
    throw new Failed(415, { detail: `Unsupported media type "${given}" in request.` })
  }
  try {
    return parse(received.body)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw badRequest({ detail: `JSON parse error - ${error.message}` })
  }
}

/** Chooses a representation by the Accept field; undefined if there is none. */
const negotiate = (accept: string | undefined): "json" | "html" | undefined => {
  const ranges = (accept ?? "*/*").split(",").map((range) => range.split(";", 1)[0]!.trim().toLowerCase())
  const specificity = (range: string) => (range === "*/*" ? 2 : range.endsWith("/*") ? 1 : 0)
  for (const range of ranges.toSorted((a, b) => specificity(a) - specificity(b))) {
    if (["application/json", "application/*", "*/*"].includes(range)) return "json"
    if (["text/html", "text/*"].includes(range)) return "html"
  }
  return undefined
}

/** A row that matches a path, with the variables of the path. */
interface Match {
  readonly row: Row
  readonly path: ReadonlyArray<string>
}

const compiled = served.map((row) => ({
  row,
  pattern: new RegExp(`^${row.path.replace(/\{\w+\}/g, "([^/.]+)")}$`)
}))

/** Matches the paths of `github/`, whose segments may have dots, as a file's name has. */
const matchGithub = (path: string): ReadonlyArray<Match> => {
  const given = path.split("/")
  return compiled.flatMap(({ row }) => {
    const template = row.path.split("/")
    if (row.anonymous !== true || template[0] !== "github" || template.length !== given.length) return []
    if (!template.every((one, index) => one.startsWith("{") || one === given[index])) return []
    if (template[1] === "webhook-filter" && !/^\d+$/.test(given[2]!)) return []
    return given.includes("") ? [] : [{ row, path: given.filter((_, index) => template[index]!.startsWith("{")) }]
  })
}

const match = (path: string): ReadonlyArray<Match> =>
  path.startsWith("github/")
    ? matchGithub(path)
    : compiled
        .flatMap(({ pattern, row }) => {
          const found = pattern.exec(path)
          return found === null ? [] : [{ row, path: found.slice(1) }]
        })
        // Of several paths that match, such as one with an id and one with a name in its place, the first is the route.
        .filter(({ row }, _, [first]) => row.path === first?.row.path)

/** Starts the server, until the scope closes. */
export const make = (options: Options = {}): Effect.Effect<SiteServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { now: clock = Date.now, readOnlyTokens = [readOnlyToken], seed = {}, tokens = [token] } = options
    let last = 0n
    const now = () => {
      const time = BigInt(Math.floor(clock())) * 1000n
      last = time > last ? time : last + 1n
      return last
    }
    const state = State.make(seed, now)
    const hits = new Map<string, Map<number, number>>()
    const scripts: Array<{ change: Change; left: number; when: (received: Scripted.Received) => boolean }> = []

    const respond = (reply: Reply, format: "json" | "html", allow: string): Scripted.Behaviour => {
      const common = { allow, vary: "Accept", "x-frame-options": "DENY" }
      if (reply.body === undefined) return Scripted.respond({ status: reply.status, headers: common })
      const body = stringify(reply.body)
      return format === "html"
        ? Scripted.respond({
            status: reply.status,
            headers: { ...common, "content-type": "text/html; charset=utf-8" },
            body: `<!DOCTYPE html><html><head><title>API</title></head><body><pre>${body.replaceAll("<", "&lt;")}</pre></body></html>`
          })
        : Scripted.respond({
            status: reply.status,
            headers: {
              ...common,
              "content-type": "application/json",
              ...(reply.status === 401 ? { "www-authenticate": "Token" } : {})
            },
            body
          })
    }

    const count = (row: Row, status: number) => {
      const name = nameOf(row)
      const statuses = hits.get(name) ?? new Map<number, number>()
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      hits.set(name, statuses)
    }

    const authenticate = (received: Scripted.Received) => {
      const unauthorized = (detail: string) => new Failed(401, { detail })
      const [scheme, ...keys] = (received.headers.authorization ?? "").split(/\s+/)
      if (scheme?.toLowerCase() !== "token") throw unauthorized("Authentication credentials were not provided.")
      const [key, ...more] = keys
      if (key === undefined) throw unauthorized("Invalid token header. No credentials provided.")
      if (more.length > 0) throw unauthorized("Invalid token header. Token string should not contain spaces.")
      if (tokens.includes(key)) return
      if (!readOnlyTokens.includes(key)) throw unauthorized("Invalid token.")
      if (!["GET", "HEAD", "OPTIONS"].includes(received.method)) {
        throw new Failed(403, { detail: "You do not have permission to perform this action." })
      }
    }

    const handle = (received: Scripted.Received): Scripted.Behaviour => {
      const url = new URL(received.target, "http://site.test")
      const base = ["/api/", "/pydis-api/"].find((one) => url.pathname.startsWith(one))
      let target: string
      try {
        target = decodeURIComponent(url.pathname)
      } catch {
        return noRoute
      }
      if (base === undefined) return noRoute
      target = target.slice(base.length)
      // A name with a dot is taken for a format: that of JSON is served, others are not found, also without a token.
      const suffix = target.startsWith("github/") ? null : /^([^.]*)\.([a-z0-9]+)$/.exec(target)
      const matches = match(suffix?.[1] ?? target)
      if (matches.length === 0) return noRoute
      if (suffix !== null && suffix[2] !== "json") {
        return respond({ status: 404, body: { detail: "Not found." } }, "json", "")
      }
      const method = received.method === "HEAD" ? "GET" : received.method
      const allow = [...new Set(matches.map(({ row }) => row.method)), "HEAD", "OPTIONS"]
        .filter((one) => one !== "HEAD" || matches.some(({ row }) => row.method === "GET"))
        .join(", ")
      const ofMethod = matches.filter(({ row }) => row.method === method)
      const chosen = ofMethod.find(({ row }) => row.when?.matches(received) ?? true)
      const format = negotiate(received.headers.accept)
      const finish = (reply: Reply) => {
        if (chosen !== undefined) count(chosen.row, reply.status)
        return respond(reply, format ?? "json", allow)
      }
      try {
        if (format === undefined) {
          throw new Failed(406, { detail: "Could not satisfy the request Accept header." })
        }
        if (matches[0]!.row.anonymous !== true) authenticate(received)
        if (chosen === undefined) {
          if (method === "OPTIONS") return respond({ status: 200, body: {} }, format, allow)
          throw new Failed(405, { detail: `Method "${received.method}" not allowed.` })
        }
        let body: Body | undefined
        const call: Call = {
          received,
          path: chosen.path,
          query: url.searchParams,
          body: () => (body ??= readBody(received)),
          state,
          now: () => Time.format(now())
        }
        return finish(chosen.row.handle(call))
      } catch (error) {
        if (error instanceof Refused) return finish({ status: 400, body: error.errors })
        if (error instanceof Failed && error.body !== undefined)
          return finish({ status: error.status, body: error.body })
        if (!(error instanceof Failed)) throw error
        if (chosen !== undefined) count(chosen.row, error.status)
        return serverError
      }
    }

    const server = yield* Scripted.make((received) => {
      const index = scripts.findIndex(({ when }) => when(received))
      const script = scripts[index]
      if (script === undefined) return handle(received)
      script.left -= 1
      if (script.left === 0) scripts.splice(index, 1)
      return script.change(() => handle(received))
    })
    const script: SiteServer["script"] = (change, { times = 1, when = () => true } = {}) => {
      if (times > 0) scripts.push({ change, left: times, when })
    }
    return {
      url: new URL("/api", server.url).href,
      requests: server.requests,
      next: server.next,
      abandoned: server.abandoned,
      state,
      hits,
      script,
      fail: (behaviour, which) => script(() => behaviour, which)
    }
  })

/** The statuses of rows that were not responded with yet, such as `GET bot/users 404`. */
export const uncovered = (hits: SiteServer["hits"], of: ReadonlyArray<Row> = rows): ReadonlyArray<string> =>
  of.flatMap((row) =>
    statusesOf(row).flatMap((status) =>
      hits.get(nameOf(row))?.has(status) === true ? [] : [`${nameOf(row)} ${status}`]
    )
  )
