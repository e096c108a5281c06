import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Authoriser, Body, Credentials, Endpoint, Location, Metrics, Operation, Verbs } from "effect-herald"
import * as Redacted from "effect/Redacted"
import * as Scripted from "../servers/scripted.js"
import { client } from "../support/client.js"
import { Caller, once } from "../support/kit.js"

const verbs = Verbs.make(Caller)
const create = Operation.make(Caller, () => Endpoint.post("/jobs", { success: { 202: Body.empty() } }))
const getJob = Operation.make(Caller, () =>
  Endpoint.get("/jobs/{id}", {
    headers: { "x-own": Schema.optional(Schema.String) },
    success: Schema.Struct({ target: Schema.String })
  })
)

describe("Location.follow", () => {
  const start = (location: string | undefined, base: string) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make(({ method, target }) =>
        method === "POST"
          ? Scripted.respond({ status: 202, headers: location === undefined ? {} : { location } })
          : Scripted.json({ target })
      )
      const baseUrl = new URL(base, server.url)
      const credentials = Credentials.bearer(Redacted.make("token"))
      const caller = Layer.orDie(Authoriser.layer(Caller, { baseUrl, credentials }))
      return { ...server, layer: Layer.mergeAll(caller, once, client) }
    })

  it.scopedLive.each([
    ["/v1/jobs/1", "/v1", "/v1/jobs/1"],
    ["/jobs/1", "/v1", "/jobs/1"],
    ["jobs/1", "/v1", "/v1/jobs/1"],
    ["1?wait=true#part", "/v1/", "/v1/1?wait=true"],
    ["../elsewhere/é b", "/v1/deep", "/v1/elsewhere/%C3%A9%20b"],
    ["?page=2", "/", "/jobs?page=2"],
    ["/a%2Fb/{c}", "/", "/a%2Fb/%7Bc%7D"]
  ])("resolves %s against the URL of the response", ([location, base, target]) =>
    Effect.gen(function* () {
      // Transports send the bytes of a header as they are.
      const { layer, requests } = yield* start(Buffer.from(location!).toString("latin1"), base!)
      const followed = Effect.flatMap(create.withResponse(), (created) =>
        Location.follow(getJob, created, Buffer.from(created.headers["location"]!, "latin1").toString())
      )
      expect(yield* Effect.provide(followed, layer)).toMatchObject({ status: 200, value: { target } })
      expect(requests[1]?.headers["authorization"]).toBe("Bearer token")
    })
  )

  it.scopedLive("decodes UTF-8 in the header, and sends a key in the query once", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make(({ method, target }) =>
        method === "POST"
          ? Scripted.respond({
              status: 202,
              headers: { location: Buffer.from("/jobs/é?key=s3cret&x=1").toString("latin1") }
            })
          : Scripted.json({ target })
      )
      const credentials = Credentials.apiKey({ query: "key", key: Redacted.make("s3cret") })
      const caller = Layer.orDie(Authoriser.layer(Caller, { baseUrl: url, credentials }))
      yield* Effect.flatMap(create.withResponse(), (created) => Location.follow(getJob, created)).pipe(
        Effect.provide(Layer.mergeAll(caller, once, client))
      )
      expect(requests[1]?.target).toBe("/jobs/%C3%A9?x=1&key=s3cret")
    })
  )

  it.scopedLive("names the operation and its template in errors and metrics", () =>
    Effect.gen(function* () {
      const { layer, url } = yield* start("/v1/jobs/secret", "/v1")
      const labels: Array<unknown> = []
      const recording = Layer.succeed(Metrics.Metrics, {
        requestDuration: (_, labelsOfCall) => Effect.sync(() => void labels.push(labelsOfCall["url.template"])),
        callDuration: () => Effect.void,
        retries: () => Effect.void,
        waitDuration: () => Effect.void,
        budgetAvailable: () => Effect.void,
        cacheLookups: () => Effect.void,
        mismatches: () => Effect.void
      })
      const broken = Operation.make(Caller, () =>
        Endpoint.get("/jobs/{id}", { name: "getJob", success: Schema.Number })
      )
      const followed = Effect.flatMap(create.withResponse(), (created) => Location.follow(broken, created))
      const error = yield* Effect.flip(Effect.provide(followed, Layer.merge(layer, recording)))
      expect(error).toMatchObject({ _tag: "DecodeError", operation: "getJob", url: `${url.origin}/v1/jobs/{id}` })
      expect(error.message).not.toContain("secret")
      expect(labels).toEqual(["/jobs", "/jobs/{id}"])
    })
  )

  it.scopedLive.each([
    ["a missing reference", undefined],
    ["another origin", "https://elsewhere.example/jobs/1"],
    ["another origin without a scheme", "//elsewhere.example/jobs/1"],
    ["another scheme", "javascript:alert(1)"],
    ["a user name", "//user@HOST/jobs/1"],
    ["no URL", "http://[bad"],
    ["no URL without a scheme", "//["]
  ])("refuses %s before anything is sent", ([, location]) =>
    Effect.gen(function* () {
      const { layer, requests, url } = yield* start(undefined, "/")
      const reference = location?.replace("HOST", url.host)
      const followed = Effect.flatMap(create.withResponse(), (created) => Location.follow(getJob, created, reference))
      const error = yield* Effect.flip(Effect.provide(followed, layer))
      expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path: ["target"] }] })
      expect(requests).toHaveLength(1)
    })
  )

  it.scopedLive("a verb takes a whole URL of the origin, also outside of the base URL", () =>
    Effect.gen(function* () {
      const { layer, url } = yield* start(undefined, "/v1")
      expect(yield* Effect.provide(verbs.get(new URL("/other?q=1", url)), layer)).toEqual({ target: "/other?q=1" })
      const error = yield* Effect.flip(Effect.provide(verbs.get("https://elsewhere.example/"), layer))
      expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path: ["target"] }] })
    })
  )
})
