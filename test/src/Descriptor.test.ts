import { FetchHttpClient, type HttpClient } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { type Authoriser, Metrics, type Operation } from "effect-herald"
import * as Descriptor from "effect-herald/descriptor"
import * as HttpCache from "effect-herald/cache"
import * as Scripted from "../servers/scripted.js"
import { at, Caller, once } from "../support/kit.js"

type AnyOperation = Operation.Operation<
  ReadonlyArray<unknown>,
  unknown,
  { readonly _tag: string },
  HttpClient.HttpClient | Caller
>

const Pet: Descriptor.Shape = {
  name: "Pet",
  type: "object",
  properties: { id: { type: "integer" }, petName: { type: "string" }, kind: { type: "string", enum: ["cat", "dog"] } },
  required: ["id", "petName"]
}

const json = (shape: Descriptor.Ref = () => Pet): Descriptor.ResponseBody => ({
  content: { "application/json": { shape } }
})

const operation = (parts: Partial<Descriptor.Descriptor> = {}): AnyOperation =>
  Descriptor.operation(Caller, () => ({
    name: "pets.getPet",
    method: "GET",
    path: "/pets/1",
    responses: { 200: json() },
    ...parts
  }))

/** Without the logger of the console. */
const quiet = Logger.remove(Logger.defaultLogger)

/** Runs an effect with a server that follows a script, and the client of `fetch`. */
const served = <A, E>(
  script: Scripted.Script,
  use: (server: Scripted.Scripted) => Effect.Effect<A, E, HttpClient.HttpClient | Caller>,
  defaults: Authoriser.Defaults = {}
) =>
  Effect.flatMap(Scripted.make(script), (server) =>
    Effect.provide(use(server), Layer.mergeAll(at(server.url, { defaults }), FetchHttpClient.layer, once, quiet))
  )

/** The value, and the kinds and pointers of the issues, of a call. */
const deliveredBy = (call: ReturnType<AnyOperation["withResponse"]>) =>
  Effect.map(call, ({ issues, value }) => [value, issues.map(({ kind, pointer }) => `${kind} ${pointer}`)])

/** Calls an operation once for each response. */
const deliveries = (parts: Partial<Descriptor.Descriptor>, script: ReadonlyArray<Scripted.Behaviour>) =>
  served(script, () => {
    const call = operation(parts)
    return Effect.forEach(script, () => deliveredBy(call.withResponse()))
  })

const of = (type: string | undefined, body: string | Uint8Array, status = 200) =>
  Scripted.respond({ status, body, headers: type === undefined ? {} : { "content-type": type } })

const rex = { id: 1, petName: "Rex" }

/** Collects the warnings of an effect, with their annotations. */
const warnings = () => {
  const logged: Array<Readonly<Record<string, unknown>>> = []
  const layer = Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ annotations, message }) => {
      logged.push({ message: String(message), ...Object.fromEntries(HashMap.toEntries(annotations)) })
    })
  )
  return { logged, layer }
}

