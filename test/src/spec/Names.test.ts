import { describe, expect, it } from "@effect/vitest"
import { Convention, type Document, Names } from "effect-herald/spec"

const noDetails: Document.OperationDetails = { parameters: [], responses: new Map(), problems: [] }

/** An operation as a reader makes it. */
const operation = (
  method: string,
  path: string,
  {
    details = noDetails,
    ...more
  }: Partial<Omit<Document.DocumentOperation, "details">> & {
    readonly details?: Document.OperationDetails
  } = {}
): Document.DocumentOperation => ({
  pointer: `/paths/${path.replaceAll("~", "~0").replaceAll("/", "~1")}/${method.toLowerCase()}`,
  method,
  path,
  tags: [],
  deprecated: false,
  extensions: {},
  details: () => details,
  ...more
})

const documentOf = (
  operations: ReadonlyArray<Document.DocumentOperation>,
  more: Partial<Document.Document> = {}
): Document.Document => ({
  specification: "3.1",
  title: "Test",
  version: "1",
  servers: [],
  security: [],
  securitySchemes: new Map(),
  tags: [],
  operations,
  shapes: new Map(),
  json: {},
  problems: () => [],
  position: () => undefined,
  ...more
})

const namesOf = (...operations: ReadonlyArray<Document.DocumentOperation>) => {
  const { operations: named, problems } = Names.make(documentOf(operations))
  return { names: named.map(({ method, resource }) => `${resource}.${method}`), problems }
}

describe("Names.make, by the standard convention", () => {
  it.each([
    ["repos", "repos/list-for-user", "repos.listForUser"],
    ["repos", "repos_list-for-user", "repos.listForUser"],
    ["Repos", "repos.list", "repos.list"],
    ["pet store", "pet-store/list", "petStore.list"],
    ["pets", "listPets", "pets.listPets"],
    ["pets", "pets", "pets.pets"],
    ["pets", "petsList", "pets.petsList"],
    ["pets", "GET_PET_LIST", "pets.getPetList"],
    ["OAuth", "OAuth.getURLList", "oAuth.getURLList"],
    ["URLs", "ID", "urls.id"],
    ["straße", "größe-ändern", "straße.größeÄndern"],
    ["日本", "日本/一覧", "日本.一覧"],
    ["🎉", "🎉", "pets.get"],
    ["2fa", "2fa/enable", "_2fa.enable"],
    ["class", "delete", "class.delete"]
  ])("names an operation with the tag %s and the id %s %s", (tag, operationId, name) => {
    expect(namesOf(operation("GET", "/v1/pets", { tags: [tag], operationId }))).toEqual({ names: [name], problems: [] })
  })

  it.each([
    ["GET", "/pets", "pets.get"],
    ["GET", "/pets/{id}", "pets.getById"],
    ["GET", "/pets/{petId}/owners/{owner_id}", "pets.getByPetIdOwnersByOwnerId"],
    ["POST", "/api/v1.2/pet-owners/", "petOwners.post"],
    ["POST", "/rest/api/3/issue", "issue.post"],
    ["POST", "/2024-01-01/pets:batchGet", "pets.postBatchGet"],
    ["GET", "/files/{a}.{b}", "files.getByAByB"],
    ["GET", "/pets.json", "pets.getJson"],
    ["GET", "/api/v1", "api.getV1"],
    ["GET", "/{id}", "root.getById"],
    ["DELETE", "/", "root.delete"]
  ])("names %s %s without tag and id %s", (method, path, name) => {
    expect(namesOf(operation(method, path))).toEqual({ names: [name], problems: [] })
  })
})

