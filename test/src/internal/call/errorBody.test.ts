import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Endpoint, isHeraldError, Operation, Verbs } from "effect-herald"
import { parsePath, readErrorBody } from "../../../../src/internal/call/errorBody.js"
import * as Scripted from "../../../servers/scripted.js"
import { samples } from "../../../support/errorBodies.js"
import { client } from "../../../support/client.js"
import { at, Caller, once } from "../../../support/kit.js"

const { get } = Verbs.make(Caller)

class Unmatched extends Schema.TaggedError<Unmatched>()("Unmatched", { never: Schema.Literal("sent") }) {}

/** Matches no body. */
const never = {
  400: Unmatched,
  401: Unmatched,
  402: Unmatched,
  403: Unmatched,
  404: Unmatched,
  405: Unmatched,
  409: Unmatched,
  418: Unmatched,
  422: Unmatched,
  423: Unmatched,
  451: Unmatched,
  500: Unmatched,
  502: Unmatched
}

const getSample = Operation.make(Caller, () => Endpoint.get("/{name}", { success: Schema.Struct({}), errors: never }))
const getAny = Operation.make(Caller, () => Endpoint.get("/{name}"))

const tags: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  422: "UnprocessableContent"
}

/** The error of a call, which has to be one of a status. */
const failed = <A, E, R>(call: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(call), (error) => {
    if (!isHeraldError(error) || !("data" in error)) throw new Error(`not an error of a status: ${String(error)}`)
    return error
  })

describe("the error of a body", () => {
  it.scopedLive.each(Object.entries(samples))("of %s has its detail, its issues and its data", ([, sample]) =>
    Effect.gen(function* () {
      const { body, detail, issues = [], status } = sample
      const { url } = yield* Scripted.make([Scripted.json(body, { status })])
      const layer = Layer.mergeAll(at(url), client, once)
      const tag = tags[status] ?? (status < 500 ? "ClientError" : "ServerError")
      for (const call of [get("/a"), getAny({ name: "a" }), getSample({ name: "a" })]) {
        const error = yield* Effect.provide(failed(call), layer)
        expect(error).toMatchObject({ _tag: tag, status })
        expect({ detail: error.detail, issues: error.issues, data: error.data }).toEqual({ detail, issues, data: body })
        if (detail !== undefined) expect(error.message).toContain(detail)
        for (const { message } of issues.slice(0, 3)) expect(error.message).toContain(message)
      }
    })
  )
})

describe("the error of a body that is not JSON", () => {
  const errorOf = (type: string, body: string, sensitive = false) =>
    Effect.gen(function* () {
      const headers = type === "" ? {} : { "content-type": type }
      const { url } = yield* Scripted.make([Scripted.respond({ status: 400, headers, body })])
      return yield* failed(get("/", { sensitive })).pipe(Effect.provide(Layer.mergeAll(at(url), client, once)))
    })

  it.scopedLive.each([
    ["short plain text", "text/plain", "page not found\n", "page not found"],
    ["plain text with a charset", "Text/Plain; charset=utf-8", "no", "no"],
    ["plain text that is a number", "text/plain", "42", "42"],
    ["long plain text", "text/plain", "x".repeat(1025), undefined],
    ["blank plain text", "text/plain", " \n", undefined],
    ["HTML", "text/html", "<h1>no</h1>", undefined],
    ["Markdown", "text/markdown", "no", "no"],
    ["no content type", "", "no", "no"],
    ["HTML without a content type", "", "<h1>no</h1>", undefined],
    ["JSON as plain text", "text/plain", '{"message":"no"}', "no"]
  ] as const)("%s", ([, type, body, detail]) =>
    Effect.map(errorOf(type, body), (error) => {
      expect([error.detail, error.issues]).toEqual([detail, []])
    })
  )

  it.scopedLive("of a sensitive endpoint has no detail", () =>
    Effect.gen(function* () {
      expect((yield* errorOf("text/plain", "your key is 123", true)).detail).toBeUndefined()
      expect((yield* errorOf("application/json", '"your key is 123"', true)).detail).toBeUndefined()
    })
  )
})

describe("parsePath", () => {
  it.each([
    ["", []],
    ["$", []],
    ["#", []],
    ["a", ["a"]],
    ["a.b[0].c", ["a", "b", 0, "c"]],
    ["a.b.0.c", ["a", "b", 0, "c"]],
    ["$.a[0]", ["a", 0]],
    ["$['a.b'][\"c d\"]", ["a.b", "c d"]],
    ["items[0][price]", ["items", 0, "price"]],
    ["/", [""]],
    ["/a/0/b", ["a", 0, "b"]],
    ["/a~1b/m~0n/~01", ["a/b", "m~n", "~1"]],
    ["#/a%20b/c", ["a b", "c"]],
    ["#/a%", ["a%"]],
    ["/a%20b", ["a%20b"]],
    ["007", ["007"]],
    ["X-Request-Id", ["X-Request-Id"]],
    ["9007199254740993", ["9007199254740993"]]
  ])("reads %j", (text, path) => {
    expect(parsePath(text)).toEqual(path)
  })

  it("has a limited number of keys, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."[]./#~'\"$a0%") }), (text) => parsePath(text).length <= 32)
    )
    expect(parsePath("/a".repeat(1_000_000)).length).toBeLessThanOrEqual(32)
  })
})