describe("Responses of an operation of a descriptor", () => {
  it.scopedLive("are delivered with what differs from their shape", () =>
    Effect.gen(function* () {
      expect(
        yield* deliveries({}, [
          Scripted.json({ ...rex, more: true, kind: "cow" }),
          Scripted.json({ id: "1", petName: null }),
          Scripted.json(null)
        ])
      ).toEqual([
        [{ ...rex, more: true, kind: "cow" }, []],
        [{ id: "1", petName: null }, ["type /id", "null /petName"]],
        [null, ["null "]]
      ])
    })
  )

  it.scopedLive("are delivered if they are not JSON, are empty, or have a status that is not declared", () =>
    Effect.gen(function* () {
      expect(
        yield* deliveries({}, [
          of("text/html", "<p>"),
          of("application/json", "{"),
          of("image/png", new Uint8Array([137, 80, 255])),
          of(undefined, JSON.stringify(rex)),
          of("text/plain", JSON.stringify(rex)),
          of("application/vnd.pets+json; charset=utf-8", JSON.stringify(rex)),
          of("application/json", ""),
          of(undefined, "", 204),
          of("application/json", JSON.stringify(rex), 201),
          of("text/plain", "later", 202)
        ])
      ).toEqual([
        ["<p>", ["syntax "]],
        ["{", ["syntax "]],
        [new Uint8Array([137, 80, 255]), ["syntax "]],
        [rex, []],
        [rex, []],
        [rex, []],
        [undefined, ["empty "]],
        [undefined, ["undeclared "]],
        [rex, ["undeclared "]],
        ["later", ["undeclared "]]
      ])
    })
  )

  it.scopedLive("are read by the media type that matches their content type", () =>
    Effect.gen(function* () {
      const content = {
        "application/json": { shape: Pet },
        "text/csv": { shape: { type: "string" } },
        "image/*": {},
        "application/zip": { shape: { type: "string", format: "binary" } }
      } as const
      expect(
        yield* deliveries({ responses: { "2XX": { content } } }, [
          of("text/csv; charset=iso-8859-1", new Uint8Array([0x61, 0xe9])),
          of("image/gif", new Uint8Array([255, 0])),
          of("application/zip", new Uint8Array([254])),
          of("application/problem+json", JSON.stringify(rex)),
          of("text/csv", "")
        ])
      ).toEqual([
        ["aé", []],
        [new Uint8Array([255, 0]), []],
        [new Uint8Array([254]), []],
        [rex, []],
        ["", []]
      ])
    })
  )

  it.scopedLive("of any media type are read by their content type", () =>
    Effect.gen(function* () {
      expect(
        yield* deliveries({ responses: { 200: { content: { "*/*": { shape: Pet } } } } }, [
          of("application/json", JSON.stringify(rex)),
          of(undefined, JSON.stringify(rex)),
          of("text/plain", "text")
        ])
      ).toEqual([
        [rex, []],
        [rex, []],
        ["text", ["type "]]
      ])
    })
  )

  it.scopedLive("without a body are undefined, and one that is sent all the same is delivered", () =>
    Effect.gen(function* () {
      expect(
        yield* deliveries({ responses: { 200: {}, 204: {} } }, [
          of(undefined, ""),
          of(undefined, "", 204),
          Scripted.json({ ok: true })
        ])
      ).toEqual([
        [undefined, []],
        [undefined, []],
        [{ ok: true }, ["undeclared "]]
      ])
      expect(yield* deliveries({ method: "HEAD" }, [of("application/json", "")])).toEqual([[undefined, []]])
    })
  )

  it.scopedLive("of a 2xx are those of `default` only if no other success is declared", () =>
    Effect.gen(function* () {
      expect(yield* deliveries({ responses: { default: json(), 404: {} } }, [Scripted.json(rex)])).toEqual([[rex, []]])
      expect(
        yield* deliveries({ responses: { 200: json(), default: json({ type: "object" }) } }, [
          Scripted.json(rex, { status: 201 })
        ])
      ).toEqual([[rex, ["undeclared "]]])
    })
  )

  it.scopedLive("that are redirects are followed, unless the operation declares no other success", () =>
    Effect.gen(function* () {
      const followed = yield* deliveries({ responses: { 200: json(), 302: {} } }, [
        Scripted.redirect("/other"),
        Scripted.json(rex)
      ]).pipe(Effect.map(([first]) => first))
      expect(followed).toEqual([rex, []])
      const { headers, status } = yield* served([Scripted.redirect("/file")], () =>
        operation({ responses: { 302: {} } }).withResponse()
      )
      expect([status, headers["location"]]).toEqual([302, "/file"])
    })
  )

  it.scopedLive("are delivered whatever their content: deep, large, or with keys of prototypes", () =>
    Effect.gen(function* () {
      const deep = `${"[".repeat(20_000)}1${"]".repeat(20_000)}`
      const hostile = '{"id": 12345678901234567890, "petName": "Rex", "__proto__": {"a": 1}, "constructor": 1}'
      const [nested, keys] = yield* deliveries({ keys: { case: "snake_case" } }, [
        of("application/json", deep),
        of("application/json", hostile)
      ])
      expect(nested![1]).toEqual(["type "])
      expect(keys![1]).toEqual([])
      const value = keys![0] as Readonly<Record<string, unknown>>
      expect(Object.keys(value)).toEqual(["id", "pet_name", "__proto__", "constructor"])
      expect(value["id"]).toBe(12345678901234567890n)
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    })
  )

  it.scopedLive(
    "have renamed keys, but for those below verbatim ones, and the issues have the keys that were sent",
    () =>
      Effect.gen(function* () {
        const keys = { case: "snake_case", verbatim: ["arguments"] } as const
        expect(
          yield* deliveries({ keys }, [
            Scripted.json({
              id: 1,
              petName: null,
              HTTPStatusCode2xx: [{ fooBar: 1 }],
              arguments: { keepThis: { andThat: 1 } }
            }),
            Scripted.json({ ...rex, fooBar: 1, foo_bar: 2 })
          ])
        ).toEqual([
          [
            { id: 1, pet_name: null, http_status_code2xx: [{ foo_bar: 1 }], arguments: { keepThis: { andThat: 1 } } },
            ["null /petName"]
          ],
          [{ id: 1, pet_name: "Rex", fooBar: 1, foo_bar: 2 }, []]
        ])
      })
  )

  it.scopedLive("are accepted by their media types, JSON first", () =>
    Effect.gen(function* () {
      const content = { "application/xml": { shape: Pet }, "application/json": { shape: Pet } }
      const accepts = yield* served([Scripted.json(rex)], (server) =>
        Effect.forEach(
          [
            operation({ responses: { 200: { content }, 404: { content: { "application/problem+json": {} } } } }),
            operation({ responses: { 200: { content: { "*/*": {} } } } }),
            operation({ responses: { 200: {} } })
          ],
          (call, index) => Effect.map(call(), () => server.requests[index]?.headers.accept)
        )
      )
      expect(accepts).toEqual([
        "application/json, application/xml;q=0.5, application/problem+json;q=0.9",
        "application/json, */*;q=0.5",
        "application/json"
      ])
    })
  )
})