describe("Names.make, where names can't be used", () => {
  it("lets the first operation of a name keep it, and names the others by method and path", () => {
    const list = (path: string) => operation("GET", path, { tags: ["pets"], operationId: "list" })
    const { names, problems } = namesOf(list("/pets"), list("/v2/pets"), list("/v2/pets/{id}"), list("/v2/pets/{ID}"))
    expect(names).toEqual(["pets.list", "pets.getV2Pets", "pets.getV2PetsById", "pets.getV2PetsByID"])
    expect(problems.map(({ message }) => message)).toEqual(
      names.slice(1).map((name) => `pets.list is the name of GET /pets, too: this operation is ${name}`)
    )
    expect(problems[0]!.pointer).toBe("/paths/~1v2~1pets/get")
  })

  it("does not give an operation the name that another one has by itself", () => {
    const { names } = namesOf(
      operation("GET", "/a", { tags: ["x"], operationId: "same" }),
      operation("GET", "/b", { tags: ["x"], operationId: "same" }),
      operation("GET", "/c", { tags: ["x"], operationId: "getB" })
    )
    expect(names).toEqual(["x.same", "x.getB2", "x.getB"])
  })

  it("does not change names when an operation is added behind", () => {
    const some = [
      operation("GET", "/a"),
      operation("GET", "/a/{x}"),
      operation("GET", "/A/"),
      operation("GET", "/a{x}")
    ]
    const before = namesOf(...some).names
    expect(namesOf(...some, operation("PUT", "/a"), operation("GET", "/a//")).names.slice(0, 4)).toEqual(before)
  })

  it.each(["then", "constructor", "toString", "valueOf", "toJSON", "hasOwnProperty", "prototype"])(
    "does not name an operation or a resource %s",
    (trap) => {
      const { names, problems } = namesOf(operation("GET", "/x", { tags: [trap], operationId: trap }))
      expect(names).toEqual([`${trap}_.${trap}_`])
      expect(problems.map(({ message }) => message)).toEqual([
        `the name ${trap}.${trap} can't be used: it is ${trap}_.${trap}_`
      ])
    }
  )

  it("makes a name that can stand after a dot of any name of a convention", () => {
    for (const name of [
      "__proto__",
      "a b",
      "1",
      "",
      "\u0000",
      "\ud800",
      "a.b",
      '"',
      "x".repeat(100_000),
      "__defineGetter__"
    ]) {
      const convention: Convention.Convention = { nameOf: () => ({ resource: name, method: name }) }
      const { operations, problems } = Names.make(documentOf([operation("GET", "/x")]), convention)
      expect(operations).toHaveLength(1)
      for (const made of [operations[0]!.resource, operations[0]!.method]) {
        expect(made).toMatch(/^[\p{ID_Start}_][\p{ID_Continue}]*$/u)
        expect(made.length).toBeLessThan(130)
        expect(made in {}).toBe(false)
      }
      expect(problems).toHaveLength(1)
    }
  })

  it("uses one spelling of resources that differ in case only", () => {
    const { names } = namesOf(
      operation("GET", "/a", { tags: ["userList"], operationId: "a" }),
      operation("GET", "/b", { tags: ["userlist"], operationId: "b" })
    )
    expect(names).toEqual(["userList.a", "userList.b"])
  })

  it("reports operations whose method can't be sent, and leaves out those that the convention leaves out", () => {
    const document = documentOf([
      operation("TRACE", "/a"),
      operation("GET", "/b", { deprecated: true }),
      operation("GET", "/c")
    ])
    const current: Convention.Convention = {
      nameOf: (operation) => (operation.deprecated ? undefined : Convention.standard.nameOf(operation))
    }
    const { operations, problems } = Names.make(document, current)
    expect(operations.map(({ resource }) => resource)).toEqual(["c"])
    expect(problems).toEqual([
      {
        pointer: "/paths/~1a/trace",
        message: "requests with the method TRACE can't be sent: the operation is left out"
      }
    ])
  })

  it("drops former names that are those of other operations", () => {
    const convention: Convention.Convention = {
      nameOf: ({ path }) => ({ resource: "x", method: path.slice(1), aliases: ["a", "b", "old", "no name"] })
    }
    const { operations, problems } = Names.make(
      documentOf([operation("GET", "/a"), operation("GET", "/b")]),
      convention
    )
    expect(operations.map(({ aliases }) => aliases)).toEqual([["old"], []])
    expect(problems).toHaveLength(7)
  })

  it("names fifty thousand operations of one name, each differently", () => {
    const operations = Array.from({ length: 50_000 }, (_, index) =>
      operation("GET", index % 2 === 0 ? `/${"-".repeat(index % 7)}` : `/p/${index}`, {
        tags: ["x"],
        operationId: "same"
      })
    )
    const { names, problems } = namesOf(...operations)
    expect(new Set(names).size).toBe(50_000)
    expect(problems).toHaveLength(49_999)
  })
})

describe("Names.exportName", () => {
  it.each([
    ["list", "list"],
    ["delete", "delete_"],
    ["await", "await_"],
    ["undefined", "undefined_"],
    ["2fa", "_2fa"],
    ["größe", "größe"],
    ["a b", "aB"],
    ["then", "then_"],
    ["", "_"]
  ])("makes of %s the identifier %s", (name, identifier) => expect(Names.exportName(name)).toBe(identifier))
})

