import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Document } from "effect-herald/spec"
import { documentOf, onlyOperation, read, type Version } from "../../support/documents.js"

const parse = (text: string, options?: Document.Options) => Effect.runPromise(Document.parse(text, options))

const messages = (problems: ReadonlyArray<{ readonly pointer: string; readonly message: string }>) =>
  problems.map(({ message, pointer }) => `${pointer}: ${message}`)

const json = `{
  "swagger": "2.0",
  "info": { "title": "T", "version": "1.0" },
  "paths": { "/a": { "get": { "responses": { "200": { "description": "ok" } } } } }
}`

const yaml = `# comment
swagger: 2.0
info: { title: T, version: 1.0 }
x-base: &base
  description: ok
paths:
  /a:
    get:
      responses:
        200:
          <<: *base
`

describe("Document.parse", () => {
  it.each([
    ["JSON", json],
    ["JSON with a byte order mark", `\uFEFF${json}`],
    ["JSON after white space", `\n\t ${json}`],
    ["YAML with numbers for texts, an alias and a merge key", yaml],
    ["YAML with a byte order mark", `\uFEFF${yaml}`],
    ["YAML with Windows line ends", yaml.replaceAll("\n", "\r\n")],
    ["YAML after a document start", `%YAML 1.2\n---\n${yaml}`],
    ["JSON with a comma too many, which is YAML", json.replace('"1.0" }', '"1.0", }')]
  ])("reads %s", async (_, text) => {
    const document = await parse(text, { source: "a.json" })
    expect(document).toMatchObject({ specification: "2.0", title: "T", source: "a.json" })
    expect(Number(document.version)).toBe(1)
    expect([...onlyOperation(document).details().responses.values()]).toMatchObject([{ description: "ok" }])
    expect(document.problems()).toEqual([])
  })

  it("keeps large integers", async () => {
    const schemas = { S: { enum: [0] } }
    const text = JSON.stringify(documentOf("3.0", { components: { schemas } })).replace("[0]", "[9007199254740993]")
    expect((await parse(text)).shapes.get("S")!().enum).toEqual([9007199254740993n])
  })

  it.each<readonly [string, Version | undefined, ReadonlyArray<string>]>([
    ['{"swagger":"2.0"}', "2.0", []],
    ['{"swagger":2}', "2.0", []],
    ['{"openapi":"3.0.3"}', "3.0", []],
    ['{"openapi":"3.0.0-rc2"}', "3.0", []],
    ['{"openapi":3}', "3.0", []],
    ['{"openapi":"3.1.1"}', "3.1", []],
    ['{"openapi":3.1}', "3.1", []],
    ['{"openapi":"3.2.0"}', "3.2", []],
    ['{"openapi":"3.9.0"}', "3.2", ["/openapi: OpenAPI 3.9.0 is not known; the document is read as 3.2."]],
    ['{"openapi":"3.0.0","swagger":"2.0"}', "3.0", []],
    ['{"paths":{}}', "3.0", [": The document has no `openapi` or `swagger`; it is read as 3.0."]],
    ['{"paths":{},"host":"a"}', "2.0", [": The document has no `openapi` or `swagger`; it is read as 2.0."]]
  ])("reads the version of %s", async (text, version, problems) => {
    const document = await parse(text)
    expect(document.specification).toBe(version)
    expect(messages(document.problems())).toEqual(problems)
    expect(document.operations).toEqual([])
  })
})

const failure = async (text: string) => {
  const error = await Effect.runPromise(Effect.flip(Document.parse(text, { source: "a.yaml" })))
  expect(error).toBeInstanceOf(Document.DocumentError)
  expect(error.source).toBe("a.yaml")
  return error
}

