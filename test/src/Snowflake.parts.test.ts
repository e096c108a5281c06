import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Batch, Body, Endpoint, Operation, Pagination, Snowflake } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as Decoder from "effect-herald/decoder"
import type * as Descriptor from "effect-herald/descriptor"
import { fromApi } from "effect-herald/http-api"
import * as Log from "effect-herald/log"
import { Document, Names } from "effect-herald/spec"
import { Generator } from "effect-herald/spec/tools"
import * as Scripted from "../servers/scripted.js"
import { stores } from "../support/cache.js"
import { client } from "../support/client.js"
import { described } from "../support/described.js"
import { recording } from "../support/log.js"
import { at, Caller, once } from "../support/kit.js"
import { place, resultOf, verbs } from "../support/verbs.js"

const { FromInteger, Snowflake: Text } = Snowflake

const texts = ["409107086526644233", "409107086526644234", "409107086526644235", "-9223372036854775808"]
const ids = texts.map((text) => Text.make(text))
const [first] = texts as [string, ...Array<string>]
const long = BigInt(first)

const contentType = { "content-type": "application/json" }
const row = (id: string, headers: Record<string, string> = {}) =>
  Scripted.respond({ headers: { ...contentType, ...headers }, body: `{"id":${id},"any":[${id},{"x":${id}}]}` })

const Row = Schema.Struct({ id: FromInteger, any: Schema.Unknown })
const read = (id: string) => ({ id, any: [BigInt(id), { x: BigInt(id) }] })

const getRow = Operation.make(
  Caller,
  () => Endpoint.get("/rows/{id}", { name: "getRow", success: Row }),
  (id: Snowflake.Snowflake) => ({ id })
)

describe("a long integer in a stored response", () => {
  for (const { layer, name, skip } of stores) {
    const cached = (url: URL) =>
      Layer.provideMerge(at(url), HttpCache.layer().pipe(Layer.provide(layer))).pipe(Layer.merge(once), Layer.orDie)

    // No time passes, so that a slow store is not given up.
    it.scoped.skipIf(skip)(`is exact when it is fresh, revalidated and stale: ${name}`, () =>
      Effect.gen(function* () {
        for (const [index, id] of ids.entries()) {
          const fresh = yield* Scripted.make([row(id, { "cache-control": "max-age=1000" })])
          yield* Effect.gen(function* () {
            const results = [yield* getRow(id), yield* getRow(id), yield* getRow(id)]
            expect(results).toEqual(results.map(() => read(id)))
          }).pipe(Effect.provide(cached(fresh.url)))
          expect(fresh.requests).toHaveLength(1)

          const etag = `"${index}"`
          const server = yield* Scripted.make([
            row(id, { "cache-control": "max-age=0, stale-if-error=1000", etag }),
            Scripted.respond({ status: 304 }),
            Scripted.respond({ status: 503 })
          ])
          yield* Effect.gen(function* () {
            for (let round = 0; round < 3; round += 1) expect(yield* getRow(id)).toEqual(read(id))
          }).pipe(Effect.provide(cached(server.url)))
          expect(server.requests.map(({ headers }) => headers["if-none-match"])).toEqual([undefined, etag, etag])
        }
      }).pipe(Effect.provide(client))
    )
  }

  it.scopedLive("is told apart from its neighbours in the keys of stored responses and of shared requests", () =>
    Effect.gen(function* () {
      const getByInteger = Operation.make(Caller, () =>
        Endpoint.get("/rows", { name: "byInteger", query: { id: FromInteger }, success: Row })
      )
      const server = yield* Scripted.make(({ target }) =>
        row(target.split("=").at(-1)!, { "cache-control": "max-age=1000" })
      )
      const get = (id: Snowflake.Snowflake) => getByInteger({ id })
      const results = yield* Effect.forEach([...ids, ...ids], get, { concurrency: "unbounded" }).pipe(
        Effect.provide(Layer.provideMerge(at(server.url), HttpCache.layerMemory({ share: true })))
      )
      expect(results).toEqual([...texts, ...texts].map(read))
      expect(server.requests.map(({ target }) => target).sort()).toEqual(texts.map((id) => `/rows?id=${id}`).sort())
    }).pipe(Effect.provide(client))
  )
})