describe("What differs in responses", () => {
  const wrong = Scripted.json([{ id: 1 }, { id: null, petName: 1 }, { id: null, petName: null }])
  const list = { responses: { 200: json({ type: "array", items: () => Pet }) } }

  it.scopedLive("is a warning once for each place and kind, with the layer of the API", () =>
    Effect.gen(function* () {
      const { layer, logged } = warnings()
      const call = operation(list)
      yield* served([wrong], () => Effect.zipRight(call(), call())).pipe(Effect.provide(layer))
      expect(logged).toEqual([
        {
          message: "pets.getPet: the response (200) differs from its description: at /*/petName: is missing",
          operation: "pets.getPet",
          status: 200,
          pointer: "/*/petName",
          kind: "missing"
        },
        expect.objectContaining({ pointer: "/*/id", kind: "null" }),
        expect.objectContaining({ pointer: "/*/petName", kind: "type" }),
        expect.objectContaining({ pointer: "/*/petName", kind: "null" })
      ])
      yield* served([wrong], () => call()).pipe(Effect.provide(layer))
      expect(logged).toHaveLength(8)
    })
  )

  it.scopedLive("is counted", () =>
    Effect.gen(function* () {
      const counted: Array<unknown> = []
      const metrics = Layer.succeed(Metrics.Metrics, {
        requestDuration: () => Effect.void,
        callDuration: () => Effect.void,
        retries: () => Effect.void,
        waitDuration: () => Effect.void,
        budgetAvailable: () => Effect.void,
        cacheLookups: () => Effect.void,
        mismatches: (value, labels) =>
          Effect.sync(() => void counted.push([value, labels["url.template"], labels["herald.kind"]]))
      })
      yield* served([wrong], () => operation(list)()).pipe(Effect.provide(metrics))
      expect(counted).toEqual(["missing", "null", "type", "null", "null"].map((kind) => [1, "/pets/1", kind]))
    })
  )

  it.scopedLive("is a DecodeError where the program is strict, or the API's layer and not the program", () =>
    Effect.gen(function* () {
      const strict = Effect.provideService(Descriptor.Strict, true)
      const lax = Effect.provideService(Descriptor.Strict, false)
      const outcome = (call: ReturnType<AnyOperation>, defaults: Authoriser.Defaults = {}) =>
        served(
          [of("application/json", '{"id": 1}')],
          () => Effect.match(call, { onFailure: String, onSuccess: () => "delivered" }),
          defaults
        )
      const call = operation()()
      const message = expect.stringContaining("the response (200) does not match the endpoint: petName: is missing")
      expect(yield* outcome(call)).toBe("delivered")
      expect(yield* outcome(strict(call))).toEqual(message)
      expect(yield* outcome(call, { strict: true })).toEqual(message)
      expect(yield* outcome(lax(call), { strict: true })).toBe("delivered")
      const failure = (reply: Scripted.Behaviour, reason: string) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(served([reply], () => strict(call)))
          expect(error).toMatchObject({ _tag: "DecodeError", reason })
        })
      yield* failure(of("text/html", "<p>"), "Json")
      yield* failure(of("application/json", "", 201), "Status")
      yield* failure(of("application/json", ""), "Shape")
    })
  )

  it.scopedLive("is there for a response from the cache, too", () =>
    Effect.gen(function* () {
      const body = Scripted.json({ id: 1 }, { headers: { "cache-control": "max-age=60" } })
      const server = yield* Scripted.make([body])
      const call = deliveredBy(operation().withResponse())
      const both = yield* Effect.zip(call, call).pipe(
        Effect.provide(
          Layer.mergeAll(Layer.provide(at(server.url), HttpCache.layerMemory()), FetchHttpClient.layer, quiet)
        ),
        Effect.provide(FetchHttpClient.layer)
      )
      expect(server.requests).toHaveLength(1)
      expect(both).toEqual([
        [{ id: 1 }, ["missing /petName"]],
        [{ id: 1 }, ["missing /petName"]]
      ])
    })
  )
})

