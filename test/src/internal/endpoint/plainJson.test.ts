import { describe, expect, it } from "@effect/vitest"
import * as BigDecimal from "effect/BigDecimal"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as fc from "effect/FastCheck"
import * as HashMap from "effect/HashMap"
import * as HashSet from "effect/HashSet"
import * as Layer from "effect/Layer"
import * as List from "effect/List"
import * as MutableHashMap from "effect/MutableHashMap"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Body, Endpoint, Operation } from "effect-herald"
import { TestApi } from "effect-herald/testing"
import { plainJson } from "../../../../src/internal/endpoint/plainJson.js"
import { at, Caller, once } from "../../../support/kit.js"
import { loose } from "../../../support/verbs.js"

class Money extends Data.Class<{ readonly amount: bigint; readonly key: Redacted.Redacted }> {}
class User extends Schema.Class<User>("User")({ name: Schema.String, since: Schema.DateFromSelf }) {}
class Refused extends Schema.TaggedError<Refused>()("Refused", { by: Schema.String }) {}
class Own {
  constructor(readonly a: string) {}
}
class WithToJson {
  readonly #secret = Redacted.make("hunter2")
  toJSON() {
    return { secret: this.#secret, at: new Date(0) }
  }
}
class ToItself {
  readonly a = 1
  toJSON() {
    return this
  }
}

const secret = Redacted.make("hunter2")
const nested = (depth: number, innermost: unknown = 1) => {
  let value = innermost
  for (let level = 0; level < depth; level += 1) value = [value]
  return value
}

describe("plainJson returns", () => {
  it.each([
    ["nothing", undefined, undefined],
    ["a bigint", [2n ** 64n], [2n ** 64n]],
    ["an undefined property", { a: undefined }, { a: undefined }],
    ["an object without a prototype", Object.assign(Object.create(null), { a: secret }), { a: "hunter2" }],
    ["a Redacted value", { a: [{ b: secret }] }, { a: [{ b: "hunter2" }] }],
    ["a Redacted Redacted value", Redacted.make(Redacted.make({ a: secret })), { a: "hunter2" }],
    ["a Date", { at: new Date(0) }, { at: "1970-01-01T00:00:00.000Z" }],
    ["a DateTime", DateTime.unsafeMake(0), "1970-01-01T00:00:00.000Z"],
    ["a URL", [new URL("https://api.test/a")], ["https://api.test/a"]],
    ["a plain object with toJSON", { toJSON: () => ({ password: secret }) }, { password: "hunter2" }],
    ["an instance with toJSON", new WithToJson(), { secret: "hunter2", at: "1970-01-01T00:00:00.000Z" }],
    ["an instance whose toJSON returns it", new ToItself(), { a: 1 }],
    ["a document with an _id", { toJSON: () => ({ _id: "64ab", a: 1 }) }, { _id: "64ab", a: 1 }],
    ["an instance of a Data class", new Money({ amount: 1n, key: secret }), { amount: 1n, key: "hunter2" }],
    [
      "an instance of a Schema class",
      new User({ name: "ada", since: new Date(0) }),
      { name: "ada", since: "1970-01-01T00:00:00.000Z" }
    ],
    ["a tagged error", new Refused({ by: "bob" }), { _tag: "Refused", by: "bob" }],
    ["a Data array", Data.array([secret]), ["hunter2"]],
    ["a key __proto__", JSON.parse('{"__proto__":{"a":1},"b":2}'), JSON.parse('{"__proto__":{"a":1},"b":2}')],
    ["a key constructor", { constructor: "a" }, { constructor: "a" }],
    ["a thousand levels", nested(1000), nested(1000)]
  ])("%s", (_, value, plain) => {
    expect(plainJson(value)).toEqual(Either.right(plain))
  })

  it("a Redacted value below the key __proto__, as data", () => {
    const value = Object.defineProperty({}, "__proto__", { value: { a: secret }, enumerable: true })
    const plain = Either.getOrThrow(plainJson(value))
    expect(JSON.stringify(plain)).toBe('{"__proto__":{"a":"hunter2"}}')
    expect(Object.getPrototypeOf(plain)).toBe(Object.prototype)
  })

  it("the same reference for JSON, and the same text as JSON.stringify", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(Either.getOrThrow(plainJson(value))).toBe(value)
        expect(JSON.stringify(Either.getOrThrow(plainJson([Redacted.make(value)])))).toBe(JSON.stringify([value]))
      })
    )
  })
})

const cyclic: Record<string, unknown> = { a: secret }
cyclic["one"] = cyclic
cyclic["other"] = [cyclic, cyclic]
const form = new FormData()
form.append("a", "b")

