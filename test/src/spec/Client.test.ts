import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Pagination } from "effect-herald"
import { Client, Convention, Document } from "effect-herald/spec"
import * as Scripted from "../../servers/scripted.js"
import { client as transport } from "../../support/client.js"
import { at, Caller, once } from "../../support/kit.js"

const pet = { type: "object", properties: { id: { type: "integer" }, name: { type: "string" } }, required: ["name"] }

const json = {
  openapi: "3.1.0",
  info: { title: "Pets", version: "1.2" },
  servers: [{ url: "https://pets.example/v1" }],
  paths: {
    "/pets": {
      get: {
        tags: ["pets"],
        operationId: "list",
        summary: "Lists pets",
        parameters: [
          { name: "limit", in: "query", description: "The number of pets", schema: { type: "integer", default: 20 } },
          { name: "page", in: "query", schema: { type: "integer" } },
          { name: "X-Trace", in: "header", schema: { type: "string" } }
        ],
        responses: {
          200: {
            description: "Pets",
            headers: { Link: { schema: { type: "string" } } },
            content: { "application/json": { schema: { type: "array", items: { $ref: "#/components/schemas/Pet" } } } }
          }
        }
      },
      post: {
        tags: ["pets"],
        operationId: "create",
        requestBody: {
          required: true,
          content: { "application/json": { schema: { $ref: "#/components/schemas/Pet" } } }
        },
        responses: { 201: { description: "" } }
      }
    },
    "/pets/{id}": {
      get: {
        tags: ["pets"],
        operationId: "get",
        parameters: [{ name: "id", in: "path", required: true, schema: { type: "integer" } }],
        responses: { 200: { content: { "application/json": { schema: { $ref: "#/components/schemas/Pet" } } } } }
      },
      delete: {
        tags: ["pets"],
        operationId: "drop",
        "x-deprecation-warning": "Use archive.\nIt ends in May.",
        parameters: [{ name: "id", in: "path", required: true, schema: { type: "integer" } }],
        responses: { 204: { description: "" } }
      }
    },
    "/then": { get: { tags: ["constructor"], operationId: "then", responses: { 204: { description: "" } } } }
  },
  components: { schemas: { Pet: pet } }
}

const document = Effect.runSync(Document.fromJson(json))

/** Names the methods of pets by former names, too. */
const withAliases: Convention.Convention = {
  nameOf: (operation) => {
    const name = Convention.standard.nameOf(operation)
    return name && { ...name, aliases: [`old_${name.method}`] }
  }
}

const make = (convention?: Convention.Convention) => Client.make(Caller, document, { convention })

const pets = (convention?: Convention.Convention) => make(convention)["pets"]!

/** Runs an effect at a server, and returns the warnings that it logs. */
const run = <A, E>(
  effect: Effect.Effect<A, E, Caller | Layer.Layer.Success<typeof transport>>,
  script: Scripted.Script = [Scripted.json({ name: "Rex" })]
) =>
  Effect.gen(function* () {
    const server = yield* Scripted.make(script)
    const warnings: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      if (logLevel._tag === "Warning") warnings.push(String(message))
    })
    const result = yield* Effect.either(effect).pipe(
      Effect.provide(Layer.mergeAll(transport, once, at(server.url), Logger.replace(Logger.defaultLogger, logger)))
    )
    return {
      result,
      requests: server.requests.map(
        ({ body, method, target }) => `${method} ${target}${body === "" ? "" : ` ${body}`}`
      ),
      warnings
    }
  })