describe("Errors of an operation of a descriptor", () => {
  it.scopedLive("are the built-in ones, with the body as data, whatever it is", () =>
    Effect.gen(function* () {
      const responses = {
        200: json(),
        404: json({ type: "object", properties: { code: { type: "integer" } } }),
        default: json()
      }
      const statuses = [400, 404, 418, 500]
      const errors = yield* Effect.forEach(statuses, (status) =>
        Effect.flip(served([Scripted.json({ code: "x" }, { status })], () => operation({ responses })()))
      )
      expect(errors).toMatchObject(
        ["BadRequest", "NotFound", "ClientError", "ServerError"].map((_tag) => ({ _tag, data: { code: "x" } }))
      )
    })
  )
})

describe("Descriptor.operation", () => {
  it.scopedLive("has its descriptor, and an endpoint without schemas, and makes them when they are first read", () =>
    Effect.gen(function* () {
      let made = 0
      const call: AnyOperation = Descriptor.operation(Caller, () => {
        made += 1
        return { name: "a", method: "GET", path: "/{b}", responses: { 200: {} } }
      })
      const list = Descriptor.list(call)
      expect(made).toBe(0)
      expect(call.endpoint).toMatchObject({ name: "a", method: "GET", path: "/{b}", query: undefined })
      expect(Descriptor.of(call)?.path).toBe("/{b}")
      expect(() => list()).toThrow("a is not a list")
      yield* served([of(undefined, "")], () => call())
      expect(made).toBe(1)
    })
  )

  it.scopedLive("refuses wrong arguments before anything is sent", () =>
    Effect.gen(function* () {
      yield* served([Scripted.json(rex)], (server) =>
        Effect.gen(function* () {
          const call = operation({
            path: "/pets/{id}",
            parameters: [{ name: "id", in: "path", shape: { type: "integer" } }],
            positional: ["id"]
          })
          expect(yield* call(1)).toEqual(rex)
          expect(yield* Effect.flip(call("x"))).toMatchObject({ _tag: "EncodeError", issues: [{ path: ["id"] }] })
          expect(server.requests).toHaveLength(1)
        })
      )
    })
  )

  it.scopedLive("sends a key where its document declares the header of one", () =>
    served([Scripted.json(rex)], (server) =>
      Effect.gen(function* () {
        const parameters = [{ name: "Idempotency-Key", in: "header" }] as const
        yield* operation({ method: "POST", parameters })()
        expect(server.requests[0]?.headers["idempotency-key"]).toMatch(/^[\da-f-]{36}$/)
      })
    )
  )
})

