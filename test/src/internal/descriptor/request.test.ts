import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { Descriptor } from "../../../../src/Descriptor.js"
import type { TypeName } from "../../../../src/Shape.js"
import { json, make, type Received } from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { described } from "../../../support/described.js"
import { at, once } from "../../../support/kit.js"

/** Calls an operation, and returns the request that the server received. */
const received = (descriptor: Partial<Descriptor>, ...args: ReadonlyArray<unknown>): Effect.Effect<Received, unknown> =>
  Effect.scoped(
    Effect.gen(function* () {
      const server = yield* make([json(null)])
      const call = described(descriptor)(...args)
      yield* Effect.provide(call, [client, at(new URL("v1", server.url)), once])
      return server.requests[0]!
    })
  )

/** Calls an operation, and returns the issues of its input. Nothing is sent. */
const issues = (descriptor: Partial<Descriptor>, args: ReadonlyArray<unknown>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const server = yield* make([json(null)])
      const call = described(descriptor)(...args)
      const error = yield* Effect.flip(Effect.provide(call, [client, at(server.url), once]))
      expect([error._tag, server.requests.length]).toEqual(["EncodeError", 0])
      return error._tag === "EncodeError" ? error.issues.map(({ message, path }) => [path.join("."), message]) : []
    })
  )

const target = (descriptor: Partial<Descriptor>, ...args: ReadonlyArray<unknown>) =>
  Effect.map(received(descriptor, ...args), ({ target }) => target)

const inPath = (...names: ReadonlyArray<string>) => names.map((name) => ({ name, in: "path" }) as const)

describe("A path", () => {
  it.effect.each([
    ["/a/{id}.{ext}", { id: "x y", ext: "tar.gz" }, "/v1/a/x%20y.tar.gz"],
    ["/a/{id}:batchGet", { id: 1 }, "/v1/a/1:batchGet"],
    ["/a/{id}/", { id: 1 }, "/v1/a/1/"],
    ["/", {}, "/v1/"],
    ["a/{id}", { id: 1 }, "/v1/a/1"],
    ["/a/{unknown}/{id}", { id: 1 }, "/v1/a/%7Bunknown%7D/1"],
    ["/a/{the id}/{a/b}/{}{", { "the id": 1, "a/b": 2 }, "/v1/a/1/2/%7B%7D%7B"],
    ["/a/{id}/b/{id}", { id: 1 }, "/v1/a/1/b/1"],
    ["/a?type=x&sort=up", {}, "/v1/a?type=x&sort=up"],
    ["/a?of={id}&x", { id: "b&c" }, "/v1/a?of=b%26c&x"],
    ["/#Action=Create", {}, "/v1/"],
    ["/a/{id}#{x}", { id: 1 }, "/v1/a/1"],
    ["/a{?q,limit}{#part}", {}, "/v1/a"],
    ["/é/%41/a b", {}, "/v1/%C3%A9/%41/a%20b"],
    ["/a/{__proto__}/{constructor}", JSON.parse('{"__proto__": 1, "constructor": 2}'), "/v1/a/1/2"]
  ] as ReadonlyArray<readonly [string, object, string]>)("%s", ([path, input, expected]) =>
    Effect.gen(function* () {
      const names = [...path.matchAll(/\{([^{}]+)\}/g)].map(([, name = ""]) => name)
      const parameters = inPath(...new Set(names.filter((name) => Object.hasOwn(input, name))))
      expect(yield* target({ path, parameters }, input)).toBe(expected)
    })
  )

  it.effect("has the query of the template, without the parameters that are given", () =>
    Effect.gen(function* () {
      const descriptor = { path: "/?Action=Create&V=1", parameters: [{ name: "Action", in: "query" }] } as const
      expect(yield* target(descriptor, { Action: "Delete" })).toBe("/v1/?V=1&Action=Delete")
      expect(yield* target(descriptor)).toBe("/v1/?Action=Create&V=1")
    })
  )

  it.effect("with values that select another resource is an issue", () =>
    Effect.gen(function* () {
      const descriptor = { path: "/a/{id}{ext}", parameters: inPath("id", "ext") } as const
      const two = { path: "/a/{id}/{ext}", parameters: inPath("id", "ext") } as const
      expect(yield* issues(two, [{ id: "x", ext: ".." }])).toEqual([
        ["ext", "makes a segment of dots, which a URL resolves"]
      ])
      expect(yield* issues(descriptor, [{ id: ".", ext: "." }])).toEqual([
        ["id", "makes a segment of dots, which a URL resolves"]
      ])
      expect(yield* issues(descriptor, [{ id: "", ext: null }])).toEqual([
        ["id", "must not be empty in a path"],
        ["ext", "is missing"]
      ])
    })
  )

  it.effect("that is not well-formed is a problem of the operation", () =>
    Effect.gen(function* () {
      expect(yield* issues({ path: "/\ud800" }, [])).toEqual([
        ["path", "must be well-formed Unicode: it has a lone surrogate"]
      ])
    })
  )
})

