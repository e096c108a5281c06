import { describe, expect, it } from "@effect/vitest"
import type { Document } from "effect-herald/spec"
import { documentOf, onlyOperation, plain, read, type Version } from "../../support/documents.js"

/** Reads the operation of a document that has one, and the problems of the document. */
const readOne = (
  version: Version,
  operation: unknown,
  more: Readonly<Record<string, unknown>> = {},
  [path, method] = ["/a/{id}", "post"]
) => {
  const document = read(documentOf(version, { paths: { [path]: { [method]: operation } }, ...more }))
  const found = onlyOperation(document)
  return { document, operation: found, details: found.details() }
}

const messages = (problems: ReadonlyArray<{ readonly pointer: string; readonly message: string }>) =>
  problems.map(({ message, pointer }) => `${pointer}: ${message}`)

const id = { name: "id", in: "path", required: true }
const ok = { responses: { 200: { description: "ok" } } }

const shown = ({ pointer: _, shape, ...rest }: Document.DocumentParameter) => ({ ...rest, shape: plain(shape) })

/** Reads one parameter besides `id`. */
const parameterOf = (version: Version, parameter: unknown) => {
  const { details } = readOne(version, {
    ...ok,
    parameters: [{ ...id, ...(version === "2.0" ? { type: "string" } : { schema: { type: "string" } }) }, parameter]
  })
  const [, ...others] = details.parameters
  return { parameters: others.map(shown), problems: messages(details.problems) }
}

const list = { type: "array", items: { type: "string" } }
const string = { type: "string" }
const query = { name: "a", in: "query", required: false }

type Case = readonly [version: Version, title: string, parameter: unknown, expected: Record<string, unknown>]

const parameters: ReadonlyArray<Case> = [
  [
    "2.0",
    "a query",
    { name: "a", in: "query", type: "integer", format: "int64", description: "d" },
    { ...query, shape: { type: "integer", format: "int64" }, description: "d" }
  ],
  ["2.0", "csv, the default", { name: "a", in: "query", ...list }, { ...query, explode: false, shape: list }],
  [
    "2.0",
    "csv",
    { name: "a", in: "query", collectionFormat: "csv", ...list },
    { ...query, explode: false, shape: list }
  ],
  ["2.0", "multi", { name: "a", in: "query", collectionFormat: "multi", ...list }, { ...query, shape: list }],
  [
    "2.0",
    "ssv",
    { name: "a", in: "query", collectionFormat: "ssv", ...list },
    { ...query, style: "spaceDelimited", shape: list }
  ],
  [
    "2.0",
    "tsv",
    { name: "a", in: "query", collectionFormat: "tsv", ...list },
    { ...query, style: "tabDelimited", shape: list }
  ],
  [
    "2.0",
    "pipes",
    { name: "a", in: "query", collectionFormat: "pipes", ...list },
    { ...query, style: "pipeDelimited", shape: list }
  ],
  [
    "2.0",
    "csv in a header",
    { name: "a", in: "header", ...list },
    { name: "a", in: "header", required: false, shape: list }
  ],
  [
    "2.0",
    "a format of what is no array",
    { name: "a", in: "query", collectionFormat: "multi", type: "string" },
    { ...query, shape: string }
  ],
  ["3.0", "a query", { name: "a", in: "query", schema: list }, { ...query, shape: list }],
  [
    "3.0",
    "form without explode",
    { name: "a", in: "query", explode: false, schema: list },
    { ...query, explode: false, shape: list }
  ],
  [
    "3.0",
    "form with explode, the default",
    { name: "a", in: "query", style: "form", explode: true, schema: list },
    { ...query, shape: list }
  ],
  [
    "3.0",
    "deepObject",
    { name: "a", in: "query", style: "deepObject", explode: true, schema: { type: "object" } },
    { ...query, style: "deepObject", explode: true, shape: { type: "object" } }
  ],
  [
    "3.0",
    "spaceDelimited",
    { name: "a", in: "query", style: "spaceDelimited", schema: list },
    { ...query, style: "spaceDelimited", shape: list }
  ],
  [
    "3.0",
    "reserved characters",
    { name: "a", in: "query", allowReserved: true, schema: string },
    { ...query, allowReserved: true, shape: string }
  ],
  [
    "3.0",
    "a header with explode",
    { name: "X-A", in: "header", explode: true, required: true, schema: list },
    { name: "X-A", in: "header", required: true, explode: true, shape: list }
  ],
  [
    "3.0",
    "a cookie",
    { name: "a", in: "cookie", schema: string },
    { name: "a", in: "cookie", required: false, shape: string }
  ],
  [
    "3.2",
    "a cookie of style cookie",
    { name: "a", in: "cookie", style: "cookie", schema: string },
    { name: "a", in: "cookie", required: false, style: "cookie", shape: string }
  ],
  [
    "3.2",
    "a whole query",
    { name: "a", in: "querystring", content: { "application/x-www-form-urlencoded": { schema: { type: "object" } } } },
    {
      name: "a",
      in: "querystring",
      required: false,
      content: "application/x-www-form-urlencoded",
      shape: { type: "object" }
    }
  ],
  [
    "3.0",
    "content",
    { name: "a", in: "query", content: { "application/json": { schema: list } } },
    { ...query, content: "application/json", shape: list }
  ],
  ["3.0", "no schema", { name: "a", in: "query" }, { ...query, shape: {} }],
  [
    "3.0",
    "the keywords of Swagger 2.0",
    { name: "a", in: "query", collectionFormat: "csv", ...list },
    { ...query, explode: false, shape: list }
  ],
  [
    "3.1",
    "a deprecated one",
    { name: "a", in: "query", deprecated: true, description: null, schema: string },
    { ...query, deprecated: true, shape: string }
  ]
]

