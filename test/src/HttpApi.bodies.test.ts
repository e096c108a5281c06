import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { fromApi, StreamSuccess } from "effect-herald/http-api"
import * as Scripted from "../servers/scripted.js"
import { client } from "../support/client.js"
import { clients } from "../support/clients.js"
import { Caller } from "../support/kit.js"
import { place } from "../support/verbs.js"

const { get, post } = HttpApiEndpoint
const { Struct } = Schema

type Call = (input?: object) => Effect.Effect<unknown, unknown, any>

/** An API with one endpoint, and the operation of that. The endpoint is a value here, so that its types are not known. */
const only = (endpoint: object) => {
  const api = HttpApi.make("api").add(HttpApiGroup.make("top", { topLevel: true }).add(endpoint as never))
  const operations = fromApi(Caller, api as never) as unknown as { readonly it: Call }
  return { api: api as HttpApi.HttpApi.Any, call: operations.it }
}

const Text = Schema.String
const form = <F extends Readonly<Record<string, typeof Schema.String>>>(fields: F) =>
  HttpApiSchema.withEncoding(Struct(fields) as never, { kind: "UrlParams" } as never) as Schema.Schema.AnyNoContext
const formData = () => {
  const data = new FormData()
  data.append("a", "1")
  return data
}

describe("a path of an HttpApi", () => {
  const paths: ReadonlyArray<readonly [path: string, values: Record<string, string>, target: string]> = [
    ["/x/:id.json", { id: "1" }, "/x/1.json"],
    ["/files/:a-:b", { a: "1", b: "2" }, "/files/1-2"],
    ["/v1/:name::verb", { name: "n", verb: "run" }, "/v1/n:run"],
    ["/v1/:id.:ext", { id: "1", ext: "txt" }, "/v1/1.txt"],
    ["/v1/a:id", { id: "1" }, "/v1/a1"],
    ["/v1/:id@latest", { id: "1" }, "/v1/1@latest"],
    ["/v1/:a,:b~:c", { a: "1", b: "2", c: "3" }, "/v1/1,2~3"],
    ["/v1/:a;v=:b", { a: "1", b: "2" }, "/v1/1;v=2"],
    ["/v1/x-:a_1-y", { a_1: "1" }, "/v1/x-1-y"]
  ]
  it.scopedLive.each(paths)("%s with %o has the parameters of the OpenAPI document", ([path, values, target]) =>
    Effect.gen(function* () {
      const schema = Struct(Object.fromEntries(Object.keys(values).map((name) => [name, Text])))
      const { api, call } = only(
        get("it", path as `/${string}`)
          .setPath(schema)
          .addSuccess(Text)
      )
      const { requests, url } = yield* Scripted.make([Scripted.json("ok")])
      yield* Effect.provide(call({ path: values }), [place(url), client])
      expect(requests[0]?.target).toBe(target)
      const [documented = ""] = Object.keys(OpenApi.fromApi(api as never).paths)
      expect(documented.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "")).toBe(target)
    })
  )

  it.effect.each([
    ["/x/:id:wait", ["id"]],
    ["/x/:id:wait", ["id", "wait"]],
    ["/x/:id(\\d+):b", ["id", "b"]],
    ["/x/:id*", ["id", "*"]],
    ["/x/:id/:", ["id"]],
    ["/x/:id", ["other"]]
  ] as const)("%s is refused with the parameters %s", ([path, names]) =>
    Effect.gen(function* () {
      const schema = Struct(Object.fromEntries(names.map((name) => [name, Text])))
      const { call } = only(get("it", path).setPath(schema).addSuccess(Text))
      const cause = yield* Effect.flip(
        Effect.sandbox(Effect.suspend(() => call({ path: { id: "1", wait: "2", b: "3", "*": "4" } })))
      )
      expect(Cause.squash(cause)).toMatchObject({ message: expect.stringContaining("is invalid") as unknown })
    }).pipe(Effect.provide(place(new URL("https://api.test"))), Effect.provide(client))
  )
})