describe("the methods of a client", () => {
  it.scoped("send the requests of the document, and return the value", () =>
    Effect.gen(function* () {
      const { requests, result } = yield* run(pets()["get"]!({ id: 7 }))
      expect(requests).toEqual(["GET /pets/7"])
      expect(result).toMatchObject({ _tag: "Right", right: { name: "Rex" } })
      const created = yield* run(pets()["create"]!.withResponse({ body: { name: "Rex" } }), [
        Scripted.respond({ status: 201 })
      ])
      expect(created.requests).toEqual(['POST /pets {"name":"Rex"}'])
      expect(created.result).toMatchObject({ _tag: "Right", right: { status: 201 } })
    })
  )

  it.scoped.each([
    ["get", {}, /^pets\.get: not sent, since id: is missing/],
    ["get", { id: "seven" }, /id: should be an integer/],
    ["get", { id: 7, nam: 1 }, /nam: is not a parameter.*There are: id|nam: is not a parameter: there are: id/],
    ["list", { limt: 1 }, /limt: is not a parameter; did you mean limit\? There are: limit, page, headers/],
    [
      "list",
      { headers: { "x-trac": "1" } },
      /headers\.x-trac: is not a header of this operation; did you mean X-Trace/
    ],
    ["list", 7, /should be an object, and is/],
    ["create", { body: { id: 1 } }, /body\.name: is missing/],
    ["create", undefined, /body: is missing/]
  ] as const)("refuse the arguments of %s %j, and send nothing", ([method, input, message]) =>
    Effect.gen(function* () {
      const { requests, result } = yield* run(pets()[method]!(input))
      expect(requests).toEqual([])
      expect(result).toMatchObject({ _tag: "Left", left: { _tag: "EncodeError" } })
      expect((result as { readonly left: Error }).left.message).toMatch(message)
    })
  )

  it.scoped("read lists as Streams of items and of pages, if the document declares a list", () =>
    Effect.gen(function* () {
      const script: Scripted.Script = ({ target }) =>
        target.includes("page=2")
          ? Scripted.json([{ name: "b" }])
          : Scripted.json([{ name: "a" }], { headers: { link: '</pets?page=2>; rel="next"' } })
      const { list, get } = pets()
      const { requests, result } = yield* run(Stream.runCollect(list!.items!({ limit: 1 })), script)
      expect(requests).toEqual(["GET /pets?limit=1", "GET /pets?page=2"])
      expect(result).toMatchObject({ _tag: "Right", right: Chunk.make({ name: "a" }, { name: "b" }) })
      expect((yield* run(Stream.runCount(list!.pages!()), script)).result).toMatchObject({ right: 2 })
      expect(get!.items).toBeUndefined()
      expect(get!.pages).toBeUndefined()
      // A method is an operation, of which other lists can be made.
      const again = Pagination.link(list!, { items: (page) => page as ReadonlyArray<unknown> })
      expect((yield* run(Stream.runCount(again()), script)).result).toMatchObject({ right: 2 })
    })
  )

  it.scoped("warn once per client where the operation is deprecated, however it is called", () =>
    Effect.gen(function* () {
      const { drop } = pets()
      const calls = Effect.zipRight(drop!.withResponse({ id: 1 }), drop!({ id: 1 }))
      const done = [Scripted.respond({ status: 204 })]
      expect((yield* run(Effect.zipRight(calls, calls), done)).warnings).toEqual([
        "pets.drop is deprecated by its API: Use archive. It ends in May."
      ])
      expect((yield* run(calls, done)).warnings).toEqual([])
      expect(String(drop)).toContain("\nDeprecated. Use archive. It ends in May.\n")
      expect((yield* run(pets()["drop"]!({ id: 1 }), done)).warnings).toHaveLength(1)
      expect((yield* run(pets()["get"]!({ id: 1 }))).warnings).toEqual([])
    })
  )

  it.scoped("have former names, which are not enumerable and warn once", () =>
    Effect.gen(function* () {
      const resource = pets(withAliases)
      expect(Object.keys(resource)).toEqual(["list", "create", "get", "drop"])
      const { old_get: former } = resource
      const { requests, warnings } = yield* run(Effect.zipRight(former!({ id: 1 }), former!({ id: 2 })))
      expect(requests).toEqual(["GET /pets/1", "GET /pets/2"])
      expect(warnings).toEqual(["pets.old_get is a former name: use pets.get."])
      const list = yield* run(Stream.runDrain(resource["old_list"]!.items!()), [Scripted.json([])])
      expect(list.warnings).toEqual(["pets.old_list is a former name: use pets.list."])
      expect((yield* run(resource["old_drop"]!({ id: 1 }), [Scripted.respond({ status: 204 })])).warnings).toHaveLength(
        2
      )
    })
  )
})