describe("Document reads parameters", () => {
  it.each(parameters)("%s: %s", (version, _, parameter, expected) => {
    const found = parameterOf(version, parameter)
    expect(found).toEqual({ parameters: [expected], problems: [] })
  })

  it("styles of paths", () => {
    const { details } = readOne(
      "3.0",
      {
        ...ok,
        parameters: [
          { name: "a", in: "path", style: "label", explode: true, schema: list },
          { name: "b", in: "path", style: "matrix", schema: list },
          { name: "c", in: "path", required: false, schema: list }
        ]
      },
      {},
      ["/{a}/{b}.{c}", "get"]
    )
    expect(details.parameters.map(shown)).toEqual([
      { name: "a", in: "path", required: true, style: "label", explode: true, shape: list },
      { name: "b", in: "path", required: true, style: "matrix", shape: list },
      { name: "c", in: "path", required: true, shape: list }
    ])
  })

  it("those of an operation replace those of its path, in their place", () => {
    const document = read(
      documentOf("3.0", {
        paths: {
          "/a/{id}": {
            parameters: [
              { ...id, schema: string },
              { name: "a", in: "query", description: "path" },
              { name: "a", in: "header", schema: string }
            ],
            get: {
              ...ok,
              parameters: [
                { name: "b", in: "query" },
                { $ref: "#/components/parameters/a", description: "operation" }
              ]
            }
          }
        },
        components: {
          parameters: { a: { name: "a", in: "query", required: true, schema: list, description: "component" } }
        }
      })
    )
    const { parameters, problems } = onlyOperation(document).details()
    expect(parameters.map(({ description, in: place, name, pointer }) => [name, place, description, pointer])).toEqual([
      ["id", "path", undefined, "/paths/~1a~1{id}/parameters/0"],
      ["a", "query", "operation", "/components/parameters/a"],
      ["a", "header", undefined, "/paths/~1a~1{id}/parameters/2"],
      ["b", "query", undefined, "/paths/~1a~1{id}/get/parameters/0"]
    ])
    expect(problems).toEqual([])
  })

  it("headers that the rest of an operation describes are not among them (OpenAPI 3.1, 4.8.12.2.1)", () => {
    for (const name of ["Accept", "content-type", "AUTHORIZATION"]) {
      expect(parameterOf("3.1", { name, in: "header", schema: string })).toEqual({ parameters: [], problems: [] })
      expect(parameterOf("2.0", { name, in: "header", ...string }).parameters).toHaveLength(1)
    }
  })
})

