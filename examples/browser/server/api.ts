/**
 * The API of the page: the Polympics server of the other demos, requests that go wrong, and uploads. The page has another origin, so the
 * server has to allow its requests (CORS).
 */
import { type HttpApp, HttpMiddleware, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { type Duration, Effect } from "effect"
import { startWith } from "../../support/demoServer.js"

/** The headers of responses that a page can read besides the safelisted ones (Fetch, CORS-safelisted response-header names). */
const exposedHeaders = ["etag", "link", "retry-after", "x-request-id"]

/** The wait for a page of the list, so that its progress can be seen. */
const pageDelay: Duration.DurationInput = "150 millis"

const delays: Readonly<Record<string, Duration.DurationInput>> = { slow: "10 seconds" }

/** Makes the responses of `/stories/{story}`. A run of a story has an id, by which its requests are counted. */
const makeStories = () => {
  const counts = new Map<string, number>()
  const json = (body: object, status = 200, headers: Readonly<Record<string, string>> = {}) =>
    HttpServerResponse.unsafeJson(body, { status, headers })

  const respond = (story: string, count: number) => {
    switch (story) {
      case "outage":
        return count <= 2 ? json({ detail: "The database restarts" }, 503) : undefined
      case "limit":
        return count <= 1 ? json({ detail: "Slow down" }, 429, { "retry-after": "2" }) : undefined
      case "closed":
        return json({ detail: "Come back tomorrow" }, 429, { "retry-after": "86400" })
      case "missing":
        return json({ detail: "There is no such story" }, 404)
      case "moved":
        return HttpServerResponse.empty({ status: 302, headers: { location: "/stories/elsewhere" } })
      default:
        return undefined
    }
  }

  return (story: string, run: string) => {
    const count = (counts.get(run) ?? 0) + 1
    counts.set(run, count)
    return Effect.delay(
      Effect.sync(() => {
        const failure = respond(story, count)
        if (failure !== undefined) return failure
        counts.delete(run)
        return json({ requests: count })
      }),
      delays[story] ?? 0
    )
  }
}

/** Reads one part of a file, and responds with the number of bytes up to its end. */
const receivePart = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const body = yield* request.arrayBuffer
  const headers = { "content-type": request.headers["content-type"] ?? "" }
  const form = yield* Effect.tryPromise(() => new Response(body, { headers }).formData())
  const part = form.get("part")
  return part instanceof Blob
    ? HttpServerResponse.unsafeJson({ received: Number(form.get("offset")) + part.size })
    : HttpServerResponse.empty({ status: 400 })
}).pipe(Effect.orElseSucceed(() => HttpServerResponse.empty({ status: 400 })))

/** Closes the connection without a response. */
const hangUp = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
  NodeHttpServerRequest.toIncomingMessage(request).destroy()
  return Effect.never
})

const withExplorer = (polympics: HttpApp.Default): HttpApp.Default => {
  const tell = makeStories()
  return Effect.flatMap(HttpServerRequest.HttpServerRequest, (request): HttpApp.Default => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost")
    const [, first, second = ""] = pathname.split("/")
    if (pathname === "/stories/broken") return hangUp
    if (first === "stories") return tell(second, searchParams.get("run") ?? "")
    if (first === "uploads") return receivePart
    return first === "accounts" ? Effect.delay(polympics, pageDelay) : polympics
  })
}

/** Serves the API to pages of this origin until the scope closes. Returns its base URL. */
export const startApi = (origin: string) => {
  const withCors = HttpMiddleware.cors({ allowedOrigins: [origin], exposedHeaders, maxAge: 600 })
  return startWith((polympics) => {
    const app = withExplorer(polympics)
    const open = withCors(app)
    return Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ url }) =>
      // The one resource that pages can't read.
      url.startsWith("/stories/foreign") ? app : open
    )
  })
}