describe("Document.parse fails with what was found", () => {
  it.each([
    ["an empty text", "", "a.yaml is an empty text: the file is empty, or the server sent nothing."],
    ["white space", " \n\t", "a.yaml is an empty text"],
    ["HTML", "<!DOCTYPE html><html></html>", "a.yaml is HTML: give the address of the document itself"],
    ["HTML with a byte order mark", "\uFEFF\n<html lang='en'>", "a.yaml is HTML"],
    ["WSDL", '<?xml version="1.0"?><wsdl:definitions/>', "a.yaml is WSDL."],
    ["XML", "<a/>", "a.yaml is XML."],
    ["RAML", "#%RAML 1.0\ntitle: x", "a.yaml is RAML: convert it to OpenAPI first."],
    ["GraphQL", "type Query {\n a: Int\n}", "a.yaml is a GraphQL schema."],
    ["an array", "[]", "a.yaml is an array."],
    ["null", "null", "a.yaml is null."],
    ["a number", "1", "a.yaml is a number."],
    ["a text", "Not Found", "a.yaml is a text without fields."],
    ["an empty object", "{}", "a.yaml is an empty object."],
    ["a path", "openapi.json", "a.yaml is a text without fields."],
    [
      "Swagger 1.2",
      '{"swaggerVersion":"1.2","apis":[]}',
      "a.yaml is a Swagger 1 document: convert it to OpenAPI 3 first."
    ],
    [
      "a Postman collection",
      '{"info":{"_postman_id":"1"},"item":[]}',
      "a.yaml is a Postman collection: convert it to OpenAPI first."
    ],
    ["AsyncAPI", "asyncapi: 3.0.0", "a.yaml is an AsyncAPI document"],
    ["an Overlay", "overlay: 1.0.0", "a.yaml is an OpenAPI Overlay"],
    ["a Discovery document", '{"kind":"discovery#restDescription"}', "a.yaml is a Google API Discovery document"],
    ["HAR", '{"log":{"entries":[]}}', "a.yaml is an HTTP archive (HAR)"],
    ["a JSON Schema", '{"$schema":"x","type":"object"}', "a.yaml is a JSON Schema"],
    [
      "a version to come",
      '{"openapi":"4.0.0"}',
      'a.yaml is a document of OpenAPI "4.0.0", which is not a version that is known.'
    ],
    ["a version of another type", '{"openapi":{}}', "a.yaml is a document of OpenAPI an object"],
    [
      "an error of a server",
      '{"message":"Bad credentials"}',
      'a.yaml is an object without `openapi` or `swagger`, which says "Bad credentials".'
    ],
    [
      "any other object",
      '{"a":1,"b":2}',
      'a.yaml is an object without `openapi` or `swagger`; its fields are "a", "b".'
    ]
  ])("%s", async (_, text, message) => {
    const error = await failure(text)
    expect(error.message.startsWith(message), error.message).toBe(true)
    expect(error.message).toContain("This reads Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2, as JSON or YAML.")
  })

  it("JSON that is cut short, with its end", async () => {
    const error = await failure('{"openapi":"3.0.0",\n"paths":{"/a":{')
    expect(error.message).toMatch(/^a\.yaml is not valid JSON at line 2, column 16: /)
    expect(error).toMatchObject({ line: 2, column: 16 })
  })

  it("YAML with a syntax error, with its place", async () => {
    const error = await failure("openapi: 3.0.0\npaths:\n  /a: [\n")
    expect(error.message).toMatch(/^a\.yaml is not valid YAML at line \d, column \d+: /)
    expect(error.line).toBeGreaterThan(2)
  })

  it("a value that is no document", () => {
    for (const value of [undefined, null, [], "x", 1, () => {}]) {
      const error = Effect.runSync(Effect.flip(Document.fromJson(value)))
      expect(error.message).toContain("This reads Swagger 2.0")
    }
  })
})