describe("An input", () => {
  const descriptor: Partial<Descriptor> = {
    path: "/{id}",
    parameters: [
      { name: "id", in: "path" },
      { name: "pageNum", wire: "page_num", in: "query" },
      { name: "limit", in: "query", required: true },
      { name: "X-Trace", in: "header" },
      { name: "session", in: "cookie" }
    ]
  }

  it.effect("is split into the parts of the request", () =>
    Effect.gen(function* () {
      const { headers, target } = yield* received(descriptor, {
        id: 1,
        pageNum: 2n,
        limit: true,
        headers: { "x-trace": "t" },
        cookies: { session: "a;b" }
      })
      expect([target, headers["x-trace"], headers["cookie"]]).toEqual([
        "/v1/1?page_num=2&limit=true",
        "t",
        "session=a%3Bb"
      ])
    })
  )

  it.effect("with unknown names has issues that tell the nearest one, and all of them", () =>
    Effect.gen(function* () {
      expect(
        yield* issues(descriptor, [
          { id: 1, limit: 1, pagenum: 2, zzz: 1, gone: undefined, headers: { "x-trac": "t" }, cookies: { other: 1 } }
        ])
      ).toEqual([
        ["pagenum", "is not a parameter; did you mean pageNum? There are: id, pageNum, limit, headers, cookies"],
        ["zzz", "is not a parameter. There are: id, pageNum, limit, headers, cookies"],
        ["headers.x-trac", "is not a header of this operation; did you mean X-Trace? There are: X-Trace"],
        ["cookies.other", "is not a cookie of this operation. There are: session"]
      ])
    })
  )

  it.effect("has all of its issues reported at once", () =>
    Effect.gen(function* () {
      expect(yield* issues(descriptor, [{ headers: 1, cookies: { session: "\ud800" } }])).toEqual([
        ["id", "is missing"],
        ["limit", "is missing"],
        ["headers", "should be an object, and is number"],
        ["cookies.session", "must be well-formed Unicode: it has a lone surrogate"]
      ])
    })
  )

  it.effect.each([[1], ["text"], [true], [() => {}], [[]], [[1]]])("that is no object is an issue: %s", ([input]) =>
    Effect.gen(function* () {
      const found = yield* issues(descriptor, [input])
      expect(found[0]?.[1]).toMatch(/^should be an object, and is /)
    })
  )

  it.effect("is checked by the shapes, as it is sent", () =>
    Effect.gen(function* () {
      const shape = (type: TypeName) => ({ type, enum: [0] })
      const descriptor: Partial<Descriptor> = {
        method: "POST",
        parameters: [
          { name: "text", in: "query", shape: { type: "string" } },
          { name: "list", in: "query", shape: { type: "array", items: { type: "integer" } } },
          { name: "time", in: "query", shape: { type: "string", format: "date-time" } },
          { name: "closed", in: "query", shape: shape("integer") },
          { name: "property", in: "body", shape: { type: "object", additional: false } }
        ]
      }
      const good = { text: Redacted.make(Redacted.make("s")), list: [1n, null], time: new Date(0), closed: 0 }
      expect(yield* target(descriptor, { ...good, property: {} })).toBe(
        "/v1/x?text=s&list=1&time=1970-01-01T00%3A00%3A00.000Z&closed=0"
      )
      expect(yield* target(descriptor, { time: DateTime.unsafeMake(0) })).toBe(
        "/v1/x?time=1970-01-01T00%3A00%3A00.000Z"
      )
      expect(yield* issues(descriptor, [{ text: 1, list: ["1"], time: 0, closed: 1, property: { a: 1 } }])).toEqual([
        ["text", "should be a string, and is an integer"],
        ["list.0", "should be an integer, and is a string"],
        ["time", "should be a string, and is an integer"],
        ["closed", "should be one of 0"],
        ["property.a", "is not expected"]
      ])
    })
  )

  it.effect.each([
    ["a Map", new Map()],
    ["a function", () => {}],
    ["NaN", Number.NaN],
    ["an invalid Date", new Date(Number.NaN)]
  ] as const)("can't have %s in a parameter", ([, value]) =>
    Effect.gen(function* () {
      expect((yield* issues(descriptor, [{ id: value, limit: 1 }])).map(([path]) => path)).toEqual(["id"])
    })
  )

  it.effect("with two parts of one name is a problem of the operation", () =>
    Effect.gen(function* () {
      const content = { "application/json": {} }
      const found = yield* issues({ method: "POST", parameters: [{ name: "body", in: "query" }], body: { content } }, [
        {}
      ])
      expect(found).toEqual([["body", "is the name of two parts of this operation's input"]])
    })
  )

  it.effect("of hostile names is sent as it is", () =>
    Effect.gen(function* () {
      const parameters = ["__proto__", "constructor", "toString"].map((name) => ({ name, in: "query" }) as const)
      const input = JSON.parse('{"__proto__": 1, "constructor": 2}')
      expect(yield* target({ parameters }, input)).toBe("/v1/x?__proto__=1&constructor=2")
      expect(yield* target({ parameters }, {})).toBe("/v1/x")
      expect((yield* issues({}, [input])).map(([path]) => path)).toEqual(["__proto__", "constructor"])
    })
  )
})