const p = "/paths/~1a~1{id}/post/parameters/1"

const wrongParameters: ReadonlyArray<readonly [title: string, parameter: unknown, problem: string]> = [
  ["a text", "a", `${p}: A parameter must be an object, and is a text; it is left out.`],
  ["null", null, `${p}: A parameter must be an object, and is null; it is left out.`],
  ["no name", { in: "query" }, `${p}: A parameter must have a name; it is left out.`],
  ["an empty name", { name: "", in: "query" }, `${p}: A parameter must have a name; it is left out.`],
  ["no place", { name: "a" }, `${p}: The parameter a must be \`in\` path, query, header or cookie; it is left out.`],
  [
    "an unknown place",
    { name: "a", in: "url" },
    `${p}: The parameter a must be \`in\` path, query, header or cookie; it is left out.`
  ],
  [
    "the second of two",
    { ...id, description: "other" },
    `${p}: There are two parameters id in path, of which this is the second; it is left out.`
  ],
  [
    "one that the path does not have",
    { name: "b", in: "path" },
    `${p}: The path /a/{id} has no parameter b; it is left out.`
  ],
  [
    "a missing reference",
    { $ref: "#/components/parameters/a" },
    `${p}: The reference #/components/parameters/a is not in the document; it is left out.`
  ]
]

describe("Document leaves out parameters that it can't use", () => {
  it.each(wrongParameters)("%s", (_, parameter, problem) => {
    expect(parameterOf("3.0", parameter)).toEqual({ parameters: [], problems: [problem] })
  })

  it("a style that a place does not have is the default", () => {
    for (const [place, style] of [
      ["query", "simple"],
      ["header", "form"],
      ["cookie", "deepObject"]
    ]) {
      const {
        parameters: [found],
        problems
      } = parameterOf("3.0", { name: "a", in: place, style, schema: string })
      expect(found!.style).toBe(undefined)
      expect(problems).toEqual([expect.stringContaining(`The style ${style} is not one of`)])
    }
  })

  it("a parameter of the path that nothing describes is a text", () => {
    const { details } = readOne("3.0", ok)
    expect(details.parameters.map(shown)).toEqual([{ name: "id", in: "path", required: true, shape: string }])
    expect(messages(details.problems)).toEqual([
      "/paths/~1a~1{id}/post: Nothing describes the parameter id of the path /a/{id}; it is a text."
    ])
  })
})

/** The body of an operation, as plain data. */
const bodyOf = (
  version: Version,
  operation: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
  method = "post"
) => {
  const { details } = readOne(version, { ...ok, ...operation }, more, ["/a", method])
  const { body } = details
  return {
    body: body && {
      required: body.required,
      ...(body.name === undefined ? {} : { name: body.name }),
      ...(body.description === undefined ? {} : { description: body.description }),
      content: Object.fromEntries(
        [...body.content].map(([type, media]) => [
          type,
          {
            ...media,
            ...(media.shape && { shape: plain(media.shape) }),
            ...(media.items && { items: plain(media.items) })
          }
        ])
      )
    },
    problems: messages(details.problems)
  }
}

const pet = { name: "pet", in: "body", required: true, description: "d", schema: { type: "object" } }