describe("Document has operations", () => {
  const operation = { responses: { 200: { description: "ok" } } }

  it("in the order of the document, with what describes them", () => {
    const document = read(
      documentOf("3.1", {
        paths: {
          "/b": {
            summary: "of the path",
            servers: [{ url: "https://path.example" }],
            post: {
              ...operation,
              operationId: "make",
              tags: ["a", 1, null],
              summary: "Makes one",
              description: "d",
              deprecated: true,
              security: [{ key: [] }, {}],
              servers: [{ url: "https://own.example" }],
              "x-a": { b: 1 }
            },
            get: { ...operation, security: [] }
          },
          "x-extension": {},
          "/a": { head: operation }
        },
        components: { securitySchemes: { key: { type: "http", scheme: "Bearer" } } }
      })
    )
    expect(document.operations.map(({ method, path, pointer }) => [method, path, pointer])).toEqual([
      ["POST", "/b", "/paths/~1b/post"],
      ["GET", "/b", "/paths/~1b/get"],
      ["HEAD", "/a", "/paths/~1a/head"]
    ])
    const [post, get, head] = document.operations
    expect(post).toMatchObject({
      operationId: "make",
      tags: ["a", "1"],
      summary: "Makes one",
      description: "d",
      deprecated: true,
      security: [["key"], []],
      servers: [{ url: "https://own.example" }]
    })
    expect(post!.extensions).toEqual({ "x-a": { b: 1 } })
    expect(get).toMatchObject({ summary: "of the path", security: [], servers: [{ url: "https://path.example" }] })
    expect(head!.security).toBe(undefined)
    expect(head!.servers).toBe(undefined)
    expect(messages(document.problems())).toEqual([
      "/paths/~1b/post/tags: Item 2 of `tags` must be a text, and is null; it is left out."
    ])
  })

  it("of path items that are references", () => {
    const document = read(
      documentOf("3.1", {
        paths: {
          "/a": { $ref: "#/components/pathItems/i" },
          "/b": { $ref: "#/paths/~1a", get: { ...operation, summary: "own" } },
          "/c": { $ref: "#/no" }
        },
        components: { pathItems: { i: { get: { ...operation, summary: "shared" }, put: operation } } }
      })
    )
    expect(document.operations.map(({ method, path, summary }) => [method, path, summary])).toEqual([
      ["GET", "/a", "shared"],
      ["PUT", "/a", undefined],
      ["PUT", "/b", undefined],
      ["GET", "/b", "own"]
    ])
    expect(messages(document.problems())).toEqual([
      "/paths/~1c: The reference #/no is not in the document; it is left out."
    ])
  })

  it("of methods that can be sent; the others are reported", () => {
    const methods = ["get", "put", "post", "delete", "options", "head", "patch"]
    const item = Object.fromEntries([...methods, "trace", "query", "PoSt2"].map((method) => [method, operation]))
    const document = read(
      documentOf("3.2", { paths: { "/a": { ...item, additionalOperations: { LINK: operation, link2: 1 } } } })
    )
    expect(document.operations.map(({ method }) => method)).toEqual(methods.map((method) => method.toUpperCase()))
    expect(messages(document.problems())).toEqual([
      "/paths/~1a/trace: TRACE /a has a method that can't be sent; it is left out.",
      "/paths/~1a/query: QUERY /a has a method that can't be sent; it is left out.",
      "/paths/~1a/PoSt2: POST2 /a has a method that can't be sent; it is left out.",
      "/paths/~1a/additionalOperations/LINK: LINK /a has a method that can't be sent; it is left out.",
      "/paths/~1a/additionalOperations/link2: The operation link2 of /a must be an object, and is a number; it is left out."
    ])
  })

  it("whose details are read once", () => {
    const found = onlyOperation(read(documentOf("3.0", { paths: { "/a": { get: operation } } })))
    expect(found.details()).toBe(found.details())
  })

  it("reports operations of one id, and keeps them", () => {
    const paths = {
      "/a": { get: { ...operation, operationId: "x" } },
      "/b": { get: { ...operation, operationId: "x" } }
    }
    const document = read(documentOf("3.0", { paths }))
    expect(document.operations).toHaveLength(2)
    expect(messages(document.problems())).toEqual([
      '/paths/~1b/get/operationId: The operationId "x" is that of GET /a, too.'
    ])
  })
})

/** The servers of a document, as URLs. */
const servers = (version: Version, fields: Readonly<Record<string, unknown>>, source?: string) => {
  const document = read(documentOf(version, fields), { source })
  return { urls: document.servers.map(({ url }) => url), problems: messages(document.problems()) }
}