describe("a client", () => {
  it("has resources and methods as plain enumerable properties, and no others", () => {
    const client = make()
    expect(Object.keys(client)).toEqual(["pets", "constructor_"])
    expect(Object.keys(client["pets"]!)).toEqual(["list", "create", "get", "drop"])
    expect(Object.getOwnPropertyDescriptor(client["pets"], "list")).toMatchObject({
      enumerable: true,
      value: client["pets"]!["list"]
    })
    expect(Object.keys(client["constructor_"]!)).toEqual(["then_"])
    for (const name of ["then", "constructor", "__proto__", "toJSON", "hasOwnProperty"]) {
      expect(client[name], name).toBeUndefined()
      expect(client["pets"]![name], name).toBeUndefined()
    }
  })

  it("is not taken for a promise, and does not change", async () => {
    const client = make()
    expect(await Promise.resolve(client)).toBe(client)
    expect(() => Object.assign(client, { more: 1 })).toThrow(TypeError)
    expect(() => Object.assign(client["pets"]!, { list: 1 })).toThrow(TypeError)
  })

  it("shows the help of itself, its resources and methods in a REPL and as a text", () => {
    const client = make()
    expect(inspect(client)).toBe(String(client))
    expect(String(client).split("\n")).toEqual([
      "Pets 1.2: 5 methods in 2 resources",
      "  pets          4  list, create, get, drop",
      "  constructor_  1  then_"
    ])
    expect(inspect(client["pets"]).split("\n")).toEqual([
      "pets: 4 methods",
      "  list({ limit?, page?, headers? })  Lists pets",
      "  create({ body })                   POST /pets",
      "  get({ id })                        GET /pets/{id}",
      "  drop({ id })                       (deprecated) DELETE /pets/{id}"
    ])
    expect(inspect(client["pets"]!["list"])).toBe(String(client["pets"]!["list"]))
    expect(String(client["pets"]!["list"])).toContain("pets.list({ limit?, page?, headers? })\nGET /pets\n")
    expect(inspect({ client, list: client["pets"]!["list"] })).toBe(
      "{ client: [client, 5 methods], list: [method pets.list] }"
    )
    expect(inspect([client["pets"]])).toBe("[ [resource pets, 4 methods] ]")
  })

  it.effect(
    "finds methods by their names, former ones included, and tells the nearest of a name that it does not have",
    () =>
      Effect.gen(function* () {
        const client = make(withAliases)
        expect(yield* Client.method(client, "pets", "list")).toBe(client["pets"]!["list"])
        expect(yield* Client.method(client, "pets", "old_list")).toBe(client["pets"]!["old_list"])
        const noMethod = yield* Effect.flip(Client.method(client, "pets", "lst"))
        expect(noMethod.message).toBe(
          '"lst" is not a method of pets; did you mean list? There are: list, create, get, drop'
        )
        expect(noMethod).toMatchObject({ _tag: "UnknownMethod", resource: "pets", method: "lst" })
        const noResource = yield* Effect.flip(Client.method(client, "toString", "list"))
        expect(noResource.message).toBe('"toString" is not a resource of this client. There are: pets, constructor_')
        expect((yield* Effect.flip(Client.method(client, "pets", "toString"))).method).toBe("toString")
      })
  )

  it("of ten thousand operations reads none of them until it is called", () => {
    let read = 0
    const operations = Array.from({ length: 10_000 }, (_, index) => ({
      ...document.operations[0]!,
      path: `/things/${index}`,
      operationId: `get-thing-${index}`,
      details: () => {
        read += 1
        return document.operations[0]!.details()
      }
    }))
    const client = Client.make(Caller, { ...document, operations })
    expect(Object.keys(client["pets"]!)).toHaveLength(10_000)
    expect(String(client).length).toBeLessThan(300)
    expect(read).toBe(0)
    expect(String(client["pets"]!["getThing7"])).toContain("GET /things/7")
    expect(read).toBeLessThan(5)
  })
})