it.scopedLive("a long integer is exact in the items of a batch, and in the cache that they are stored in", () =>
  Effect.gen(function* () {
    const getMany = Operation.make(
      Caller,
      () =>
        Endpoint.get("/rows", {
          name: "getMany",
          query: { id: Schema.Array(FromInteger) },
          success: Schema.Array(Schema.Unknown)
        }),
      (id: ReadonlyArray<Snowflake.Snowflake>) => ({ id })
    )
    const getRows = Batch.make({ one: getRow, many: getMany, items: (rows) => rows, id: ({ id }) => id, size: 3 })
    const server = yield* Scripted.make(({ target }) => {
      const rows = new URL(target, "http://a.test").searchParams
        .getAll("id")
        .map((id) => `{"id":${id},"any":[${id},{"x":${id}}]}`)
      return Scripted.respond({
        headers: { ...contentType, "cache-control": "max-age=1000" },
        body: `[${rows.join()}]`
      })
    })
    yield* Effect.gen(function* () {
      for (let round = 0; round < 2; round += 1) {
        expect(yield* getRows(ids)).toEqual(texts.map((id) => Option.some(read(id))))
      }
      expect(yield* getRow(ids[0]!)).toEqual(read(first))
    }).pipe(Effect.provide(Layer.provideMerge(at(server.url), HttpCache.layerMemory())))
    expect(server.requests.map(({ target }) => target)).toEqual([
      `/rows?id=${texts[0]}&id=${texts[1]}&id=${texts[2]}`,
      `/rows?id=${texts[3]}`
    ])
  }).pipe(Effect.provide(client))
)

describe("a long integer in a list of pages", () => {
  const Page = Schema.Struct({ rows: Schema.Array(FromInteger), next: Schema.NullOr(FromInteger) })
  const inQuery = Pagination.cursor(
    Operation.make(Caller, () =>
      Endpoint.get("/rows", { query: { after: Schema.optional(FromInteger) }, success: Page })
    ),
    { param: "after", items: (page) => page.rows, next: (page) => page.next }
  )
  const inBody = Pagination.cursor(
    Operation.make(Caller, () =>
      Endpoint.post("/rows", {
        body: Schema.Struct({ of: FromInteger, after: Schema.optional(FromInteger) }),
        success: Page
      })
    ),
    { param: { body: "after" }, items: (page) => page.rows, next: (page) => page.next }
  )
  const pages: Scripted.Script = ({ body, target }) => {
    const after = /after"?[=:](-?\d+)/.exec(target + body)?.[1]
    const index = after === undefined ? 0 : texts.indexOf(after) + 1
    const next = index === texts.length - 1 ? "null" : texts[index]
    return Scripted.respond({ headers: contentType, body: `{"rows":[${texts[index]}],"next":${next}}` })
  }

  it.scopedLive("is exact as a cursor in a query and in a body, and in the positions of pages", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make(pages)
      yield* Effect.gen(function* () {
        expect([...(yield* Stream.runCollect(inQuery()))]).toEqual(texts)
        expect(requests.map(({ target }) => target)).toEqual([
          "/rows",
          ...texts.slice(0, 3).map((id) => `/rows?after=${id}`)
        ])
        expect([...(yield* Stream.runCollect(inBody({ body: { of: ids[0]! } })))]).toEqual(texts)
        expect(requests.slice(4).map(({ body }) => body)).toEqual([
          `{"of":${first}}`,
          ...texts.slice(0, 3).map((id) => `{"of":${first},"after":${id}}`)
        ])
        const [, second] = [...(yield* Stream.runCollect(inQuery.pages()))]
        expect(second).toMatchObject({ position: texts[0], next: texts[1] })
        const rest = inQuery.with({ from: JSON.parse(JSON.stringify(second!.next)) })()
        expect([...(yield* Stream.runCollect(rest))]).toEqual(texts.slice(2))
      }).pipe(Effect.provide(place(url)))
    }).pipe(Effect.provide(client))
  )
})