describe("Document has servers", () => {
  const web = "https://api.example/docs/openapi.json"

  it.each<readonly [Version, Record<string, unknown>, string | undefined, ReadonlyArray<string>]>([
    [
      "2.0",
      { host: "a.example", basePath: "/v1", schemes: ["http", "https"] },
      undefined,
      ["https://a.example/v1", "http://a.example/v1"]
    ],
    ["2.0", { host: "a.example:8080", basePath: "/" }, undefined, ["https://a.example:8080"]],
    ["2.0", { host: "a.example", basePath: "v1/", schemes: ["ws"] }, undefined, ["https://a.example/v1"]],
    ["2.0", { basePath: "/v1" }, undefined, ["/v1"]],
    ["2.0", { basePath: "/v1" }, "openapi.json", ["/v1"]],
    ["2.0", { basePath: "/v1" }, web, ["https://api.example/v1"]],
    ["2.0", {}, "http://localhost:80/x", ["http://localhost"]],
    ["2.0", { host: "other.example" }, "http://localhost/x", ["http://other.example"]],
    ["2.0", {}, undefined, ["/"]],
    ["3.0", {}, undefined, ["/"]],
    ["3.0", {}, web, ["https://api.example/"]],
    ["3.0", { servers: [] }, web, ["https://api.example/"]],
    [
      "3.0",
      { servers: [{ url: "https://a.example/v1" }, { url: "https://b.example" }] },
      web,
      ["https://a.example/v1", "https://b.example"]
    ],
    ["3.0", { servers: [{ url: "/v1" }] }, "openapi.yaml", ["/v1"]],
    [
      "3.0",
      { servers: [{ url: "/v1" }, { url: "v1/{a}" }, { url: "//b.example" }, { url: "." }] },
      web,
      ["https://api.example/v1", "https://api.example/docs/v1/{a}", "https://b.example/", "https://api.example/docs/"]
    ],
    [
      "3.0",
      { servers: [{ url: "{scheme}://{host}/v1" }, { url: " https://{a}.example " }] },
      web,
      ["{scheme}://{host}/v1", "https://{a}.example"]
    ]
  ])("%s: %j from %s", (version, fields, source, urls) => {
    expect(servers(version, fields, source).urls).toEqual(urls)
  })

  it("with variables", () => {
    const [server] = read(
      documentOf("3.0", {
        servers: [
          {
            url: "https://{a}.example:{port}/{b}/{constructor}",
            description: "d",
            variables: {
              a: { default: "x", enum: ["x", "y"], description: "v" },
              port: { default: 8443 },
              b: { enum: ["z"] },
              unused: { default: "u" }
            }
          }
        ]
      })
    ).servers
    expect(server!.description).toBe("d")
    expect([...server!.variables]).toEqual([
      ["a", { default: "x", enum: ["x", "y"], description: "v" }],
      ["port", { default: "8443", description: undefined }],
      ["b", { default: "z", enum: ["z"], description: undefined }],
      ["constructor", { default: "" }]
    ])
  })

  it("reports what can't be used", () => {
    expect(servers("3.0", { servers: ["https://a.example", {}, { url: "/{a}", variables: { a: 1 } }] })).toEqual({
      urls: ["/{a}"],
      problems: [
        "/servers/0: A server must be an object, and is a text; it is left out.",
        "/servers/1: A server must have a `url`; it is left out.",
        "/servers/2: Nothing describes the variable a of the server /{a}; its default is empty."
      ]
    })
    expect(servers("2.0", { host: "https://a.example/", schemes: "https" })).toEqual({
      urls: ["https://a.example"],
      problems: [
        "/host: The host https://a.example/ must have no scheme and no slash at its end; it is read as a.example.",
        "/schemes: `schemes` must be an array, and is a text; it is left out."
      ]
    })
    expect(servers("3.0", { servers: {} })).toEqual({
      urls: ["/"],
      problems: ["/servers: `servers` must be an array, and is an object; it is left out."]
    })
  })

  it("of an operation whose schemes are its own", () => {
    const document = read(
      documentOf("2.0", {
        host: "a.example",
        schemes: ["https"],
        paths: { "/a": { get: { schemes: ["http"], responses: { 200: {} } } } }
      })
    )
    expect(onlyOperation(document).servers).toMatchObject([{ url: "http://a.example" }])
  })
})