describe("Client.layer", () => {
  const described = (more: object) =>
    Effect.runSync(Document.fromJson({ ...json, ...more }, { source: "https://docs.example/a/openapi.json" }))

  const servers = [
    {
      url: "https://{region}.pets.example/{version}",
      description: "Production",
      variables: { region: { default: "eu", enum: ["eu", "us"] }, version: { default: "v1" } }
    },
    { url: "../v2/", description: "Beta" },
    { url: "https://{tenant}.example" }
  ]

  const urlOf = (more: object, options: Parameters<typeof Client.layer<Caller>>[2]) =>
    Effect.map(Caller, ({ baseUrl, defaults }) => ({ url: baseUrl.href, trusted: defaults.trustedOrigins })).pipe(
      Effect.provide(Client.layer(Caller, described(more), options)),
      Effect.either
    )

  it.effect.each([
    [{}, "https://eu.pets.example/v1"],
    [{ variables: { region: "us", version: "v3" } }, "https://us.pets.example/v3"],
    [{ server: 1 }, "https://docs.example/v2/"],
    [{ server: "Beta" }, "https://docs.example/v2/"],
    [{ server: "../v2/" }, "https://docs.example/v2/"],
    [{ server: 2, variables: { tenant: "acme" } }, "https://acme.example/"],
    [{ baseUrl: "https://other.example" }, "https://other.example/"]
  ] as const)("has for the options %j the base URL %s", ([options, url]) =>
    Effect.gen(function* () {
      expect(yield* urlOf({ servers }, options)).toMatchObject({ right: { url } })
    })
  )

  it.effect.each([
    [
      { server: 9 },
      /server.*must be the index, URL or description of a server: the servers of the document are 0: https:\/\/\{region\}.*\(Production\), 1: https:\/\/docs\.example\/v2\/ \(Beta\)/
    ],
    [{ server: "nope" }, /must be the index, URL or description/],
    [{ variables: { region: "mars" } }, /variables.*region.*must be one of eu, us/],
    [
      { variables: { regoin: "eu" } },
      /is not a variable of the server .*did you mean region\? There are: region, version/
    ],
    [{ server: 2 }, /tenant.*must be set, since the server https:\/\/\{tenant\}\.example has no default for it/]
  ] as const)("fails for the options %j, and says what there is", ([options, message]) =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(Effect.flatten(urlOf({ servers }, options)))
      expect(String(failed)).toMatch(message)
    })
  )

  it.effect("needs a base URL where the document names no server that can be used", () =>
    Effect.gen(function* () {
      const local = Effect.runSync(Document.fromJson({ ...json, servers: [{ url: "/v1" }] }))
      const failed = yield* Effect.flip(Layer.build(Client.layer(Caller, local)))
      expect(String(failed)).toMatch(/baseUrl.*must be set, since the server \/v1 is relative/)
    }).pipe(Effect.scoped)
  )

  it.effect("trusts the servers of operations with the credentials", () =>
    Effect.gen(function* () {
      const paths = { "/files": { post: { servers: [{ url: "https://uploads.example/x" }], responses: {} } } }
      expect(yield* urlOf({ paths }, {})).toMatchObject({ right: { trusted: ["https://uploads.example"] } })
    })
  )

  it.scoped("adds the credentials of the document's schemes", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.json({ name: "Rex" })])
      const secured = described({
        components: {
          schemas: { Pet: pet },
          securitySchemes: { key: { type: "apiKey", in: "header", name: "X-Key" } }
        },
        security: [{ key: [] }]
      })
      const live = Client.layer(Caller, secured, { baseUrl: server.url, credentials: { key: Redacted.make("secret") } })
      const get = yield* Client.method(Client.make(Caller, secured), "pets", "get")
      yield* get({ id: 1 }).pipe(Effect.provide(Layer.mergeAll(transport, once, live)))
      expect(server.requests[0]!.headers["x-key"]).toBe("secret")
    })
  )
})