/** Values that are not JSON, with the beginning of the reason. */
const refused: ReadonlyArray<readonly [what: string, value: unknown, reason: string]> = [
  ["a FormData", form, "is a FormData: use `multipart`"],
  ["a Map", new Map([["a", 1]]), "is a Map: use Object.fromEntries"],
  ["a Set", new Set([1]), "is a Set: use Array.from"],
  ["a WeakMap", new WeakMap(), "is a WeakMap: "],
  ["a URLSearchParams", new URLSearchParams("a=b"), "is a URLSearchParams: use Object.fromEntries"],
  ["a Headers", new Headers({ a: "b" }), "is a Headers: use Object.fromEntries"],
  ["a Blob", new Blob(["a"]), "is a Blob: use `multipart`"],
  ["a File", new File(["a"], "a"), "is a File: use `multipart`"],
  ["a Uint8Array", Uint8Array.of(1), "is a Uint8Array: use `bytes`"],
  ["a Buffer", Buffer.from("a"), "is a Uint8Array: use `bytes`"],
  ["an ArrayBuffer", new ArrayBuffer(1), "is an ArrayBuffer: use `bytes`"],
  ["a DataView", new DataView(new ArrayBuffer(1)), "is a DataView: use `bytes`"],
  ["a ReadableStream", new ReadableStream(), "is a ReadableStream: use `stream`"],
  ["a Promise", Promise.resolve(1), "is a Promise: await it first"],
  ["an Effect", Effect.sync(() => 1), "is an Effect: run it first"],
  ["an Exit", Exit.succeed(1), "is an Exit: "],
  ["a Deferred", Effect.runSync(Deferred.make()), "is an Effect: run it first"],
  ["a Stream", Stream.make(1), "is a Stream: use `stream`"],
  ["a Layer", Layer.empty, "is an Object: "],
  ["an Error", new TypeError("no"), "is an Error: pass a plain object"],
  ["a RegExp", /a/, "is a RegExp: pass a plain object"],
  ["an instance of a class", new Own("b"), "is an Own: pass a plain object"],
  ["a boxed text", Object("a"), "is a String: "],
  ["an invalid Date", new Date(Number.NaN), "is an invalid Date"],
  ["an Option", Option.some(secret), "is an Option: pass its value"],
  ["a None", Option.none(), "is an Option: pass its value"],
  ["an Either", Either.right(secret), "is an Either: pass its value"],
  ["a Chunk", Chunk.of(secret), "is a Chunk: pass its value"],
  ["a List", List.of(secret), "is a List: pass its value"],
  ["a HashMap", HashMap.make(["a", secret]), "is a HashMap: pass its value"],
  ["a HashSet", HashSet.make(1), "is a HashSet: pass its value"],
  ["a MutableHashMap", MutableHashMap.make(["a", 1]), "is a MutableHashMap: pass its value"],
  ["a Duration", Duration.seconds(1), "is a Duration: pass its value"],
  ["a BigDecimal", BigDecimal.fromNumber(1), "is a BigDecimal: pass its value"],
  ["a toJSON that returns an Option", { toJSON: () => Option.some(1) }, "is an Option: pass its value"],
  ["a toJSON that returns a Map", { toJSON: () => new Map() }, "is a Map: "],
  ["a toJSON that returns nothing", { toJSON: () => [undefined] }, "is undefined, which JSON can't have: use null"],
  ["a toJSON that throws", { toJSON: () => JSON.parse("hunter2") as unknown }, "can't be written as JSON"],
  ["NaN", Number.NaN, "is NaN, which JSON can't have"],
  ["Infinity", -Infinity, "is -Infinity, which JSON can't have"],
  ["a function", () => 1, "is a function, which JSON can't have"],
  ["a class", Own, "is a function, which JSON can't have"],
  ["a symbol", Symbol("hunter2"), "is a symbol, which JSON can't have"],
  ["a lone surrogate", "a\ud800", "must be well-formed Unicode"],
  ["a Redacted Map", Redacted.make(new Map()), "is a Map: "]
]

describe("plainJson refuses", () => {
  it.each(refused)("%s, with its path and the reason", (_, value, reason) => {
    for (const [path, around] of [
      [[], value],
      [["a", 1, "b"], { a: [0, { b: value }] }],
      [["user"], new Money({ amount: 1n, key: secret, user: value } as never)]
    ] as const) {
      const issues = Either.getOrElse(Either.flip(plainJson(around)), () => [])
      expect(issues).toEqual([
        { path: issues[0]?.path, message: expect.stringMatching(RegExp(`^${reason}`)) as unknown }
      ])
      expect(issues[0]?.path.slice(0, path.length)).toEqual(path)
      expect(JSON.stringify(issues)).not.toContain("hunter2")
    }
  })

  it.each([
    ["a cycle", cyclic],
    ["a cycle through an array", [cyclic]],
    ["a thousand and one levels", nested(1001)],
    ["a hundred thousand levels", nested(100_000)]
  ])("%s", (_, value) => {
    const message = "contains itself, or is nested more than 1000 levels deep"
    expect(plainJson(value)).toEqual(Either.left([{ path: [], message }]))
  })

  it("a toJSON without an end", () => {
    const endless = (): object => ({ toJSON: endless })
    expect(plainJson(endless())).toEqual(Either.left([{ path: [], message: "can't be written as JSON" }]))
  })

  it("undefined in an array, a hole, a name with a lone surrogate, and a value of which toJSON leaves nothing", () => {
    // oxlint-disable-next-line no-sparse-arrays
    for (const value of [[1, undefined], { a: [, 1] }, { "\ud800": 1 }, { toJSON: () => undefined }]) {
      expect(Either.isLeft(plainJson(value))).toBe(true)
    }
  })
})