describe("A positional call", () => {
  const descriptor: Partial<Descriptor> = {
    path: "/{id}",
    positional: ["id", "X-Trace", "kind"],
    parameters: [
      { name: "id", in: "path" },
      { name: "X-Trace", in: "header", required: true },
      { name: "X-Other", in: "header" },
      { name: "kind", in: "query", required: true },
      { name: "limit", in: "query" }
    ]
  }

  it.effect("has the required parameters first, and the rest by name", () =>
    Effect.gen(function* () {
      const { headers, target } = yield* received(descriptor, 1, "t", "k", { limit: 2, headers: { "X-Other": "o" } })
      expect([target, headers["x-trace"], headers["x-other"]]).toEqual(["/v1/1?kind=k&limit=2", "t", "o"])
    })
  )

  it.effect.each([
    [[1, "t", "k", {}, 5], "", "the arguments are id, X-Trace, kind and an object of options, and there are 5"],
    [[1, "t", "k", 5], "options", "should be an object, and is number"],
    [[1, "t", "k", { id: 2 }], "id", "is given twice: as an argument, and by its name"],
    [[1, "t"], "kind", "is missing"]
  ] as const)("of other arguments has an issue: %j", ([args, path, message]) =>
    Effect.gen(function* () {
      expect(yield* issues(descriptor, args)).toEqual([[path, message]])
    })
  )
})

