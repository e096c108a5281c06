import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { gzipSync } from "node:zlib"
import { DocumentFiles } from "effect-herald/node"
import { Document } from "effect-herald/spec"
import * as Server from "../../servers/scripted.js"
import { client } from "../../support/client.js"
import { onlyOperation, plain, plainFields, shapeIn } from "../../support/documents.js"
import { once } from "../../support/kit.js"

type Files = Readonly<Record<string, unknown>>

const textOf = (content: unknown): string => (typeof content === "string" ? content : JSON.stringify(content))

/** Reads files from a record, and notes which. Each is a text, or JSON. */
const reader = (files: Files) => {
  const reads: Array<string> = []
  const read = (location: string) => {
    reads.push(location)
    return Object.hasOwn(files, location)
      ? Effect.succeed(textOf(files[location]))
      : Effect.fail(new Document.DocumentError({ message: "there is no such file." }))
  }
  return { read, reads }
}

const load = async (files: Files, location = Object.keys(files)[0]!) => {
  const { read, reads } = reader(files)
  const document = await Effect.runPromise(Document.load(location, { read }))
  return { document, reads }
}

const messages = (document: Document.Document) =>
  document.problems().map(({ message, pointer, source }) => `${source ?? ""}#${pointer}: ${message}`)

const document = (fields: Files) => ({ openapi: "3.1.0", info: { title: "T", version: "1" }, ...fields })

const response = (schema: unknown) => ({
  responses: { 200: { description: "ok", content: { "application/json": { schema } } } }
})

const contentOf = (found: Document.Document): unknown => {
  const [media] = onlyOperation(found).details().responses.get("200")!.content.values()
  return plainFields(media!.shape!)
}

/** A document whose every kind of part is in another file. */
const parts = {
  "openapi.yaml": `
openapi: 3.0.0
info: { title: T, version: "1" }
paths:
  /pets/{id}:
    $ref: paths/pet.yaml
components:
  securitySchemes:
    key: { $ref: "common.json#/keys/key" }
`,
  "paths/pet.yaml": `
parameters:
  - $ref: ../parameters.yaml#/id
get:
  responses:
    "200": { $ref: "../responses.yaml#/Pet" }
    default: { $ref: "../responses.yaml#/~1error" }
`,
  "parameters.yaml": `id: { name: id, in: path, required: true, schema: { $ref: "#/schema" } }
schema: { type: integer }
`,
  "responses.yaml": `
Pet: { description: d, content: { application/json: { schema: { $ref: schemas/Pet.yaml } } } }
/error: { $ref: "#/Error" }
Error: { description: e }
`,
  "schemas/Pet.yaml": `
type: object
properties:
  name: { type: string }
  owner: { $ref: "../common.json#/definitions/Owner" }
  parent: { $ref: "#" }
`,
  "common.json": {
    keys: { key: { type: "apiKey", in: "header", name: "K" } },
    definitions: { Owner: { properties: { pets: { type: "array", items: { $ref: "schemas/Pet.yaml" } } } } }
  }
}

const expectParts = (found: Document.Document) => {
  expect(messages(found)).toEqual([])
  const { parameters, responses } = onlyOperation(found).details()
  expect(parameters.map(({ name, shape }) => [name, plain(shape)])).toEqual([["id", { ref: "schema" }]])
  expect([...responses.keys()]).toEqual(["200", "default"])
  expect(responses.get("default")!.description).toBe("e")
  const [media] = responses.get("200")!.content.values()
  const pet = media!.shape!
  expect(pet.name).toBe("Pet")
  expect(plainFields(pet)).toEqual({
    type: "object",
    properties: { name: { type: "string" }, owner: { ref: "Owner" }, parent: { ref: "Pet" } }
  })
  expect((pet.properties!["parent"] as () => unknown)()).toBe(pet)
  expect(found.securitySchemes.get("key")).toEqual({ type: "apiKey", in: "header", name: "K" })
}

/** Runs a test with a server. */
const served = <A>(
  script: Server.Script,
  test: (
    url: (path: string) => string,
    requests: ReadonlyArray<{ readonly target: string; readonly headers: object }>
  ) => Effect.Effect<A, unknown, never>
) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.flatMap(Server.make(script), ({ requests, url }) => test((path) => new URL(path, url).href, requests))
    )
  )

const fetched = (location: string) =>
  Document.load(location, { read: Document.readUrl }).pipe(Effect.provide(client), Effect.provide(once))