const parameter = (
  name: string,
  place: Document.DocumentParameter["in"],
  more: Partial<Document.DocumentParameter> = {}
): Document.DocumentParameter => ({
  name,
  in: place,
  required: false,
  shape: {},
  pointer: `/${name}/${place}`,
  ...more
})

/** Describes one operation, by its details. */
const describeOne = (
  details: Partial<Document.OperationDetails>,
  {
    document = {},
    method = "GET",
    ...more
  }: Partial<Omit<Document.DocumentOperation, "details">> & {
    readonly document?: Partial<Document.Document>
  } = {}
) => {
  const one = operation(method, "/x/{id}", { ...more, details: { ...noDetails, ...details } })
  const [named] = Names.make(documentOf([one], document)).operations
  return { descriptor: named!.descriptor(), problems: named!.problems().map(({ message }) => message) }
}

describe("Names.descriptorOf", () => {
  it("describes an operation by what the document says, and no more", () => {
    const { descriptor, problems } = describeOne({
      parameters: [parameter("id", "path"), parameter("q", "query", { shape: { type: "string", pointer: "/s" } })],
      responses: new Map([["200", { headers: new Map(), content: new Map(), pointer: "" }]])
    })
    expect(JSON.parse(JSON.stringify(descriptor))).toEqual({
      name: "x.getById",
      method: "GET",
      path: "/x/{id}",
      parameters: [
        { name: "id", in: "path", required: true },
        { name: "q", in: "query", shape: { type: "string", pointer: "/s" } }
      ],
      responses: { 200: {} }
    })
    expect(problems).toEqual([])
  })

  it("gives parameters whose name is taken another one, and reports it", () => {
    const { descriptor, problems } = describeOne({
      parameters: [
        parameter("id", "query"),
        parameter("id_query", "query"),
        parameter("id", "path"),
        parameter("body", "query"),
        parameter("headers", "query"),
        parameter("__proto__", "header"),
        parameter("constructor", "query"),
        parameter("id", "header"),
        parameter("id", "cookie")
      ]
    })
    expect(descriptor.parameters!.map(({ in: place, name, wire }) => [place, wire ?? name, name])).toEqual([
      ["query", "id", "id_query2"],
      ["query", "id_query", "id_query"],
      ["path", "id", "id"],
      ["query", "body", "body_query"],
      ["query", "headers", "headers_query"],
      ["header", "__proto__", "__proto___header"],
      ["query", "constructor", "constructor"],
      ["header", "id", "id"],
      ["cookie", "id", "id"]
    ])
    expect(problems).toHaveLength(4)
    expect(problems[0]).toBe('the name "id" is taken in the input: it is id_query2 there')
  })

  it("leaves out headers that callers can't set, and parameters that are there twice", () => {
    const { descriptor, problems } = describeOne({
      parameters: [
        parameter("Accept", "header"),
        parameter("CONTENT-TYPE", "header"),
        parameter("authorization", "header"),
        parameter("Content-Length", "header"),
        parameter("not valid", "header"),
        parameter("X-A", "header"),
        parameter("x-a", "header"),
        parameter("X-A", "query")
      ]
    })
    expect(descriptor.parameters!.map(({ name }) => name)).toEqual(["X-A", "X-A"])
    expect(problems).toHaveLength(3)
  })

  it("puts JSON first among the media types of a body", () => {
    const types = ["text/plain", "application/xml", "application/hal+json", "application/json; charset=utf-8", "a/b"]
    const { descriptor } = describeOne(
      { body: { required: true, content: new Map(types.map((type) => [type, {}])), pointer: "/b" } },
      { method: "POST" }
    )
    expect(Object.keys(descriptor.body!.content)).toEqual([types[3], types[2], types[0], types[1], types[4]])
    expect(Object.getPrototypeOf(descriptor.body!.content)).toBeNull()
    expect(Object.getPrototypeOf(descriptor.responses)).toBeNull()
  })

  it("leaves out the body of a GET, and reports it", () => {
    const { descriptor, problems } = describeOne({ body: { required: true, content: new Map(), pointer: "/b" } })
    expect(descriptor.body).toBeUndefined()
    expect(problems).toEqual(["requests with the method GET have no body (RFC 9110, 9.3): it is left out"])
  })

  it("refers to named shapes by the functions of the document", () => {
    const pet = { name: "Pet", type: "object" } as const
    const read = () => pet
    const other = { name: "Pet", type: "string" } as const
    const content = new Map([
      ["application/json", { shape: pet }],
      ["text/plain", { shape: other }]
    ])
    const { descriptor } = describeOne(
      { responses: new Map([["200", { headers: new Map(), content, pointer: "" }]]) },
      { document: { shapes: new Map([["Pet", read]]) } }
    )
    expect(descriptor.responses["200"]!.content!["application/json"]!.shape).toBe(read)
    const shape = descriptor.responses["200"]!.content!["text/plain"]!.shape
    expect(typeof shape === "function" && shape()).toBe(other)
  })

  const server = (url: string): Document.Server => ({ url, variables: new Map([["v", { default: "2" }]]) })

  it.each([
    ["https://up.example/{v}", "https://up.example/2"],
    ["/v{v}", "/v2"],
    ["https://api.example/base", undefined]
  ])("has the server %s of the operation as %s", (url, expected) => {
    const { descriptor } = describeOne(
      {},
      {
        servers: [server(url)],
        document: { servers: [server("/base")], source: "https://api.example/docs/openapi.json" }
      }
    )
    expect(descriptor.server).toBe(expected)
  })

  const answer = (shape: object, header = "link") => ({
    responses: new Map([
      [
        "200",
        {
          headers: new Map([[header, { shape: {} }]]),
          content: new Map([["application/json", { shape }]]),
          pointer: ""
        }
      ]
    ])
  })
  const items = { type: "array", items: {} }

  it.each([
    ["an array", items, ""],
    ["an object with one array", { properties: { total: {}, "a/b": items } }, "/a~1b"],
    ["an object with an array of another one", { allOf: [{ properties: { data: items } }, {}] }, "/data"],
    ["an object with two arrays", { properties: { a: items, b: items } }, undefined]
  ])("declares a list by a Link header, if the body is %s", (_, shape, pointer) => {
    const expected = pointer === undefined ? undefined : { by: "link", items: pointer }
    expect(describeOne(answer(shape)).descriptor.list).toEqual(expected)
    expect(describeOne(answer(shape, "x-total")).descriptor.list).toBeUndefined()
    expect(describeOne(answer(shape), { method: "POST" }).descriptor.list).toBeUndefined()
  })

  it.each([
    { by: "page", param: "page", first: 0, items: "/data", totalPages: { header: "X-Pages" } },
    { by: "offset", param: "page", limitParam: "size", items: "", totalItems: { pointer: "/total" } },
    { by: "cursor", param: "page", items: "/data", next: { pointer: "/next" } },
    { by: "link", items: "" }
  ])("declares a list by the extension x-pagination: %j", (list) => {
    const parameters = [parameter("page", "query"), parameter("size", "query")]
    const { descriptor, problems } = describeOne({ parameters }, { extensions: { "x-pagination": list } })
    expect(descriptor.list).toEqual(list)
    expect(problems).toEqual([])
  })

  it.each([
    [null],
    [[]],
    ["link"],
    [{}],
    [{ by: "link" }],
    [{ by: "link", items: "data" }],
    [{ by: "page", param: "nope", items: "" }],
    [{ by: "page", param: "page", first: "1", items: "" }],
    [{ by: "cursor", param: "page", items: "" }],
    [{ by: "cursor", param: "page", items: "", next: { pointer: 1 } }],
    [{ by: "offset", param: "page", items: "", limitParam: 1 }],
    [{ by: "constructor", param: "page", items: "" }]
  ])("reports an x-pagination that is no list: %j", (list) => {
    const parameters = [parameter("page", "query")]
    const { descriptor, problems } = describeOne({ parameters }, { extensions: { "x-pagination": list } })
    expect(descriptor.list).toBeUndefined()
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(
      /^x-pagination is not used, since .* must be|^x-pagination is not used, since .* is missing/
    )
  })

  it("lets the convention change the descriptor, and makes it once", () => {
    let count = 0
    const convention: Convention.Convention = {
      ...Convention.standard,
      adapt: (descriptor, { summary }) => {
        count += 1
        return { ...descriptor, name: summary ?? "" }
      }
    }
    const [named] = Names.make(documentOf([operation("GET", "/x", { summary: "adapted" })]), convention).operations
    expect(count).toBe(0)
    expect(named!.descriptor()).toBe(named!.descriptor())
    expect(named!.descriptor().name).toBe("adapted")
    expect(count).toBe(1)
  })
})