describe("A body", () => {
  const post = (mediaType: string, of: object = {}): Partial<Descriptor> => ({
    method: "POST",
    body: { content: { [mediaType]: of } }
  })
  const bodyOf = (descriptor: Partial<Descriptor>, input: object) =>
    Effect.map(received(descriptor, input), ({ body, headers }) => [headers["content-type"], body])

  it.effect("of JSON", () =>
    Effect.gen(function* () {
      const body = { a: [1n, null, undefined].slice(0, 2), b: Redacted.make("s"), c: undefined, d: new Date(0) }
      const text = '{"a":[1,null],"b":"s","d":"1970-01-01T00:00:00.000Z"}'
      expect(yield* bodyOf(post("application/json"), { body })).toEqual(["application/json", text])
      const type = "application/vnd.x+json; v=1"
      expect(yield* bodyOf(post(type), { body })).toEqual([type, text])
      expect(yield* bodyOf(post("application/json"), { body: null })).toEqual(["application/json", "null"])
    })
  )

  it.effect("of properties that are parameters", () =>
    Effect.gen(function* () {
      const descriptor: Partial<Descriptor> = {
        method: "POST",
        parameters: [
          { name: "name", in: "body", required: true },
          { name: "page_size", wire: "pageSize", in: "body" },
          { name: "note", in: "body" }
        ]
      }
      expect(yield* bodyOf(descriptor, { name: "n", page_size: 1, note: null })).toEqual([
        "application/json",
        '{"name":"n","pageSize":1,"note":null}'
      ])
      expect(yield* issues(descriptor, [{ page_size: 1 }])).toEqual([["name", "is missing"]])
      const optional = { method: "POST", parameters: [{ name: "a", in: "body" }] } as const
      expect(yield* bodyOf(optional, {})).toEqual([undefined, ""])
    })
  )

  it.effect("of a form, with the styles of its encoding", () =>
    Effect.gen(function* () {
      const type = "application/x-www-form-urlencoded"
      const encoding = {
        deep: { style: "deepObject" },
        flat: { style: "form", explode: false },
        json: { contentType: "application/json" }
      } as const
      const body = {
        a: "x y&é",
        list: [1, 2],
        object: { k: "v" },
        deep: { k: ["v"] },
        flat: ["a", "b,c"],
        json: "j",
        no: null
      }
      const [contentType, text = ""] = yield* bodyOf(post(type, { encoding }), { body })
      expect(contentType).toBe(type)
      expect([...new URLSearchParams(text)]).toEqual([
        ["a", "x y&é"],
        ["list", "1"],
        ["list", "2"],
        ["object", '{"k":"v"}'],
        ["deep[k][]", "v"],
        ["flat", "a,b,c"],
        ["json", '"j"']
      ])
      expect(text).toContain("flat=a,b%2Cc")
    })
  )

  it.effect("of a multipart form", () =>
    Effect.gen(function* () {
      const encoding = { meta: { contentType: "application/json" }, picture: { contentType: "image/png, image/jpeg" } }
      const { body, bytes, headers } = yield* received(post("multipart/form-data", { encoding }), {
        body: {
          text: Redacted.make("é"),
          meta: { a: 1 },
          'quo"te\r\n': 2,
          list: ["x", { y: 1 }],
          picture: new Uint8Array([0, 255]),
          file: new File(["content"], 'a"é.txt', { type: "text/x" }),
          blob: new Blob(["b"]),
          no: undefined
        }
      })
      const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(headers["content-type"] ?? "")?.[1]
      expect(body.replaceAll(boundary ?? "?", "B")).toBe(
        [
          '--B\nContent-Disposition: form-data; name="text"\n\né',
          '--B\nContent-Disposition: form-data; name="meta"\nContent-Type: application/json\n\n{"a":1}',
          '--B\nContent-Disposition: form-data; name="quo%22te%0D%0A"\n\n2',
          '--B\nContent-Disposition: form-data; name="list"\n\nx',
          '--B\nContent-Disposition: form-data; name="list"\nContent-Type: application/json\n\n{"y":1}',
          '--B\nContent-Disposition: form-data; name="picture"; filename="blob"\nContent-Type: image/png\n\n\0\ufffd',
          '--B\nContent-Disposition: form-data; name="file"; filename="a%22é.txt"\nContent-Type: text/x\n\ncontent',
          '--B\nContent-Disposition: form-data; name="blob"; filename="blob"\nContent-Type: application/octet-stream\n\nb',
          "--B--\n"
        ]
          .join("\n")
          .replaceAll("\n", "\r\n")
      )
      expect(Buffer.from(bytes).includes(Buffer.from([0, 255, 13, 10]))).toBe(true)
    })
  )

  it.effect("of text and bytes", () =>
    Effect.gen(function* () {
      expect(yield* bodyOf(post("text/plain"), { body: "é" })).toEqual(["text/plain; charset=utf-8", "é"])
      expect(yield* bodyOf(post("text/plain"), { body: 5 })).toEqual(["text/plain; charset=utf-8", "5"])
      expect(yield* bodyOf(post("application/xml"), { body: "<a/>" })).toEqual(["application/xml", "<a/>"])
      const bytes = new TextEncoder().encode("bytes")
      const type = "application/octet-stream"
      for (const body of [bytes, bytes.buffer, new Blob([bytes]), Stream.make(bytes), Redacted.make("bytes")]) {
        expect(yield* bodyOf(post(type), { body })).toEqual([type, "bytes"])
      }
      expect(yield* issues(post("application/xml"), [{ body: { a: 1 } }])).toEqual([
        [
          "body",
          "should be text, a Uint8Array, a Blob or a Stream of bytes, to be sent as application/xml, and is an object"
        ]
      ])
    })
  )

  it.effect("of JSON lines", () =>
    Effect.gen(function* () {
      expect(yield* bodyOf(post("application/jsonl"), { body: [{ a: 1 }, "b\n"] })).toEqual([
        "application/jsonl",
        '{"a":1}\n"b\\n"\n'
      ])
    })
  )

  it.effect("of the media type that the caller chooses", () =>
    Effect.gen(function* () {
      const descriptor: Partial<Descriptor> = {
        method: "PUT",
        body: { content: { "application/json": {}, "text/csv": {}, "image/*": {} } }
      }
      expect(yield* bodyOf(descriptor, { body: "x" })).toEqual(["application/json", '"x"'])
      expect(yield* bodyOf(descriptor, { body: "x", contentType: "text/csv" })).toEqual([
        "text/csv; charset=utf-8",
        "x"
      ])
      expect(yield* bodyOf(descriptor, { body: "x", contentType: "image/png" })).toEqual(["image/png", "x"])
      expect(yield* issues(descriptor, [{ body: "x", contentType: "text/cvs" }])).toEqual([
        [
          "contentType",
          "is not a media type of this operation; did you mean text/csv? There are: application/json, text/csv, image/*"
        ]
      ])
      expect(yield* issues(descriptor, [{ body: "x", contentType: "image/png\r\nx: y" }])).toEqual([
        ["body", "has a media type that can't be sent in a header"]
      ])
      const image = { method: "PUT", body: { content: { "image/*": {} } } } as const
      expect(yield* bodyOf(image, { body: new Blob(["x"], { type: "image/gif" }) })).toEqual(["image/gif", "x"])
      expect(yield* issues(image, [{ body: "x" }])).toEqual([
        ["contentType", "is missing: the media type of the body, one of image/*"]
      ])
    })
  )

  it.effect("is left out, or missing", () =>
    Effect.gen(function* () {
      expect(yield* bodyOf(post("application/json"), {})).toEqual([undefined, ""])
      const required = { method: "POST", body: { required: true, content: { "application/json": {} } } } as const
      expect(yield* issues(required, [])).toEqual([["body", "is missing"]])
      expect(yield* issues(post("application/json"), [{ body: { a: { b: new Map() } } }])).toEqual([
        ["body.a.b", "is a Map: use Object.fromEntries"]
      ])
      expect(yield* issues(post("application/x-www-form-urlencoded"), [{ body: [1] }])).toEqual([
        ["body", "should be a plain object, and is an array"]
      ])
    })
  )

  it.effect("that contains itself, or is nested without end, is an issue", () =>
    Effect.gen(function* () {
      const cyclic: { self?: unknown } = {}
      cyclic.self = cyclic
      let deep: unknown = 1
      for (let depth = 0; depth < 20_000; depth += 1) deep = { a: deep }
      for (const value of [cyclic, deep]) {
        expect(yield* issues(post("application/json"), [{ body: value }])).toEqual([
          ["body", "contains itself, or is nested more than 1000 levels deep"]
        ])
        for (const type of ["multipart/form-data", "application/x-www-form-urlencoded"]) {
          expect((yield* issues(post(type), [{ body: { value } }])).length).toBe(1)
        }
        const parameters = [{ name: "p", in: "query", style: "deepObject" } as const]
        expect((yield* issues({ parameters }, [{ p: value }])).length).toBe(1)
      }
    })
  )
})