describe("a long integer of an HttpApi", () => {
  const Payload = Schema.Struct({ id: FromInteger, ids: Schema.Array(FromInteger) })
  class Taken extends Schema.TaggedError<Taken>()("Taken", { by: FromInteger }) {}
  const api = HttpApi.make("api").add(
    HttpApiGroup.make("rows")
      .add(
        HttpApiEndpoint.post("echo", "/rows/:id")
          .setPath(Schema.Struct({ id: Schema.BigInt }))
          .setUrlParams(Schema.Struct({ one: Schema.BigInt, many: Schema.Array(Schema.BigInt) }))
          .setHeaders(Schema.Struct({ "x-id": Schema.BigInt }))
          .setPayload(Payload)
          .addSuccess(Payload)
          .addError(Taken, { status: 409 })
      )
      .add(
        HttpApiEndpoint.post("form", "/form")
          .setPayload(Schema.Struct({ id: Schema.BigInt }).pipe(HttpApiSchema.withEncoding({ kind: "UrlParams" })))
          .addSuccess(Payload)
      )
  )
  const operations = fromApi(Caller, api)

  it.scopedLive("is exact in path, URL parameters, headers, payload, success, error and form", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make(({ body }) => Scripted.respond({ headers: contentType, body }))
      for (const id of ids) {
        const integer = BigInt(id)
        const payload = { id, ids: [id, ids[0]!] }
        const input = {
          path: { id: integer },
          urlParams: { one: integer, many: [integer, long] },
          headers: { "x-id": integer },
          payload
        }
        expect(yield* Effect.provide(operations.rows.echo(input), place(url))).toEqual(payload)
        const request = requests.at(-1)!
        expect(request.target).toBe(`/rows/${id}?one=${id}&many=${id}&many=${first}`)
        expect(request.headers["x-id"]).toBe(id)
        expect(request.body).toBe(`{"id":${id},"ids":[${id},${first}]}`)

        const failing = yield* Scripted.make([
          Scripted.respond({ status: 409, headers: contentType, body: `{"_tag":"Taken","by":${id}}` }),
          Scripted.respond({ headers: contentType, body: `{"id":${id},"ids":[]}` })
        ])
        const error = yield* Effect.flip(Effect.provide(operations.rows.echo(input), place(failing.url)))
        expect(error).toMatchObject({ _tag: "Taken", by: id })
        const formed = operations.rows.form({ payload: { id: integer } })
        expect(yield* Effect.provide(formed, place(failing.url))).toEqual({ id, ids: [] })
        expect(failing.requests[1]?.body).toBe(`id=${id}`)
      }
    }).pipe(Effect.provide(client))
  )
})

describe("a long integer of a form, of multipart fields and of a decoder", () => {
  it.scopedLive("is exact in the fields that are sent", () =>
    Effect.gen(function* () {
      const Fields = Schema.Struct({ id: Schema.BigInt, flake: Text })
      const { requests, url } = yield* Scripted.make([Scripted.json({ ok: true })])
      const sendForm = Operation.make(Caller, () => Endpoint.post("/form", { body: Body.form(Fields) }))
      const sendIntegers = Operation.make(Caller, () =>
        Endpoint.post("/form", { body: Body.form(Schema.Struct({ id: FromInteger, ids: Schema.Array(FromInteger) })) })
      )
      for (const id of ids) {
        yield* Effect.provide(sendForm({ body: { id: BigInt(id), flake: id } }), place(url))
        expect(requests.at(-1)?.body).toBe(`id=${id}&flake=${id}`)
        yield* Effect.provide(sendIntegers({ body: { id, ids: [id, ids[0]!] } }), place(url))
        expect(requests.at(-1)?.body).toBe(`id=${id}&ids=${id}&ids=${first}`)
      }
      const data = new FormData()
      data.append("id", String(long))
      const sendParts = Operation.make(Caller, () => Endpoint.post("/parts", { body: Body.multipart() }))
      yield* Effect.provide(sendParts({ body: data }), place(url))
      expect(requests.at(-1)?.body).toContain(first)
    }).pipe(Effect.provide(client))
  )

  it("is exact in a compiled decoder", () => {
    const decode = Decoder.make(Schema.Struct({ id: FromInteger, n: Schema.BigIntFromSelf }))
    expect(decode({ id: long, n: long })).toEqual(Either.right({ id: first, n: long }))
  })
})