describe("Document reads bodies", () => {
  it("2.0: a body has the media types of its operation, or of the document, or JSON", () => {
    const media = { shape: { type: "object" } }
    const expected = { required: true, name: "pet", description: "d" }
    const of = (consumes: unknown, more = {}) =>
      bodyOf("2.0", { parameters: [pet], ...(consumes === undefined ? {} : { consumes }) }, more)
    expect(of(undefined)).toEqual({ body: { ...expected, content: { "application/json": media } }, problems: [] })
    expect(of(undefined, { consumes: ["text/xml", "a/b"] }).body!.content).toEqual({ "text/xml": media, "a/b": media })
    expect(of(["c/d"], { consumes: ["a/b"] }).body!.content).toEqual({ "c/d": media })
    expect(of([], { consumes: ["a/b"] }).body!.content).toEqual({ "application/json": media })
  })

  it("2.0: form data is a body of its media type", () => {
    const parameters = [
      { name: "a", in: "formData", type: "string", required: true, description: "d" },
      { name: "b", in: "formData", ...list, collectionFormat: "multi" },
      { name: "c", in: "formData", ...list }
    ]
    const shape = {
      type: "object",
      properties: { a: { ...string, description: "d" }, b: list, c: list },
      required: ["a"]
    }
    const media = { shape, encoding: { c: { explode: false } } }
    expect(bodyOf("2.0", { parameters })).toEqual({
      body: { required: true, content: { "application/x-www-form-urlencoded": media } },
      problems: []
    })
    expect(
      bodyOf("2.0", { parameters }, { consumes: ["application/json", "multipart/form-data"] }).body!.content
    ).toEqual({ "multipart/form-data": media })
    const file = { name: "f", in: "formData", type: "file" }
    expect(bodyOf("2.0", { parameters: [file], consumes: ["application/x-www-form-urlencoded"] })).toEqual({
      body: {
        required: false,
        content: {
          "multipart/form-data": { shape: { type: "object", properties: { f: { type: "string", format: "binary" } } } }
        }
      },
      problems: []
    })
  })

  it("3.x: content in the order of the document, with encodings", () => {
    const requestBody = {
      description: "d",
      content: {
        "text/plain": {},
        "multipart/form-data": {
          schema: { type: "object" },
          encoding: {
            a: { contentType: "image/png" },
            b: { style: "spaceDelimited", explode: true, allowReserved: true },
            c: {}
          }
        },
        "application/jsonl": { itemSchema: { type: "string" } }
      }
    }
    expect(bodyOf("3.2", { requestBody })).toEqual({
      body: {
        required: false,
        description: "d",
        content: {
          "text/plain": {},
          "multipart/form-data": {
            shape: { type: "object" },
            encoding: {
              a: { contentType: "image/png" },
              b: { style: "spaceDelimited", explode: true, allowReserved: true },
              c: {}
            }
          },
          "application/jsonl": { items: { type: "string" } }
        }
      },
      problems: []
    })
  })

  it("3.x: a reference, whose description is replaced", () => {
    const found = bodyOf(
      "3.1",
      { requestBody: { $ref: "#/components/requestBodies/b", description: "own" } },
      {
        components: {
          requestBodies: {
            b: { $ref: "#/components/requestBodies/c" },
            c: { required: true, description: "d", content: { "a/b": { $ref: "#/components/mediaTypes/m" } } }
          },
          mediaTypes: { m: { schema: true } }
        }
      }
    )
    expect(found).toEqual({
      body: { required: true, description: "own", content: { "a/b": { shape: {} } } },
      problems: []
    })
  })

  it("bodies that can't be used are left out", () => {
    const at = "/paths/~1a/post/requestBody"
    const of = (requestBody: unknown, method?: string) => bodyOf("3.0", { requestBody }, {}, method)
    expect(of("x")).toEqual({ problems: [`${at}: A request body must be an object, and is a text; it is left out.`] })
    expect(of({})).toEqual({
      problems: [`${at}: A request body must have \`content\` with a media type; it is left out.`]
    })
    expect(of({ content: [] }).problems).toEqual([
      `${at}/content: \`content\` must be an object, and is an array; it is left out.`,
      `${at}: A request body must have \`content\` with a media type; it is left out.`
    ])
    expect(of({ content: { "a/b": "x" } })).toEqual({
      body: { required: false, content: { "a/b": {} } },
      problems: [`${at}/content/a~1b: A media type must be an object, and is a text; its content is any value.`]
    })
    expect(of({ content: { "a/b": {} } }, "get")).toEqual({
      problems: ["/paths/~1a/get: A GET request has no body (RFC 9110, 9.3.1); that of this operation is left out."]
    })
    expect(of({ content: { "a/b": {} } }, "delete").problems).toEqual([])
    expect(of(null)).toEqual({ problems: [] })
  })
})