describe("Descriptor.list", () => {
  const numbers = json({ type: "array", items: { type: "integer" } })
  const query = (name: string): Descriptor.Parameter => ({ name, in: "query", shape: { type: ["integer", "string"] } })
  const items = (call: AnyOperation, ...args: ReadonlyArray<unknown>) =>
    Effect.map(Stream.runCollect(Descriptor.list(call)(...args)), Chunk.toReadonlyArray)
  const param = ({ target }: Scripted.Received, name: string) =>
    new URL(target, "http://localhost").searchParams.get(name)

  it.scopedLive("reads pages by their numbers until one is empty", () =>
    Effect.gen(function* () {
      const call = operation({
        parameters: [query("page_num"), query("limit")],
        responses: { 200: numbers },
        list: { by: "page", param: "page_num", items: "" }
      })
      const script: Scripted.Script = (received) => {
        expect(param(received, "limit")).toBe("2")
        const page = Number(param(received, "page_num"))
        return Scripted.json(page > 3 ? [] : [page, -page])
      }
      expect(yield* served(script, () => items(call, { limit: 2 }))).toEqual([1, -1, 2, -2, 3, -3])
    })
  )

  it.scopedLive("ends with the last page if a header tells their number, which saves a request", () =>
    Effect.gen(function* () {
      const call = operation({
        parameters: [query("page_num")],
        responses: { 200: numbers },
        list: { by: "page", param: "page_num", items: "", totalPages: { header: "X-Pagination-Total-Pages" } }
      })
      const script: Scripted.Script = (received) =>
        Scripted.json([Number(param(received, "page_num"))], { headers: { "x-pagination-total-pages": "2" } })
      const requests = yield* served(script, (server) =>
        Effect.map(items(call), (all) => {
          expect(all).toEqual([1, 2])
          return server.requests.length
        })
      )
      expect(requests).toBe(2)
    })
  )

  it.scopedLive("reads offsets, cursors and links, from bodies whose keys are renamed, too", () =>
    Effect.gen(function* () {
      const responses = { 200: json({}) }
      const keys = { case: "snake_case" } as const
      const byOffset = operation({
        parameters: [query("offset")],
        responses,
        keys,
        list: { by: "offset", param: "offset", items: "/allItems", totalItems: { pointer: "/pageInfo/totalCount" } }
      })
      const offsets: Scripted.Script = (received) => {
        const offset = Number(param(received, "offset"))
        return Scripted.json({ allItems: [offset, offset + 1], pageInfo: { totalCount: 4 } })
      }
      expect(yield* served(offsets, () => items(byOffset))).toEqual([0, 1, 2, 3])
      const byCursor = operation({
        parameters: [query("after")],
        responses,
        list: { by: "cursor", param: "after", items: "/data", next: { pointer: "/next" } }
      })
      const cursors: Scripted.Script = (received) =>
        Scripted.json(param(received, "after") === "c" ? { data: [2], next: null } : { data: [1], next: "c" })
      expect(yield* served(cursors, () => items(byCursor))).toEqual([1, 2])
      for (const next of [false, 0]) {
        expect(yield* served([Scripted.json({ data: [1], next })], () => items(byCursor))).toEqual([1])
      }
      const byLink = operation({ responses: { 200: numbers }, list: { by: "link", items: "" } })
      const links: Scripted.Script = ({ target }) =>
        target === "/pets/1"
          ? Scripted.json([1], { headers: { link: '</pets/1?cursor=x>; rel="next"' } })
          : Scripted.json([2])
      expect(yield* served(links, () => items(byLink))).toEqual([1, 2])
    })
  )
})
