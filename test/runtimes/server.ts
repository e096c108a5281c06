/** The server of the checks: real HTTP on loopback, on two origins, with the headers that browsers ask for. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import { onLoopback } from "../servers/onLoopback.js"

/** The servers' state for one run of the checks, which is the first segment of its paths. */
interface Run {
  /** The number of requests to each path, preflights excluded. */
  readonly counts: Map<string, number>
  /** The paths of the preflight requests of a browser. */
  readonly preflights: Array<string>
  /** The paths of the responses that were abandoned before their end. */
  readonly abandoned: Set<string>
  /** The idempotency keys that were received. */
  readonly keys: Array<string>
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly run: Run
  readonly url: URL
  /** How many requests to this path there were, this one included. */
  readonly count: number
  /** The base URL of this run on the other origin. */
  readonly elsewhere: string
}

type Handler = (exchange: Exchange) => void | Promise<void>

type Headers = Readonly<Record<string, string | Array<string>>>

const json = (response: ServerResponse, value: unknown, status = 200, headers: Headers = {}): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value))
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer<ArrayBuffer>> => {
  const pieces: Array<Uint8Array> = []
  for await (const piece of request) pieces.push(piece as Uint8Array)
  return Buffer.concat(pieces)
}

const coded = (coding: string): Buffer => {
  const text = JSON.stringify({ coding, padding: "the quick brown fox ".repeat(200) })
  if (coding === "br") return brotliCompressSync(text)
  return coding === "deflate" ? deflateSync(text) : gzipSync(text)
}

const event = (id: number): string => `id: ${id}\nevent: trade\ndata: {"price":${id}}\n\n`