const responsesOf = (version: Version, responses: unknown, more: Readonly<Record<string, unknown>> = {}) => {
  const { details } = readOne(version, { responses }, more, ["/a", "get"])
  return {
    responses: Object.fromEntries(
      [...details.responses].map(([status, { content, description, headers }]) => [
        status,
        {
          description,
          headers: Object.fromEntries(
            [...headers].map(([name, header]) => [name, { ...header, shape: plain(header.shape) }])
          ),
          content: Object.fromEntries([...content].map(([type, { shape }]) => [type, shape && plain(shape)]))
        }
      ])
    ),
    problems: messages(details.problems)
  }
}

describe("Document reads responses", () => {
  it("2.0: a schema is content of each media type that is produced", () => {
    const responses = {
      200: { description: "d", schema: list, headers: { "X-A": { type: "integer", description: "h" } } },
      default: { description: "e" }
    }
    const expected = (content: unknown) => ({
      responses: {
        200: { description: "d", headers: { "x-a": { description: "h", shape: { type: "integer" } } }, content },
        default: { description: "e", headers: {}, content: {} }
      },
      problems: []
    })
    expect(responsesOf("2.0", responses)).toEqual(expected({ "application/json": list }))
    expect(responsesOf("2.0", responses, { produces: ["a/b", "c/d"] })).toEqual(expected({ "a/b": list, "c/d": list }))
  })

  it("3.x: content and headers, ranges and default, and references", () => {
    const found = responsesOf(
      "3.1",
      {
        200: { description: "d", content: { "application/json": { schema: list }, "text/plain": {} } },
        "2xx": { $ref: "#/components/responses/r" },
        default: {
          headers: { "X-B": { $ref: "#/components/headers/h" }, "X-C": { content: { "a/b": { schema: string } } } }
        },
        "x-extension": 1
      },
      { components: { responses: { r: { description: "r" } }, headers: { h: { schema: string, description: "h" } } } }
    )
    expect(found).toEqual({
      responses: {
        200: { description: "d", headers: {}, content: { "application/json": list, "text/plain": undefined } },
        "2XX": { description: "r", headers: {}, content: {} },
        default: { headers: { "x-b": { description: "h", shape: string }, "x-c": { shape: string } }, content: {} }
      },
      problems: []
    })
  })

  it("responses that can't be used are reported", () => {
    const at = "/paths/~1a/get/responses"
    const empty = { description: undefined, headers: {}, content: {} }
    expect(
      responsesOf("3.0", { 200: "ok", 99: {}, ok: {}, 404: null, 500: { $ref: "#/no" }, 501: { headers: { a: 1 } } })
    ).toEqual({
      responses: { 200: empty, 404: empty, 500: empty, 501: empty },
      problems: [
        `${at}/99: "99" is not a status, such as 200, 2XX or default; the response is left out.`,
        `${at}/200: A response must be an object, and is a text; it has no content.`,
        `${at}/500: The reference #/no is not in the document; it is left out.`,
        `${at}/501/headers/a: A header must be an object, and is a number; it is left out.`,
        `${at}/ok: "ok" is not a status, such as 200, 2XX or default; the response is left out.`
      ]
    })
    expect(responsesOf("3.0", undefined).problems).toEqual(["/paths/~1a/get: The operation has no responses."])
    expect(responsesOf("3.1", undefined).problems).toEqual([])
    expect(responsesOf("3.0", []).problems[0]).toBe(
      `/paths/~1a/get/responses: \`responses\` must be an object, and is an array; it is left out.`
    )
  })
})
