import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Endpoint, Operation } from "effect-herald"
import { at, Caller, once, status, stub } from "../../../support/kit.js"

const Content = Schema.Struct({
  detail: Schema.optional(Schema.String),
  issues: Schema.optional(Schema.Array(Schema.Struct({ path: Schema.Array(Schema.String), message: Schema.String })))
})

const operation = Operation.make(Caller, () =>
  Endpoint.get("/", {
    name: "refusable",
    success: Schema.Record({ key: Schema.String, value: Schema.Number }),
    errors: {
      400: Endpoint.errorAs("BadRequest", Content),
      401: Endpoint.errorAs("Unauthorized", Content),
      403: Endpoint.errorAs("Forbidden", Content),
      404: Endpoint.errorAs("NotFound", Content),
      409: Endpoint.errorAs("Conflict", Content),
      422: Endpoint.errorAs("UnprocessableContent", Content)
    }
  })
)

const failure = (code: number, body: unknown, headers: Record<string, string> = {}) =>
  Effect.flip(operation()).pipe(
    Effect.provide(
      Layer.mergeAll(at(new URL("https://api.test")), once, stub([status(code, headers, JSON.stringify(body))]).layer)
    )
  )

it.effect.each([
  [400, "BadRequest"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [404, "NotFound"],
  [409, "Conflict"],
  [412, "PreconditionFailed"],
  [422, "UnprocessableContent"],
  [428, "PreconditionRequired"]
] as const)("a %i that the endpoint declares is %s, with the server's detail and issues", ([code, tag]) =>
  Effect.gen(function* () {
    const error = yield* failure(code, { detail: "because", issues: [{ path: ["body"], message: "bad" }] })
    expect(error).toMatchObject({
      _tag: tag,
      status: code,
      detail: "because",
      issues: [{ path: ["body"], message: "bad" }],
      operation: "refusable",
      method: "GET",
      url: "https://api.test/"
    })
    expect(error.message).toContain("because")
  })
)

it.effect.each([
  [401, "Unauthorized"],
  [402, "ClientError"],
  [404, "NotFound"],
  [418, "ClientError"],
  [422, "UnprocessableContent"],
  [429, "RateLimited"],
  [500, "ServerError"],
  [599, "ServerError"]
] as const)("a %i whose body matches no declared schema is %s, without issues", ([code, tag]) =>
  Effect.gen(function* () {
    expect(yield* failure(code, { detail: 1 })).toMatchObject({
      _tag: tag,
      status: code,
      detail: undefined,
      issues: []
    })
  })
)

it.effect("issues appear in the message where the server gives no detail", () =>
  Effect.gen(function* () {
    const { message } = yield* failure(422, { issues: [{ path: ["body", "name"], message: "is too long" }] })
    expect(message).toContain("the server refused the content (422): body.name: is too long")
  })
)

it.effect("a 404 without a JSON object asks whether the base URL is right", () =>
  Effect.gen(function* () {
    expect((yield* failure(404, "no")).message).toContain("is the base URL right?")
    expect((yield* failure(404, { detail: "no" })).message).not.toContain("base URL")
  })
)

it.effect.each([
  ["a long detail", 422, { detail: "x".repeat(5_000_000) }],
  ["many issues", 422, { issues: Array.from({ length: 100_000 }, () => ({ path: ["a"], message: "bad" })) }],
  ["a long key", 200, { ["x".repeat(1_000_000)]: "no number" }],
  ["many keys", 200, Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`key${index}`, "no number"]))]
] as const)("the message and the body of an error have a limited length: %s", ([, code, body]) =>
  Effect.gen(function* () {
    const error = yield* failure(code, body)
    expect(error.message.length).toBeLessThan(2000)
    expect(error.body?.length).toBe(1024)
  })
)

it.effect("requestId is that of the response, at most 200 characters of it", () =>
  Effect.gen(function* () {
    for (const name of ["x-request-id", "request-id", "x-correlation-id"]) {
      expect((yield* failure(404, {}, { [name]: "r1" })).requestId).toBe("r1")
    }
    expect((yield* failure(404, {})).requestId).toBeUndefined()
    expect((yield* failure(404, {}, { "x-request-id": "r".repeat(10_000) })).requestId).toHaveLength(200)
  })
)