const handlers: Readonly<Record<string, Handler>> = {
  "/cities/Oslo": ({ response }) => json(response, { city: "Oslo", celsius: 3 }),
  "/cities/Atlantis": ({ response }) => json(response, { city: "Atlantis" }, 404),
  "/cities": async ({ request, response }) => json(response, JSON.parse((await bodyOf(request)).toString("utf8")), 201),
  "/headers": ({ request, response }) => json(response, request.headers),
  "/big": ({ response }) => {
    response.writeHead(200, { "content-type": "application/json" }).end('{"id":409107086526644234}')
  },
  "/invalid": ({ response }) => json(response, { celsius: "cold" }),
  "/cookies": ({ response }) => json(response, {}, 200, { "set-cookie": ["a=1; Path=/", "b=2; Path=/"] }),

  "/unavailable": ({ count, response }) =>
    count < 3 ? json(response, {}, 503, { "retry-after": "0" }) : json(response, { count }),
  "/limited": ({ count, response }) =>
    count === 1 ? json(response, {}, 429, { "retry-after": "1" }) : json(response, { count }),
  "/reset": ({ count, request, response }) =>
    count === 1 ? void request.socket.resetAndDestroy() : json(response, { count }),
  "/keyed": ({ count, request, response, run }) => {
    run.keys.push(String(request.headers["idempotency-key"]))
    if (count === 1) json(response, {}, 500)
    else json(response, { keys: run.keys })
  },

  "/redirect": ({ response }) => void response.writeHead(302, { location: "cities/Oslo" }).end(),
  "/redirect-elsewhere": ({ elsewhere, response }) =>
    void response.writeHead(307, { location: `${elsewhere}/headers` }).end(),

  "/silent": () => {},
  "/trickle": ({ response }) => void response.writeHead(200, { "content-length": "1000" }).write("only a part"),
  "/abandoned": async ({ response, run, url }) => {
    const path = url.searchParams.get("path") ?? ""
    // The end of a connection is noticed later than the client has closed it.
    for (let waited = 0; waited < 5000 && !run.abandoned.has(path); waited += 20) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    json(response, run.abandoned.has(path))
  },

  "/pieces": async ({ response }) => {
    response.writeHead(200, { "content-type": "application/octet-stream" })
    for (let piece = 0; piece < 16; piece += 1) {
      response.write(Buffer.alloc(65_536, piece))
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  },
  "/endless": ({ response }) => {
    response.writeHead(200, { "content-type": "application/octet-stream" })
    const more = () => {
      while (!response.destroyed) if (!response.write(Buffer.alloc(65_536))) return
    }
    response.on("drain", more)
    more()
  },
  "/cut": ({ response }) => {
    response.writeHead(200, { "content-length": "100", "content-type": "text/plain" })
    response.write("only a part", () => response.destroy())
  },
  "/lines": ({ response }) => {
    const bytes = Buffer.from('{"name":"Tromsø"}\n\n{"name":"Bodø"}\r\n{"name":"Å"}')
    response.writeHead(200, { "content-type": "application/x-ndjson" })
    for (const byte of bytes) response.write(Uint8Array.of(byte))
    response.end()
  },
  "/events": ({ request, response }) => {
    const last = Number(request.headers["last-event-id"] ?? 0)
    response.writeHead(200, { "content-type": "text/event-stream" }).write(`retry: 10\n\n${event(last + 1)}`)
    response.end(event(last + 2))
  },

  ...Object.fromEntries(
    ["gzip", "br", "deflate"].map((coding): [string, Handler] => [
      `/coded/${coding}`,
      ({ response }) =>
        void response
          .writeHead(200, { "content-encoding": coding, "content-type": "application/json" })
          .end(coded(coding))
    ])
  ),
  "/cut-gzip": ({ response }) =>
    void response
      .writeHead(200, { "content-encoding": "gzip", "content-type": "text/plain" })
      .end(coded("gzip").subarray(0, -20)),

  "/fresh": ({ count, response }) => json(response, { count }, 200, { "cache-control": "max-age=60" }),
  "/validated": ({ count, request, response }) =>
    request.headers["if-none-match"] === '"v1"'
      ? void response.writeHead(304, { etag: '"v1"', "cache-control": "no-cache" }).end()
      : json(response, { count }, 200, { etag: '"v1"', "cache-control": "no-cache" }),

  "/numbers": ({ response, url }) => {
    const start = Number(url.searchParams.get("cursor") ?? 0)
    json(response, { numbers: [start, start + 1], next: start < 4 ? String(start + 2) : null })
  },
  "/linked": ({ response, url }) => {
    const page = Number(url.searchParams.get("page") ?? 1)
    json(response, [page], 200, page < 3 ? { link: `<${url.pathname}?page=${page + 1}>; rel="next"` } : {})
  },

  "/token": async ({ count, request, response }) => {
    await bodyOf(request)
    json(response, { access_token: `token-${count}`, token_type: "Bearer", expires_in: 3600 })
  },
  // The first token is revoked.
  "/private": ({ request, response }) =>
    request.headers.authorization === "Bearer token-2" ? json(response, { ok: true }) : json(response, {}, 401),

  "/form": async ({ request, response }) => {
    const body = await bodyOf(request)
    const form = await new Response(body, {
      headers: { "content-type": String(request.headers["content-type"]) }
    }).formData()
    const parts = await Promise.all(
      Array.from(form, async ([name, value]) =>
        typeof value === "string" ? [name, value] : [name, value.name, value.type, await value.text()]
      )
    )
    json(response, parts)
  },
  "/upload": async ({ request, response }) => {
    const bytes = await bodyOf(request)
    json(response, { bytes: bytes.length, length: request.headers["content-length"] ?? null })
  },
  "/file": ({ request, response }) => {
    const bytes = Buffer.alloc(300_000, "0123456789")
    const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0)
    const headers = { etag: '"file"', "content-length": String(bytes.length - start) }
    // The first response breaks after a part.
    if (start === 0) {
      response.writeHead(200, headers).write(bytes.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50))
    } else {
      response
        .writeHead(206, { ...headers, "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` })
        .end(bytes.subarray(start))
    }
  },
  "/preflights": ({ response, run }) => json(response, run.preflights)
}

/** The headers by which a browser lets pages of other origins send requests and read responses. */
const corsOf = (request: IncomingMessage): Headers => ({
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "etag, link, retry-after",
  "timing-allow-origin": "*",
  ...(request.method === "OPTIONS"
    ? {
        "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "",
        "access-control-allow-methods": request.headers["access-control-request-method"] ?? ""
      }
    : {})
})

const emptyRun = (): Run => ({ counts: new Map(), preflights: [], abandoned: new Set(), keys: [] })

/** The origins of the servers. */
export interface Origins {
  readonly api: string
  /** Serves the same, to check what is sent to another origin. */
  readonly other: string
}

/** Starts the servers, and closes them with the scope. The base URL of a run is an origin with a path of one segment. */
export const make: Effect.Effect<Origins, never, Scope.Scope> = Effect.gen(function* () {
  const runs = new Map<string, Run>()
  const runOf = (name: string): Run => {
    const run = runs.get(name) ?? emptyRun()
    runs.set(name, run)
    return run
  }
  const origins = { api: "", other: "" }
  const serve = () =>
    createServer((request, response) => {
      const url = new URL(request.url ?? "/", "http://server")
      const [, name = "", path = ""] = /^\/([^/]*)(.*)$/.exec(url.pathname) ?? []
      const run = runOf(name)
      for (const [header, value] of Object.entries(corsOf(request))) response.setHeader(header, value)
      if (request.method === "OPTIONS") {
        run.preflights.push(path)
        response.writeHead(204).end()
        return
      }
      const handler = handlers[path]
      if (handler === undefined) {
        json(response, {}, 404)
        return
      }
      const count = (run.counts.get(path) ?? 0) + 1
      run.counts.set(path, count)
      response.on("close", () => {
        if (!response.writableFinished) run.abandoned.add(path)
      })
      const isApi = request.headers.host === new URL(origins.api).host
      const elsewhere = `${isApi ? origins.other : origins.api}/${name}`
      void (async () => handler({ request, response, run, url, count, elsewhere }))().catch(() => response.destroy())
    })
  origins.api = yield* onLoopback(serve())
  origins.other = yield* onLoopback(serve())
  return origins
})
