import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Operation } from "effect-herald"
import { at, Caller, once, status, stub } from "../kit.js"

const issue = Schema.Struct({ path: Schema.Array(Schema.String), message: Schema.String })
const said = <Tag extends string>(tag: Tag, status: number) =>
  Schema.Struct({ detail: Schema.optional(Schema.String), issues: Schema.optional(Schema.Array(issue)) })
    .pipe(Schema.attachPropertySignature("_tag", tag))
    .annotations(HttpApiSchema.annotations({ status }))

const operation = Operation.make(
  Caller,
  () =>
    HttpApiEndpoint.get("refusable", "/")
      .addSuccess(Schema.Record({ key: Schema.String, value: Schema.Number }))
      .addError(said("Unauthorised", 401))
      .addError(said("Forbidden", 403))
      .addError(said("NotFound", 404))
      .addError(said("Conflict", 409))
      .addError(said("DataError", 422)),
  () => ({})
)

const failure = (code: number, body: unknown, headers: Record<string, string> = {}) =>
  Effect.flip(operation()).pipe(
    Effect.provide(
      Layer.mergeAll(at(new URL("https://api.test")), once, stub([status(code, headers, JSON.stringify(body))]).layer)
    )
  )

it.effect.each([
  [401, "Unauthorised"],
  [403, "Forbidden"],
  [404, "NotFound"],
  [409, "Conflict"],
  [422, "DataError"]
] as const)("a %i that the endpoint describes is %s, with what the server said", ([code, tag]) =>
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
  [401, "Unauthorised"],
  [404, "ClientError"],
  [422, "ClientError"],
  [418, "ClientError"],
  [429, "RateLimited"],
  [500, "ServerError"],
  [599, "ServerError"]
] as const)("a %i that no schema describes is %s", ([code, tag]) =>
  Effect.gen(function* () {
    expect(yield* failure(code, { detail: 1 })).toMatchObject({ _tag: tag, status: code })
  })
)

it.effect.each([
  ["a long sentence", 422, { detail: "x".repeat(5_000_000) }],
  ["many issues", 422, { issues: Array.from({ length: 100_000 }, () => ({ path: ["a"], message: "bad" })) }],
  ["long names", 200, { ["x".repeat(1_000_000)]: "no number" }],
  ["many of them", 200, Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`key${index}`, "no number"]))]
] as const)("a message stays readable, however much the server says: %s", ([, code, body]) =>
  Effect.gen(function* () {
    const error = yield* failure(code, body)
    expect(error.message.length).toBeLessThan(2000)
    expect(error.body?.length).toBe(1024)
  })
)

it.effect("a request id is the server's, and bounded", () =>
  Effect.gen(function* () {
    for (const name of ["x-request-id", "request-id", "x-correlation-id"]) {
      expect((yield* failure(404, {}, { [name]: "r1" })).requestId).toBe("r1")
    }
    expect((yield* failure(404, {})).requestId).toBeUndefined()
    expect((yield* failure(404, {}, { "x-request-id": "r".repeat(10_000) })).requestId).toHaveLength(200)
  })
)