describe("Redacted values", () => {
  it.effect("are sent, and appear in no error", () =>
    Effect.gen(function* () {
      const secret = "s3cr3t-value"
      const descriptor: Partial<Descriptor> = {
        method: "POST",
        path: "/{id}",
        parameters: [
          { name: "id", in: "path" },
          { name: "q", in: "query" },
          { name: "h", in: "header" },
          { name: "b", in: "body" }
        ]
      }
      const server = yield* make([json({ message: `no ${secret}` }, { status: 400 })])
      const input = {
        id: Redacted.make(secret),
        q: [Redacted.make(secret)],
        headers: { h: Redacted.make(secret) },
        b: { c: Redacted.make(secret) }
      }
      const layers = [client, at(server.url), once] as const
      const error = yield* Effect.flip(Effect.provide(described(descriptor)(input), layers))
      const { body, headers, target } = server.requests[0]!
      expect([target, headers["h"], body]).toEqual([`/${secret}?q=${secret}`, secret, `{"b":{"c":"${secret}"}}`])
      expect(JSON.stringify(error) + String(error)).not.toContain(secret)
      const wrong = { ...input, headers: { h: Redacted.make(`${secret}\n`) } }
      const issue = yield* Effect.flip(Effect.provide(described(descriptor)(wrong), layers))
      expect(issue._tag).toBe("EncodeError")
      expect(JSON.stringify(issue) + String(issue)).not.toContain(secret)
    }).pipe(Effect.scoped)
  )
})