describe("Document has security schemes", () => {
  const scopes = { a: "A", b: "B" }

  it("2.0, read into those of OpenAPI 3", () => {
    const document = read(
      documentOf("2.0", {
        security: [{ basic: [], key: [] }, {}],
        securityDefinitions: {
          basic: { type: "basic", description: "d" },
          key: { type: "apiKey", in: "header", name: "X-Key" },
          implicit: { type: "oauth2", flow: "implicit", authorizationUrl: "https://a", scopes },
          password: { type: "oauth2", flow: "password", tokenUrl: "https://t", scopes },
          application: { type: "oauth2", flow: "application", tokenUrl: "https://t" },
          accessCode: {
            type: "oauth2",
            flow: "accessCode",
            authorizationUrl: "https://a",
            tokenUrl: "https://t",
            scopes
          }
        }
      })
    )
    expect(document.security).toEqual([["basic", "key"], []])
    expect(Object.fromEntries(document.securitySchemes)).toEqual({
      basic: { type: "http", scheme: "basic", description: "d" },
      key: { type: "apiKey", in: "header", name: "X-Key" },
      implicit: { type: "oauth2", flows: { implicit: { authorizationUrl: "https://a", scopes: ["a", "b"] } } },
      password: { type: "oauth2", flows: { password: { tokenUrl: "https://t", scopes: ["a", "b"] } } },
      application: { type: "oauth2", flows: { clientCredentials: { tokenUrl: "https://t", scopes: [] } } },
      accessCode: {
        type: "oauth2",
        flows: { authorizationCode: { authorizationUrl: "https://a", tokenUrl: "https://t", scopes: ["a", "b"] } }
      }
    })
    expect(document.problems()).toEqual([])
  })

  it("3.x", () => {
    const document = read(
      documentOf("3.2", {
        components: {
          securitySchemes: {
            bearer: { type: "http", scheme: "Bearer", bearerFormat: "JWT" },
            reference: { $ref: "#/components/securitySchemes/bearer" },
            cookie: { type: "apiKey", in: "cookie", name: "session" },
            oauth: {
              type: "oauth2",
              flows: {
                deviceAuthorization: {
                  deviceAuthorizationUrl: "https://d",
                  tokenUrl: "https://t",
                  refreshUrl: "https://r",
                  scopes
                },
                "x-a": 1
              }
            },
            connect: { type: "openIdConnect", openIdConnectUrl: "https://c" },
            tls: { type: "mutualTLS" }
          }
        }
      })
    )
    expect(document.security).toEqual([])
    expect(Object.fromEntries(document.securitySchemes)).toEqual({
      bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
      reference: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
      cookie: { type: "apiKey", in: "cookie", name: "session" },
      oauth: {
        type: "oauth2",
        flows: {
          deviceAuthorization: {
            deviceAuthorizationUrl: "https://d",
            tokenUrl: "https://t",
            refreshUrl: "https://r",
            scopes: ["a", "b"]
          }
        }
      },
      connect: { type: "openIdConnect", url: "https://c" },
      tls: { type: "mutualTLS" }
    })
    expect(document.problems()).toEqual([])
  })

  it("and reports those that it can't use, and those that are not there", () => {
    const securitySchemes = {
      a: "x",
      b: {},
      c: { type: "hmac" },
      d: { type: "apiKey", in: "body", name: "k" },
      e: { type: "apiKey", in: "query" },
      f: { type: "http" },
      g: { type: "openIdConnect" },
      h: { $ref: "#/no" },
      i: { type: "oauth2", flows: { password: "x" } }
    }
    const document = read(documentOf("3.0", { components: { securitySchemes }, security: [{ none: [] }, "x"] }))
    expect([...document.securitySchemes.keys()]).toEqual(["i"])
    expect(document.security).toEqual([["none"]])
    const at = "/components/securitySchemes"
    expect(messages(document.problems())).toEqual([
      `${at}/a: The security scheme "a" must be an object, and is a text; it is left out.`,
      `${at}/b: The security scheme "b" has no \`type\`; it is left out.`,
      `${at}/c: The security scheme "c" has the type "hmac", which is unknown; it is left out.`,
      `${at}/d: The security scheme "d" must have an \`in\` of header, query or cookie; it is left out.`,
      `${at}/e: The security scheme "e" has no \`name\`, which is that of its header, query parameter or cookie; it is left out.`,
      `${at}/f: The security scheme "f" has no \`scheme\`, such as bearer; it is left out.`,
      `${at}/g: The security scheme "g" has no \`openIdConnectUrl\`; it is left out.`,
      `${at}/h: The reference #/no is not in the document; it is left out.`,
      `${at}/i/flows/password: A flow must be an object, and is a text; it is left out.`,
      '/security/0/none: There is no security scheme "none".',
      "/security/1: A security requirement must be an object, and is a text; it is left out."
    ])
  })
})