describe("Document.load reads several files", () => {
  it("relative to the file that refers to them, each once", async () => {
    const { document: found, reads } = await load(parts)
    expectParts(found)
    expect([...reads].sort()).toEqual(Object.keys(parts).sort())
  })

  it("from a directory, by path and by URL", async () => {
    const directory = await mkdtemp(join(tmpdir(), "effect-herald-documents-"))
    try {
      for (const [name, content] of Object.entries(parts)) {
        const path = join(directory, name)
        await mkdir(dirname(path), { recursive: true })
        await writeFile(path, textOf(content))
      }
      const path = join(directory, "openapi.yaml")
      for (const location of [path, pathToFileURL(path).href]) {
        expectParts(
          await Effect.runPromise(Effect.provide(Document.load(location, { read: DocumentFiles.read }), client))
        )
      }
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it("from a server, without credentials", () =>
    served(
      ({ target }) => {
        const name = target.slice(1)
        return Object.hasOwn(parts, name)
          ? Server.respond({ body: textOf(parts[name as keyof typeof parts]) })
          : Server.respond({ status: 404 })
      },
      (url, requests) =>
        Effect.map(fetched(url("openapi.yaml")), (found) => {
          expectParts(found)
          expect(found.servers).toMatchObject([{ url: url("/") }])
          expect(requests.map(({ target }) => target).sort()).toEqual(
            Object.keys(parts)
              .map((name) => `/${name}`)
              .sort()
          )
          for (const { headers } of requests) {
            expect(headers).not.toHaveProperty("authorization")
            expect(headers).not.toHaveProperty("cookie")
          }
        })
    ))

  it("where the target is a whole document, of another version", async () => {
    const { document: found } = await load({
      "a/openapi.json": document({ paths: { "/a": { get: response({ $ref: "../b.json#/definitions/Pet" }) } } }),
      "b.json": {
        swagger: "2.0",
        paths: {},
        definitions: { Pet: { type: "object", properties: { name: { type: "string", "x-nullable": true } } } }
      }
    })
    expect(contentOf(found)).toEqual({ type: "object", properties: { name: { type: ["string", "null"] } } })
    expect(messages(found)).toEqual([])
  })

  it("with names in which characters are encoded, spaces, and Unicode", async () => {
    const { document: found } = await load({
      "openapi.json": document({
        paths: { "/a": { get: response({ $ref: "my%20schemas/caf%C3%A9.json#/a%20b~1c%25" }) } }
      }),
      "my schemas/café.json": { "a b/c%": { type: "string" } }
    })
    expect(contentOf(found)).toEqual({ type: "string" })
    expect(messages(found)).toEqual([])
  })

  it("which refer to each other, and to the first one", async () => {
    const { document: found, reads } = await load({
      "openapi.json": document({
        paths: { "/a": { get: response({ $ref: "b.json#/B" }) } },
        components: { schemas: { A: { properties: { b: { $ref: "./b.json#/B" } } } } }
      }),
      "b.json": { B: { properties: { a: { $ref: "x/../openapi.json#/components/schemas/A" } } } }
    })
    expect(contentOf(found)).toEqual({ properties: { a: { ref: "A" } } })
    const a = shapeIn(found, "A")
    const b = (a.properties!["b"] as () => { properties: Record<string, () => unknown> })()
    expect(b.properties["a"]!()).toBe(a)
    expect(reads).toEqual(["openapi.json", "b.json"])
  })

  it("of which one of the same name has another name for its shape", async () => {
    const { document: found } = await load({
      "openapi.json": document({
        paths: { "/a": { get: response({ $ref: "Pet.json" }) } },
        components: { schemas: { Pet: { type: "string" } } }
      }),
      "Pet.json": { type: "integer" }
    })
    const [media] = onlyOperation(found).details().responses.get("200")!.content.values()
    expect(media!.shape).toMatchObject({ name: "Pet 2", type: "integer" })
    expect(shapeIn(found, "Pet")).toMatchObject({ name: "Pet", type: "string" })
  })

  it("and reports one that can't be read, or is none, where it is referred to", async () => {
    const { document: found } = await load({
      "openapi.json": document({
        components: {
          schemas: { A: { $ref: "no.json" }, B: { $ref: "b.json#/x" }, C: { $ref: "c.yaml" }, D: { $ref: "d.yaml" } }
        }
      }),
      "b.json": {},
      "c.yaml": "a: [",
      "d.yaml": "just a text"
    })
    expect(messages(found)).toEqual([
      "#/components/schemas/A: The reference no.json can't be read: there is no such file.; it is any value.",
      "#/components/schemas/B: The reference b.json#/x is not in that file; it is any value.",
      expect.stringMatching(
        /^#\/components\/schemas\/C: The reference c\.yaml can't be read: c\.yaml is not valid YAML at line 1, /
      ),
      "d.yaml#: A schema must be an object, and is a text; it is any value."
    ])
  })

  it("and has their problems with their lines", async () => {
    const { document: found } = await load({
      "openapi.json": document({ components: { schemas: { A: { $ref: "b.yaml#/B" } } } }),
      "b.yaml": "B:\n  properties:\n    a: { type: text }\n"
    })
    const [problem, ...others] = found.problems()
    expect(others).toEqual([])
    expect(problem).toMatchObject({ source: "b.yaml", pointer: "/B/properties/a/type" })
    expect(found.position(problem!)).toEqual({ line: 3, column: 16 })
  })

  it("but not what is in examples, and no file that nothing refers to", async () => {
    const { document: found, reads } = await load({
      "openapi.json": document({
        paths: {
          "/a": {
            get: response({
              type: "object",
              example: { $ref: "example.json" },
              properties: { example: { $ref: "property.json" } },
              "x-a": { $ref: "x.json" }
            })
          }
        }
      }),
      "property.json": { type: "string" }
    })
    expect(reads).toEqual(["openapi.json", "property.json"])
    expect(messages(found)).toEqual([])
  })

  it("up to a limit, which is reported", async () => {
    let reads = 0
    const read = (location: string) =>
      Effect.sync(() => {
        reads += 1
        return JSON.stringify(
          location === "0.json"
            ? document({ components: { schemas: { A: { $ref: "1.json" } } } })
            : { items: { $ref: `${reads}.json` } }
        )
      })
    const found = await Effect.runPromise(Document.load("0.json", { read }))
    expect(reads).toBe(1_000)
    expect(messages(found)).toContain(
      "999.json#/items: 1000.json was not read: a document can have at most 1000 files."
    )
  })

  it("and stops when it is interrupted", async () => {
    const read = (location: string) =>
      location === "a.json"
        ? Effect.succeed(JSON.stringify(document({ paths: { "/": { $ref: "b.json" } } })))
        : Effect.never
    const result = await Effect.runPromise(Effect.timeoutOption(Document.load("a.json", { read }), "50 millis"))
    expect(result._tag).toBe("None")
  })

  it("and fails if the first one can't be read", async () => {
    const error = await Effect.runPromise(
      Effect.flip(Document.load("no.json", { read: DocumentFiles.read }).pipe(Effect.provide(client)))
    )
    expect(error).toBeInstanceOf(Document.DocumentError)
    expect(error).toMatchObject({
      source: "no.json",
      message:
        "no.json can't be read: there is no such file. Check the path, which is relative to the working directory."
    })
  })
})

describe("Document.load reads schema resources", () => {
  it("by $id and $anchor, with references relative to them", async () => {
    const { document: found } = await load({
      "openapi.json": document({
        paths: { "/a": { get: response({ $ref: "https://schemas.example/pet#name" }) } },
        components: {
          schemas: {
            Pet: {
              $id: "https://schemas.example/pet",
              type: "object",
              properties: {
                name: { $ref: "#/$defs/name" },
                owner: { $ref: "owner" },
                other: { $ref: "#/components/schemas/Other" }
              },
              $defs: { name: { $anchor: "name", type: "string" } }
            },
            Owner: {
              $id: "https://schemas.example/owner",
              $dynamicAnchor: "node",
              properties: { next: { $dynamicRef: "#node" } }
            },
            Other: { type: "boolean" }
          }
        }
      })
    })
    expect(messages(found)).toEqual([])
    expect(contentOf(found)).toEqual({ type: "string" })
    expect(plainFields(shapeIn(found, "Pet"))).toEqual({
      type: "object",
      properties: { name: { ref: "name" }, owner: { ref: "Owner" }, other: { ref: "Other" } }
    })
    expect(plainFields(shapeIn(found, "Owner"))).toEqual({ properties: { next: { ref: "Owner" } } })
  })

  it("by the $id of a file, at another address than it is read from", async () => {
    const { document: found, reads } = await load({
      "openapi.json": document({ components: { schemas: { A: { $ref: "a.json#/$defs/x" } } } }),
      "a.json": {
        $id: "https://schemas.example/a.json",
        $defs: {
          x: { type: "array", items: { $ref: "https://schemas.example/a.json#/$defs/y" } },
          y: { type: "string" }
        }
      }
    })
    expect(plainFields(shapeIn(found, "A"))).toEqual({ type: "array", items: { ref: "y" } })
    expect(messages(found)).toEqual([])
    expect(reads).toEqual(["openapi.json", "a.json"])
  })
})

describe("Document.load refuses", () => {
  it("files of the machine to a document from the web", async () => {
    const schemas = { A: { $ref: "file:///etc/passwd" }, B: { $ref: "FILE:/etc/hosts" }, C: { $ref: "b.json" } }
    const { document: found, reads } = await load({
      "https://api.example/openapi.json": document({ components: { schemas } }),
      "https://api.example/b.json": { items: { $ref: "file:///etc/group" } }
    })
    expect(reads).toEqual(["https://api.example/openapi.json", "https://api.example/b.json"])
    expect(messages(found).filter((message) => message.includes("must not read"))).toEqual([
      "#/components/schemas/A: file:///etc/passwd is a file of this machine, which a document from the web must not read.",
      "#/components/schemas/B: file:///etc/hosts is a file of this machine, which a document from the web must not read.",
      "https://api.example/b.json#/items: file:///etc/group is a file of this machine, which a document from the web must not read."
    ])
  })

  it("other files where there is no function that reads them", async () => {
    const text = JSON.stringify(document({ components: { schemas: { A: { $ref: "b.json" } } } }))
    const found = await Effect.runPromise(Document.parse(text, { source: "a.json" }))
    expect(messages(found)).toEqual([
      "#/components/schemas/A: The reference b.json is in a file that was not read; it is any value."
    ])
  })
})

describe("Document.readUrl", () => {
  const text = JSON.stringify(document({}))

  it("follows redirects, and undoes content codings", () =>
    served(
      ({ target }) =>
        target === "/a"
          ? Server.redirect("/b")
          : Server.respond({
              headers: { "content-encoding": "gzip", "content-type": "application/yaml" },
              body: gzipSync("openapi: 3.1.0\ninfo: { title: é }")
            }),
      (url) => Effect.map(fetched(url("/a")), ({ title }) => expect(title).toBe("é"))
    ))

  it("retries, as every call does", () =>
    served([Server.respond({ status: 503, headers: { "retry-after": "0" } }), Server.respond({ body: text })], (url) =>
      Effect.map(Document.load(url("/a"), { read: Document.readUrl }).pipe(Effect.provide(client)), ({ title }) =>
        expect(title).toBe("T")
      )
    ))

  it("fails with the status, and shows no query", () =>
    served([Server.json({ message: "no" }, { status: 404 })], (url) =>
      Effect.map(Effect.flip(fetched(url("/a.json?token=secret"))), (error) => {
        expect(error).toBeInstanceOf(Document.DocumentError)
        expect((error as Document.DocumentError).message).toContain(`${url("/a.json")} can't be read: `)
        expect((error as Document.DocumentError).message).toContain("404")
        expect(JSON.stringify(error)).not.toContain("secret")
      })
    ))

  it("says that a page is HTML", () =>
    served(
      [Server.respond({ headers: { "content-type": "text/html" }, body: "<!doctype html><title>Swagger UI</title>" })],
      (url) =>
        Effect.map(Effect.flip(fetched(url("/docs"))), (error) =>
          expect((error as Document.DocumentError).message).toContain(
            "/docs is HTML: give the address of the document itself"
          )
        )
    ))

  it.each([
    ["file:///etc/passwd", "file:///etc/passwd is no URL of the web"],
    ["openapi.json", "openapi.json is no URL of the web"],
    ["https://", "https:// is no URL of the web"],
    ["https://user:secret@api.example/a", "https://api.example/a can't be read: it has a user name or password"]
  ])("refuses %s", async (location, message) => {
    const error = await Effect.runPromise(Effect.flip(fetched(location)))
    expect(error.message.startsWith(message), error.message).toBe(true)
    expect(JSON.stringify(error)).not.toContain("secret")
  })
})

describe("DocumentFiles.read", () => {
  it.each([
    ["/", "/ can't be read: it is a directory: give a file in it."],
    ["/dev/zero", "/dev/zero can't be read: it is no regular file."],
    ["/no/such", "/no/such can't be read: there is no such file."],
    ["a\0b", "a\0b can't be read: "],
    ["file://%00", "file://%00 can't be read: "]
  ])("refuses %j", async (location, message) => {
    const error = await Effect.runPromise(Effect.flip(DocumentFiles.read(location)).pipe(Effect.provide(client)))
    expect(error.message.startsWith(message), error.message).toBe(true)
  })
})
