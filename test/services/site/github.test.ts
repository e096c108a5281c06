import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { detailsOf, isTransient } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as Site from "effect-herald/site"
import * as Scripted from "../../servers/scripted.js"
import { client } from "../../support/client.js"
import { listener } from "../../support/listener.js"
import { at, exchange, failure, json, refused, sent, snowflakes, token, value } from "./support/exchange.js"

const artifact: Site.GithubArtifact = {
  owner: "python-discord",
  repo: "bot",
  sha: "abc",
  actionName: "Lint & Test",
  artifactName: "pr-info"
}
const path = "/github/artifact/python-discord/bot/abc/Lint%20%26%20Test/pr-info"

const problem = (error_type: string, status: number, headers = {}) =>
  Scripted.json(
    { error_type, error: "The explanation.", requested_resource: "python-discord/bot/abc/Lint & Test/pr-info" },
    { status, headers }
  )

const pending = problem("RunPendingError", 202)
const found = Scripted.json({ url: "https://download.test/1" })

describe("an artifact", () => {
  it.effect("has its URL, and is requested without the token", () =>
    Effect.gen(function* () {
      const { outcome, requests } = yield* exchange(Site.getGithubArtifact(artifact), [found])
      expect(outcome).toMatchObject({ right: "https://download.test/1" })
      expect(requests.map(({ method, target }) => [method, target])).toEqual([["GET", path]])
      expect(requests[0]!.headers).not.toHaveProperty("authorization")
      expect(JSON.stringify(requests[0]!.headers)).not.toContain(token)
    })
  )

  it.effect("that is pending is an error, though the status is a 202", () =>
    Effect.gen(function* () {
      const error = yield* failure(Site.getGithubArtifact(artifact), pending)
      expect(error).toBeInstanceOf(Site.ArtifactPending)
      expect(error).toMatchObject({
        _tag: "ArtifactPending",
        detail: "The explanation.",
        resource: "python-discord/bot/abc/Lint & Test/pr-info",
        message: "python-discord/bot/abc/Lint & Test/pr-info: The explanation."
      })
      expect(detailsOf(error)).toMatchObject({ status: 202, attempts: [{ class: "Final", verdict: "final" }] })
      expect(isTransient(error)).toBe(false)
    })
  )

  it.live("that is pending can be waited for: it is not retried by the policy, and neither cached nor shared", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const cacheable = { "cache-control": "max-age=3600", "retry-after": "3600" }
        const server = yield* Scripted.make([
          problem("RunPendingError", 202, cacheable),
          problem("RunPendingError", 202, cacheable),
          found
        ])
        const cache = HttpCache.layerMemory({ lifetime: () => "1 hour" })
        const layer = at(server.url).pipe(Layer.provide(cache), Layer.provideMerge(client))
        yield* Effect.gen(function* () {
          expect(yield* Effect.flip(Site.getGithubArtifact(artifact))).toBeInstanceOf(Site.ArtifactPending)
          expect(server.requests).toHaveLength(1)
          const url = yield* Effect.retry(Site.getGithubArtifact(artifact), {
            while: ({ _tag }) => _tag === "ArtifactPending",
            schedule: Schedule.spaced("1 millis")
          })
          expect(url).toBe("https://download.test/1")
          expect(server.requests).toHaveLength(3)
        }).pipe(Effect.provide(layer))
      })
    )
  )

  it.effect("that is not there is an error with a reason, and a 401 of GitHub's own is not one of the token", () =>
    Effect.gen(function* () {
      const rows = [
        ["ActionFailedError", 400, "ActionFailed"],
        ["UnauthorizedError", 401, "Unauthorized"],
        ["NotFoundError", 404, "NotFound"],
        ["RunTimeoutError", 408, "TimedOut"]
      ] as const
      for (const [type, status, reason] of rows) {
        const { outcome, requests } = yield* exchange(Site.getGithubArtifact(artifact), [problem(type, status), found])
        expect(outcome).toMatchObject({ left: { _tag: "ArtifactUnavailable", reason, detail: "The explanation." } })
        expect(requests).toHaveLength(1)
      }
    })
  )

  it.effect("is another error where the response is not that of the endpoint", () =>
    Effect.gen(function* () {
      const page = Scripted.respond({ status: 404, headers: { "content-type": "text/html" }, body: "<h1>No</h1>" })
      expect((yield* failure(Site.getGithubArtifact(artifact), page))._tag).toBe("ClientError")
      const other = yield* failure(Site.getGithubArtifact(artifact), Scripted.json({ queued: true }, { status: 202 }))
      expect(other).toMatchObject({ _tag: "DecodeError", reason: "Shape", status: 202 })
      const undeclared = yield* failure(Site.getGithubArtifact(artifact), Scripted.json({}, { status: 203 }))
      expect(undeclared).toMatchObject({ _tag: "DecodeError", reason: "Status" })
    })
  )

  it.effect("whose names can't be in a path is refused before sending", () =>
    Effect.gen(function* () {
      expect(yield* refused(Site.getGithubArtifact({ ...artifact, actionName: "a/b" }))).toEqual([
        "actionName: must not be empty, and must not have a slash"
      ])
      expect(yield* refused(Site.getGithubArtifact({ ...artifact, owner: "" }))).toHaveLength(1)
    })
  )
})