describe("a hostile body", () => {
  const check = (body: unknown) => {
    const { detail, issues } = readErrorBody(body)
    expect(detail === undefined || typeof detail === "string").toBe(true)
    expect(issues.length).toBeLessThanOrEqual(20)
    for (const { code, message, path } of issues) {
      expect(typeof message).toBe("string")
      expect(path.length).toBeLessThanOrEqual(32)
      expect(path.every((key) => typeof key === "string" || Number.isSafeInteger(key))).toBe(true)
      expect(code === undefined || typeof code === "string").toBe(true)
    }
  }
  const names =
    "errors error detail details message messages fields issues violations fieldErrors source pointer path loc param target code extensions @type  0 __proto__ a.b".split(
      " "
    )

  it("of any JSON has issues of the right form", () => {
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 6, depthSize: "large" },
        fc.constantFrom(null, true, 1, 1e300, "", "a", "[1]", "#/a/b"),
        fc.array(tie("json"), { maxLength: 4 }),
        fc.array(fc.tuple(fc.constantFrom(...names), tie("json")), { maxLength: 5 }).map(Object.fromEntries)
      )
    }))
    fc.assert(fc.property(json, check), { numRuns: 2000 })
  })

  it.each([
    ["deep lists", () => JSON.parse("[".repeat(100_000) + "]".repeat(100_000))],
    ["deep records", () => JSON.parse('{"error":'.repeat(50_000) + "1" + "}".repeat(50_000))],
    ["deep errors", () => JSON.parse('{"errors":{"a":'.repeat(50_000) + '["x"]' + "}}".repeat(50_000))],
    ["many errors", () => ({ errors: Array.from({ length: 1_000_000 }, () => "x") })],
    ["many lists without errors", () => ({ errors: Array.from({ length: 300_000 }, () => [{}]) })],
    ["many fields", () => ({ errors: Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`k${i}`, {}])) })],
    ["a long path", () => ({ errors: [{ message: "m", path: "a.".repeat(5_000_000) }] })],
    ["a long key", () => ({ errors: { ["a[".repeat(5_000_000)]: ["m"] } })],
    ["quotes without end", () => ({ errors: { [`"'`.repeat(500_000) + `"`]: ["m"] } })]
  ] as const)("is read: %s", (_, make) => {
    check(make())
  })

  it.scopedLive("that is nested deeply makes an error without data", () =>
    Effect.gen(function* () {
      const body = `{"message":"no","a":${"[".repeat(30_000)}${"]".repeat(30_000)}}`
      const { url } = yield* Scripted.make([Scripted.respond({ status: 400, body })])
      const error = yield* failed(get("/")).pipe(Effect.provide(Layer.mergeAll(at(url), client, once)))
      expect([error._tag, error.detail, error.data]).toEqual(["BadRequest", undefined, undefined])
    })
  )
})

describe("a 400 of Django REST framework", () => {
  const issue = (path: ReadonlyArray<string | number>, message: string) => ({ path, message })

  /** The six shapes in which the site API refuses a request, with its texts. */
  const shapes: ReadonlyArray<
    readonly [shape: string, body: unknown, issues: ReadonlyArray<unknown>, detail?: string]
  > = [
    ["a field", { id: ["User with ID already present."] }, [issue(["id"], "User with ID already present.")]],
    [
      "messages of a field",
      { roles: ["Role with ID 8 does not exist", "Role with ID 9 does not exist"] },
      [issue(["roles"], "Role with ID 8 does not exist"), issue(["roles"], "Role with ID 9 does not exist")]
    ],
    [
      "a field named target",
      { target: ["User is not an associated alt account"] },
      [issue(["target"], "User is not an associated alt account")]
    ],
    [
      "fields of a log record, one named message",
      { level: ["invalid"], message: ["This field may not be blank."] },
      [issue(["level"], "invalid"), issue(["message"], "This field may not be blank.")]
    ],
    [
      "no field",
      { non_field_errors: ["The fields source, target must make a unique set."] },
      [issue([], "The fields source, target must make a unique set.")]
    ],
    ["a detail", { detail: "JSON parse error - ..." }, [], "JSON parse error - ..."],
    [
      "items by index in a field",
      { mentions: { "0": ["A valid integer is required."], "12": ["A valid integer is required."] } },
      [issue(["mentions", 0], "A valid integer is required."), issue(["mentions", 12], "A valid integer is required.")]
    ],
    ["items by index", { "0": ["A valid integer is required."] }, [issue([0], "A valid integer is required.")]],
    [
      "a list of items",
      [{}, { name: ["This field is required."] }, {}, { id: ["a", "b"], target: ["c"], non_field_errors: ["d"] }],
      [
        issue([1, "name"], "This field is required."),
        issue([3, "id"], "a"),
        issue([3, "id"], "b"),
        issue([3, "target"], "c"),
        issue([3], "d")
      ]
    ],
    ["a list of items with the field target", [{}, { target: ["c"] }], [issue([1, "target"], "c")]],
    [
      "a list of items in a field",
      { deletedmessage_set: [{}, { id: ["x"], embeds: { "0": ["y"] } }] },
      [issue(["deletedmessage_set", 1, "id"], "x"), issue(["deletedmessage_set", 1, "embeds", 0], "y")]
    ],
    ["a list of texts", ["This list may not be empty."], [issue([], "This list may not be empty.")]],
    ["nothing", [{}, {}], []]
  ]

  it.each(shapes)("has its issues: %s", (_, body, issues, detail) => {
    expect(readErrorBody(body)).toEqual({ detail, issues })
  })
})