/** The body that a call sends. */
const sent = (call: Effect.Effect<unknown, unknown, any>) =>
  Effect.gen(function* () {
    let body: string | undefined
    const server = TestApi.layer(
      TestApi.post("/", ({ text }) =>
        Effect.map(text, (text) => {
          body = text
          return { ok: true }
        })
      )
    )
    const result = yield* Effect.either(
      Effect.provide(call, Layer.mergeAll(at(new URL("https://api.test")), once, server))
    )
    return body ?? result
  })

describe("a request", () => {
  const FromSelf = Schema.Struct({
    key: Schema.RedactedFromSelf(Schema.String),
    option: Schema.OptionFromSelf(Schema.String)
  })
  const declared = Operation.make(Caller, () => Endpoint.post("/", { body: Body.json(FromSelf) }))
  const unknown = Operation.make(Caller, () => Endpoint.post("/", { body: Schema.Unknown }))

  it.effect.each(refused)("without a schema, or of an unknown one, does not send %s", ([, value, reason]) =>
    Effect.gen(function* () {
      for (const result of [
        yield* sent(loose.post("/", { json: { a: value } })),
        yield* sent(unknown({ body: { a: value } }))
      ]) {
        const issue = { path: ["body", "a"], message: expect.stringMatching(RegExp(`^${reason}`)) as unknown }
        const shown = value instanceof Object && "toJSON" in value ? {} : issue
        expect(result).toMatchObject({ left: { _tag: "EncodeError", issues: [shown] } })
      }
    })
  )

  it.effect("reveals the Redacted values that a schema encodes to, and refuses its Options", () =>
    Effect.gen(function* () {
      const Key = Schema.Struct({ key: Schema.RedactedFromSelf(Schema.String) })
      const keyed = Operation.make(Caller, () => Endpoint.post("/", { body: Key }))
      expect(yield* sent(keyed({ body: { key: secret } }))).toBe('{"key":"hunter2"}')
      expect(yield* sent(declared({ body: { key: secret, option: Option.some("a") } }))).toMatchObject({
        left: { _tag: "EncodeError", issues: [{ path: ["body", "option"], message: "is an Option: pass its value" }] }
      })
    })
  )

  it.effect("with a recursive schema refuses a value that contains itself", () =>
    Effect.gen(function* () {
      interface Tree {
        readonly children: ReadonlyArray<Tree>
      }
      const Tree: Schema.Schema<Tree> = Schema.Struct({ children: Schema.Array(Schema.suspend(() => Tree)) })
      const grow = Operation.make(Caller, () => Endpoint.post("/", { body: Tree }))
      const children: Array<Tree> = []
      children.push({ children })
      expect(yield* sent(grow({ body: { children } }))).toMatchObject({
        left: { _tag: "EncodeError", issues: [{ message: "contains itself, or is nested more than 1000 levels deep" }] }
      })
    })
  )

  const notFields = [
    new Map([["a", "b"]]),
    new Headers(),
    new Date(),
    new Blob(["a"]),
    Promise.resolve(1),
    new Own("a"),
    Option.some(1),
    Stream.empty,
    Effect.void,
    /a/,
    new Error("a"),
    Uint8Array.of(1)
  ]
  it.effect.each(["form", "multipart", "query", "headers", "path"])("has no %s that is not a plain object", (part) =>
    Effect.gen(function* () {
      for (const value of notFields) {
        const result = yield* sent(loose.post(part === "path" ? "/{a}" : "/", { [part]: value }))
        expect(result).toMatchObject({ left: { _tag: "EncodeError" } })
      }
    })
  )

  it.effect("reveals repeatedly redacted texts, numbers and files in fields", () =>
    Effect.gen(function* () {
      const twice = Redacted.make(secret)
      expect(yield* sent(loose.post("/", { form: { a: twice, b: [twice, Redacted.make(1)] } }))).toBe(
        "a=hunter2&b=hunter2&b=1"
      )
      const multipart = { a: twice, file: Redacted.make(new Blob(["content"])) }
      const body = yield* sent(loose.post("/", { multipart }))
      expect(body).toContain("content")
      expect(body).toContain("hunter2")
      expect(body).not.toContain("redacted")
      for (const value of [Option.some("a"), Redacted.make(Option.some("a")), Chunk.of("a"), new Date(0)]) {
        for (const part of ["form", "multipart", "query", "headers"]) {
          expect(yield* sent(loose.post("/", { [part]: { a: value } }))).toMatchObject({
            left: {
              _tag: "EncodeError",
              issues: [{ path: [part === "form" || part === "multipart" ? "body" : part, "a"] }]
            }
          })
        }
      }
    })
  )
})