describe("a webhook of GitHub", () => {
  const secret = "webhook-Secret_0123456789"
  const webhook: Site.GithubWebhook = {
    webhookId: snowflakes[1]!,
    webhookToken: Redacted.make(secret),
    event: "pull_request",
    payload: { action: "opened", number: 1 }
  }
  const forwarded = json({ original_status: 404, data: `{"code":10015}`, headers: { "x-ratelimit-limit": "5" } })

  it.effect("is sent with its event and without the token, which the site would send on", () =>
    Effect.gen(function* () {
      const { outcome, requests } = yield* exchange(Site.filterGithubWebhook(webhook), [forwarded])
      expect(outcome).toMatchObject({
        right: {
          _tag: "Forwarded",
          status: 404,
          data: `{"code":10015}`,
          headers: { "x-ratelimit-limit": "5" }
        }
      })
      const [{ body, headers, method, target }] = requests as [Scripted.Received]
      expect([method, target]).toEqual(["POST", `/github/webhook-filter/409107086526644234/${secret}`])
      expect(headers).toMatchObject({ "x-github-event": "pull_request", "content-type": "application/json" })
      expect(body).toBe(`{"action":"opened","number":1}`)
      expect(headers).not.toHaveProperty("authorization")
    })
  )

  it.effect("of no interest is ignored", () =>
    Effect.gen(function* () {
      const ignored = json({ message: "Ignored by github-filter endpoint" }, 203)
      expect(yield* value(Site.filterGithubWebhook(webhook), ignored)).toEqual({
        _tag: "Ignored",
        message: "Ignored by github-filter endpoint"
      })
    })
  )

  it.effect("is addressed by each id exactly", () =>
    Effect.forEach(snowflakes, (webhookId) =>
      Effect.gen(function* () {
        const [request] = yield* sent(Site.filterGithubWebhook({ ...webhook, webhookId }))
        expect(request).toContain(`/github/webhook-filter/${webhookId}/`)
      })
    )
  )

  it.effect("has its secret in no error, log or span", () =>
    Effect.gen(function* () {
      const { spans, tracer } = listener()
      const lines: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make((options) => lines.push(Logger.logfmtLogger.log(options)))
      )
      const call = Site.filterGithubWebhook(webhook).pipe(
        Effect.tapErrorCause(Effect.logError),
        Effect.withTracer(tracer),
        Effect.provide(logger)
      )
      for (const response of [
        Scripted.respond({ status: 500, body: `no ${secret}` }),
        Scripted.json({ detail: `bad path /github/webhook-filter/1/${secret}` }, { status: 400 }),
        Scripted.hangUp
      ]) {
        const error = yield* failure(call, response)
        expect(JSON.stringify(error) + String(error)).not.toContain(secret)
        expect(JSON.stringify(detailsOf(error))).not.toContain(secret)
      }
      expect(spans).toHaveLength(3)
      expect(lines).toHaveLength(3)
      expect(inspect([spans, lines], { depth: 10 })).not.toContain(secret)
      const withSlash = { ...webhook, webhookToken: Redacted.make(`${secret}/x`) }
      const issues = yield* refused(Site.filterGithubWebhook(withSlash))
      expect(issues).toHaveLength(1)
      expect(JSON.stringify(issues)).not.toContain(secret)
    })
  )
})

describe("rules", () => {
  it.effect("are records, requested without the token, with links in a format", () =>
    Effect.gen(function* () {
      const { outcome, requests } = yield* exchange(Site.getRules(), [
        json([
          ["Eat candy.", ["candy", "sweets"]],
          ["Wake up.", []]
        ])
      ])
      expect(outcome).toMatchObject({
        right: [
          { text: "Eat candy.", keywords: ["candy", "sweets"] },
          { text: "Wake up.", keywords: [] }
        ]
      })
      expect(requests[0]!.headers).not.toHaveProperty("authorization")
      expect(yield* sent(Site.getRules())).toEqual(["GET /rules"])
      expect(yield* sent(Site.getRules({ linkFormat: "html" }))).toEqual(["GET /rules?link_format=html"])
      expect(yield* sent(Site.getRules({ linkFormat: "md" }))).toEqual(["GET /rules?link_format=md"])
      expect((yield* failure(Site.getRules(), json({ detail: "No." }, 400)))._tag).toBe("BadRequest")
    })
  )
})