describe("a long integer of a descriptor", () => {
  const int64: Descriptor.Ref = { type: "integer", format: "int64" }
  const object: Descriptor.Ref = { type: "object", properties: { id: int64, ids: { type: "array", items: int64 } } }

  it.scopedLive("is exact in each place of a request, and in a response", () =>
    Effect.gen(function* () {
      const echo = described({
        method: "POST",
        path: "/rows/{p}",
        parameters: [
          { name: "p", in: "path", required: true, shape: int64 },
          { name: "q", in: "query", shape: int64 },
          { name: "list", in: "query", style: "pipeDelimited", explode: false, shape: { type: "array", items: int64 } },
          { name: "deep", in: "query", style: "deepObject", explode: true, shape: object },
          { name: "j", in: "query", content: "application/json", shape: object },
          { name: "x-id", in: "header", shape: int64 },
          { name: "c", in: "cookie", shape: int64 }
        ],
        body: { required: true, content: { "application/json": { shape: object } } },
        responses: { 200: { content: { "application/json": { shape: object } } } }
      })
      const { requests, url } = yield* Scripted.make(({ body }) => Scripted.respond({ headers: contentType, body }))
      for (const id of ids) {
        const integer = BigInt(id)
        const body = { id: integer, ids: [integer, long] }
        const input = {
          p: integer,
          q: integer,
          list: [integer, long],
          deep: { id: integer },
          j: body,
          headers: { "x-id": integer },
          cookies: { c: integer },
          body
        }
        expect(yield* Effect.provide(echo(input), place(url))).toEqual(body)
        const request = requests.at(-1)!
        const json = `{"id":${id},"ids":[${id},${first}]}`
        expect(decodeURIComponent(request.target)).toBe(
          `/rows/${id}?q=${id}&list=${id}|${first}&deep[id]=${id}&j=${json}`
        )
        expect(request.headers).toMatchObject({ "x-id": id, cookie: `c=${id}` })
        expect(request.body).toBe(json)
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is found in an enum of objects", () =>
    Effect.gen(function* () {
      const shape: Descriptor.Ref = { enum: [{ id: long }, [long]] }
      const send = described({
        method: "POST",
        body: { content: { "application/json": { shape } } },
        responses: { 200: {} }
      })
      const { requests, url } = yield* Scripted.make([Scripted.respond({})])
      yield* Effect.provide(send({ body: { id: long } }), place(url))
      yield* Effect.provide(send({ body: [long] }), place(url))
      expect(requests.map(({ body }) => body)).toEqual([`{"id":${first}}`, `[${first}]`])
      const error = yield* Effect.flip(Effect.provide(send({ body: { id: BigInt(texts[1]!) } }), place(url)))
      expect(error).toMatchObject({
        _tag: "EncodeError",
        issues: [{ path: ["body"], message: expect.stringMatching(/^should be one of /) }]
      })
    }).pipe(Effect.provide(client))
  )
})

describe("an error of a response with a long integer", () => {
  const statuses = [400, 401, 403, 404, 409, 418, 422, 429, 500]
  it.scopedLive.each(statuses)("has JSON, in which it is a text, and can be logged as JSON: %i", (status) =>
    Effect.gen(function* () {
      const body = `{"detail":"no","ids":[${first},1]}`
      const error = yield* Effect.flip(
        resultOf(verbs.get("/x"), Scripted.respond({ status, headers: contentType, body }))
      )
      expect(error).toMatchObject({ status, data: { detail: "no", ids: [long, 1] } })
      const json: unknown = JSON.parse(JSON.stringify(error))
      expect(json).toMatchObject({ _tag: error._tag, message: error.message, status, data: { ids: [first, 1] } })
      const texts: Array<string> = []
      const logger = Logger.map(Logger.jsonLogger, (text) => void texts.push(text))
      yield* Effect.logError("failed", error).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      expect(texts[0]).toContain(first)
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("has JSON without data for another body", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(resultOf(verbs.get("/x"), Scripted.respond({ status: 404, body: "gone" })))
      expect(JSON.parse(JSON.stringify(error))).toMatchObject({ _tag: "NotFound", body: "gone" })
      expect(JSON.stringify(error)).not.toContain('"data"')
    }).pipe(Effect.provide(client))
  )
})

it.scopedLive("a body of a 4xx that is declared as a success is a whole text", () =>
  Effect.gen(function* () {
    const getText = Operation.make(Caller, () =>
      Endpoint.get("/x", { success: { 200: Row, 422: Body.text(), 404: Body.text() } })
    )
    for (const type of ["application/json", "text/html"]) {
      for (const status of [422, 404]) {
        const body = `{"detail":"${"x".repeat(200_000)}","id":${first}}`
        const response = Scripted.respond({ status, headers: { "content-type": type }, body })
        expect(yield* resultOf(getText.withResponse(), response)).toMatchObject({ status, value: body })
      }
    }
    expect(yield* resultOf(getText(), row(first))).toEqual(read(first))
  }).pipe(Effect.provide(client))
)

describe("a field of a schema for integers", () => {
  const union = Schema.Union(Schema.Int, Schema.BigIntFromSelf)
  const rows: ReadonlyArray<readonly [name: string, schema: Schema.Schema<any, any>, ...Array<unknown>]> = [
    ["Snowflake.FromInteger", FromInteger, first, "12", undefined],
    ["Snowflake.Snowflake", Text, undefined, undefined, "12"],
    ["Schema.Number", Schema.Number, undefined, 12, undefined],
    ["Schema.Int", Schema.Int, undefined, 12, undefined],
    ["Schema.BigIntFromSelf", Schema.BigIntFromSelf, long, undefined, undefined],
    ["Schema.Union(Schema.Int, Schema.BigIntFromSelf)", union, long, 12, undefined]
  ]
  it.scopedLive.each(rows)("has the values of the table in docs/guides/big-integers.md: %s", ([, schema, ...values]) =>
    Effect.gen(function* () {
      const get = Operation.make(Caller, () => Endpoint.get("/x", { success: Schema.Struct({ id: schema }) }))
      for (const [index, text] of [first, "12", '"12"'].entries()) {
        const response = Scripted.respond({ headers: contentType, body: `{"id":${text}}` })
        const result = yield* Effect.either(resultOf(get(), response))
        if (values[index] === undefined) expect(Either.isLeft(result) && result.left._tag).toBe("DecodeError")
        else expect(result).toEqual(Either.right({ id: values[index] }))
      }
    }).pipe(Effect.provide(client))
  )
})

it.effect("a long integer of a document is exact in generated code", () =>
  Effect.gen(function* () {
    const schema = `{"type":"integer","format":"int64","enum":[${first},7]}`
    const document = yield* Document.parse(`{
      "openapi": "3.1.0",
      "info": { "title": "Rows", "version": "1" },
      "paths": {
        "/rows": {
          "get": {
            "operationId": "getRow",
            "tags": ["rows"],
            "parameters": [{ "name": "id", "in": "query", "schema": ${schema} }],
            "responses": { "200": { "description": "OK", "content": { "application/json": { "schema": ${schema} } } } }
          }
        }
      }
    }`)
    const text = [...Generator.generate(document, Names.make(document), { name: "Rows" }).values()].join("\n")
    expect(text).toContain(`${first}n`)
    expect(text.replaceAll(`${first}n`, "")).not.toMatch(/4091070865/)
  })
)

it.effect("a bigint that is logged is a text of its digits in a record", () =>
  Effect.gen(function* () {
    const { records, send } = recording()
    yield* Effect.log("joined", { id: long }, long).pipe(
      Effect.annotateLogs({ user: long }),
      Effect.provide(Log.layer({ send }))
    )
    const [record] = records()
    expect(record).toMatchObject({
      message: `joined {"id":"${first}"} ${first}`,
      values: [{ id: first }, first],
      annotations: { user: first }
    })
    expect(() => JSON.stringify(record)).not.toThrow()
  })
)