describe("Document.position", () => {
  const places = [
    "",
    "/info/title",
    "/paths/~1a/get/responses/200",
    "/no/such",
    "/paths/~1a/get/x",
    "/tags/1/name",
    "/tags/9"
  ]
  const asJson = `{
  "openapi": "3.0.0", "a": "\\"}{", "tags": [ {"x": [1, {"y": "]"}]},
    { "name": "b" } ],
  "info": { "title":
    "T" },
  "paths": { "/b": null, "\\/a": { "get": { "responses": { "200": {} } } } }
}`
  const asYaml = `openapi: 3.0.0
tags:
  - x: [1]
  - name: b
info:
  title: T
paths:
  /b:
  /a:
    get:
      responses:
        200: {}
`

  it("finds pointers, or the nearest part above them, in JSON", async () => {
    const { position } = await parse(asJson)
    expect(places.map((pointer) => Object.values(position({ pointer })!).join(":"))).toEqual([
      "1:1",
      "5:5",
      "6:66",
      "1:1",
      "6:42",
      "3:15",
      "2:44"
    ])
  })

  it("finds them in YAML", async () => {
    const { position } = await parse(asYaml)
    expect(places.map((pointer) => Object.values(position({ pointer })!).join(":"))).toEqual([
      "1:1",
      "6:10",
      "12:14",
      "1:1",
      "11:7",
      "4:11",
      "3:3"
    ])
  })

  it("finds the last one of two keys in JSON, which is the one that counts", async () => {
    const { position } = await parse('{"openapi":"3.0.0",\n"paths":{},\n"paths":{}}')
    expect(position({ pointer: "/paths" })).toEqual({ line: 3, column: 9 })
  })

  it("is undefined for a document that was not read from a text", () => {
    expect(read(documentOf("3.0", {})).position({ pointer: "/paths" })).toBe(undefined)
  })

  it("reports keys that YAML has twice", async () => {
    const { position, problems } = await parse("openapi: 3.0.0\npaths: {}\npaths: {}\n")
    expect(problems()).toEqual([{ pointer: "/paths", message: 'The key "paths" is there twice; the last one counts.' }])
    expect(position(problems()[0]!)).toEqual({ line: 3, column: 8 })
  })
})

describe("Document.parse applies corrections", () => {
  it("in order, before anything is read, and keeps their problems", async () => {
    const add =
      (path: string): Document.Correction =>
      (json) => ({
        json: {
          ...(json as {}),
          paths: { ...(json as { paths: {} }).paths, [path]: { get: { responses: { 200: {} } } } }
        },
        problems: [{ pointer: "", message: path }]
      })
    const document = await parse('{"openapi":"3.1.0","paths":{}}', { corrections: [add("/a"), add("/b")] })
    expect(document.operations.map(({ path }) => path)).toEqual(["/a", "/b"])
    expect(document.json).toMatchObject({ paths: { "/a": {}, "/b": {} } })
    expect(messages(document.problems())).toEqual([": /a", ": /b"])
  })

  it("which may make a document of what was none", async () => {
    const document = await parse('{"a":1}', { corrections: [() => ({ json: { openapi: "3.1.0" }, problems: [] })] })
    expect(document.specification).toBe("3.1")
  })
})