describe.each(clients)("a payload of an HttpApi, with %s", (_, client) => {
  const Json = Struct({ b: Schema.Number })
  const payloads = [
    ["the form of a form or JSON", Schema.Union(form({ a: Text }), Json), { a: "1" }, "form", "a=1"],
    ["the JSON of a form or JSON", Schema.Union(form({ a: Text }), Json), { b: 1 }, "json", '{"b":1}'],
    ["the form of JSON or a form", Schema.Union(Json, form({ a: Text })), { a: "1" }, "form", "a=1"],
    [
      "the member of which the value has no other fields",
      Schema.Union(Struct({ a: Text }), form({ a: Text, c: Text })),
      { a: "1", c: "2" },
      "form",
      "a=1&c=2"
    ],
    ["the text of text or JSON", Schema.Union(Json, HttpApiSchema.Text()), "a", "text/plain", "a"],
    ["multipart of a FormData", HttpApiSchema.Multipart(Struct({ a: Text })), formData(), "multipart", 'name="a"'],
    ["multipart of fields", HttpApiSchema.Multipart(Struct({ a: Text })), { a: "1" }, "multipart", 'name="a"'],
    ["a multipart Stream", HttpApiSchema.MultipartStream(Struct({ a: Text })), formData(), "multipart", 'name="a"'],
    [
      "the FormData of multipart or JSON",
      Schema.Union(HttpApiSchema.Multipart(Struct({ a: Text })), Json),
      formData(),
      "multipart",
      'name="a"'
    ],
    [
      "the JSON of multipart or JSON",
      Schema.Union(HttpApiSchema.Multipart(Struct({ a: Text })), Json),
      { b: 1 },
      "json",
      "{"
    ]
  ] as const
  it.scopedLive.each(payloads)("is sent by its member: %s", ([, schema, payload, type, content]) =>
    Effect.gen(function* () {
      const { call } = only(
        post("it", "/")
          .setPayload(schema as never)
          .addSuccess(Text)
      )
      const { requests, url } = yield* Scripted.make([Scripted.json("ok")])
      yield* Effect.provide(call({ payload }), [place(url), client])
      expect(requests[0]?.headers["content-type"]).toContain(type)
      expect(requests[0]?.body).toContain(content)
    })
  )

  const Any = Schema.Union(HttpApiSchema.Text(), Struct({ ok: Schema.Boolean }), HttpApiSchema.Uint8Array())
  const responses = [
    ["text", Any, "text/plain; charset=utf-8", '{"ok":true}', '{"ok":true}'],
    ["JSON", Any, "application/json", '{"ok":true}', { ok: true }],
    ["bytes", Any, "application/octet-stream", '{"ok":true}', new TextEncoder().encode('{"ok":true}')],
    [
      "bytes alone",
      HttpApiSchema.Uint8Array(),
      "application/octet-stream",
      Uint8Array.of(0xff, 0),
      Uint8Array.of(0xff, 0)
    ],
    ["bytes of another type", HttpApiSchema.Uint8Array(), "image/png", Uint8Array.of(0xff), Uint8Array.of(0xff)],
    ["bytes or text", Schema.Union(HttpApiSchema.Uint8Array(), HttpApiSchema.Text()), "text/plain", "hi", "hi"]
  ] as const
  it.scopedLive.each(responses)("and a success is decoded by its content type: %s", ([, schema, type, body, value]) =>
    Effect.gen(function* () {
      const { call } = only(get("it", "/").addSuccess(schema as never))
      const { url } = yield* Scripted.make([Scripted.respond({ headers: { "content-type": type }, body })])
      const result = yield* Effect.provide(call(), [place(url), client])
      expect(result instanceof Uint8Array ? [...result] : result).toEqual(
        value instanceof Uint8Array ? [...value] : value
      )
    })
  )
})

describe("an endpoint of an HttpApi is refused", () => {
  const filtered = (schema: object) => (schema as Schema.Schema<string>).pipe(Schema.filter(() => true))
  it.effect.each([
    ["a payload whose encoding is within a filter", post("it", "/").setPayload(filtered(form({ a: Text })) as never)],
    [
      "a union of which a filter hides the form",
      post("it", "/").setPayload(filtered(Schema.Union(form({ a: Text }), Text)) as never)
    ],
    ["a filtered member", post("it", "/").setPayload(Schema.Union(filtered(form({ a: Text })), Text) as never)],
    [
      "multipart within a filter",
      post("it", "/").setPayload(filtered(HttpApiSchema.Multipart(Struct({ a: Text }))) as never)
    ],
    ["bytes within a filter", get("it", "/").addSuccess(filtered(HttpApiSchema.Uint8Array()) as never)],
    [
      "text within a transformation",
      get("it", "/").addSuccess(Schema.compose(HttpApiSchema.Text(), Schema.NumberFromString))
    ],
    ["a success that is a Stream or JSON", get("it", "/").addSuccess(Schema.Union(StreamSuccess(), Text) as never)]
  ] as const)("with %s", ([, endpoint]) =>
    Effect.gen(function* () {
      const cause = yield* Effect.flip(Effect.sandbox(Effect.suspend(() => only(endpoint).call({ payload: {} }))))
      expect(Cause.squash(cause)).toMatchObject({ message: expect.stringContaining("is invalid") as unknown })
    }).pipe(Effect.provide(place(new URL("https://api.test"))), Effect.provide(client))
  )
})
