import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import { Overlay } from "effect-herald/spec"

type Json = Parameters<typeof Overlay.apply>[0]

const overlay = (...actions: ReadonlyArray<Overlay.Action>): Overlay.Overlay => ({
  overlay: "1.0.0",
  info: { title: "Test", version: "1.0.0" },
  actions
})

/** Applies actions to a frozen document, and checks that there are no problems. */
const applied = (document: Json, ...actions: ReadonlyArray<Overlay.Action>): Json => {
  const { json, problems } = run(document, ...actions)
  expect(problems).toEqual([])
  return json
}

const run = (document: Json, ...actions: ReadonlyArray<Overlay.Action>): Overlay.Applied =>
  Effect.runSync(Overlay.apply(freeze(document), overlay(...actions)))

const runEngine = (document: Json, ...actions: ReadonlyArray<Overlay.Action>): Promise<Overlay.Applied> =>
  Effect.runPromise(Overlay.apply(freeze(document), overlay(...actions)))

const freeze = <A>(value: A): A => {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(freeze)
  }
  return value
}

const api: Json = {
  openapi: "3.1.0",
  info: { title: "Rooms", version: "1.0.0" },
  servers: [
    { url: "https://dev.example", description: "Dev" },
    { url: "https://example.com", description: "Prod" }
  ],
  paths: {
    "/rooms": {
      get: {
        tags: ["rooms"],
        summary: "List",
        parameters: [
          { name: "filter", in: "query" },
          { name: "dummy", in: "query" },
          { name: "dummy", in: "header" }
        ],
        responses: { 200: { description: "OK" }, 500: { description: "Broken" }, default: { description: "Else" } }
      }
    },
    "/rooms/{id}": {
      get: {
        "x-oai-traits": ["paged"],
        parameters: [{ name: "id", in: "path" }],
        responses: { 200: { description: "OK" }, 500: { description: "Broken" } }
      }
    }
  },
  tags: [{ name: "rooms" }]
}

describe("apply", () => {
  it("merges an update that mirrors the structure of the document into its root", () => {
    const json = applied(api, {
      target: "$",
      update: {
        info: { "x-overlay-applied": "structured" },
        paths: { "/": { summary: "The root" }, "/rooms": { get: { summary: "List rooms", "x-rate-limit": 100 } } },
        tags: [{ name: "more" }]
      }
    })
    expect(json).toMatchObject({
      openapi: "3.1.0",
      info: { title: "Rooms", "x-overlay-applied": "structured" },
      paths: {
        "/": { summary: "The root" },
        "/rooms": { get: { tags: ["rooms"], summary: "List rooms", "x-rate-limit": 100 } },
        "/rooms/{id}": { get: { "x-oai-traits": ["paged"] } }
      },
      tags: [{ name: "rooms" }, { name: "more" }]
    })
  })

  it("updates what targets of names select, and adds an operation", () => {
    const json = applied(
      api,
      { target: "$.paths['/rooms'].get", update: { description: "New" } },
      { target: '$.paths["/rooms/{id}"]', update: { post: { "x-safe": false } } }
    )
    expect(json).toMatchObject({
      paths: {
        "/rooms": { get: { description: "New", summary: "List" } },
        "/rooms/{id}": { post: { "x-safe": false } }
      }
    })
  })

  it("updates every value that wildcards and filters select", async () => {
    const { json, problems } = await runEngine(
      api,
      { target: "$.paths.*.get", update: { "x-safe": true } },
      {
        target: "$.paths.*.get.parameters[?@.name=='filter' && @.in=='query']",
        update: { schema: { $ref: "#/components/schemas/filter" } }
      }
    )
    expect(problems).toEqual([])
    expect(json).toMatchObject({
      paths: {
        "/rooms": {
          get: {
            "x-safe": true,
            parameters: [
              { name: "filter", in: "query", schema: { $ref: "#/components/schemas/filter" } },
              { name: "dummy", in: "query" },
              { name: "dummy", in: "header" }
            ]
          }
        },
        "/rooms/{id}": { get: { "x-safe": true } }
      }
    })
  })

  it("appends an item to every array that is selected", async () => {
    const { json } = await runEngine(api, {
      target: "$.paths.*.get.parameters",
      update: { name: "newParam", in: "query" }
    })
    expect(json).toMatchObject({
      paths: {
        "/rooms": { get: { parameters: [{}, {}, {}, { name: "newParam" }] } },
        "/rooms/{id}": { get: { parameters: [{ name: "id" }, { name: "newParam" }] } }
      }
    })
  })

  it("appends the items of an array to an array that is selected", () => {
    const update = [{ name: "a" }, { name: "b" }]
    expect(applied(api, { target: "$.tags", update })).toMatchObject({ tags: [{ name: "rooms" }, ...update] })
  })

  it("removes several items of an array at once", async () => {
    const { json } = await runEngine(api, { target: "$.paths.*.get.parameters[?@.name == 'dummy']", remove: true })
    expect(json).toMatchObject({ paths: { "/rooms": { get: { parameters: [{ name: "filter", in: "query" }] } } } })
  })

  it("removes by descent", async () => {
    const { json } = await runEngine(
      api,
      { target: "$.paths..responses['500']", remove: true },
      { target: "$.paths..responses['default']", remove: true },
      { target: "$.servers[?( @.description == 'Dev' )]", remove: true }
    )
    expect(json).toMatchObject({ servers: [{ description: "Prod" }] })
    expect(JSON.stringify(json)).not.toMatch(/Broken|Else|Dev/)
  })

  it("updates what has a trait", async () => {
    const { json } = await runEngine(api, {
      target: "$.paths[?(@.get['x-oai-traits'][?(@ == 'paged')])].get",
      update: { parameters: [{ name: "top" }, { name: "skip" }] }
    })
    expect(json).toMatchObject({
      paths: { "/rooms/{id}": { get: { parameters: [{ name: "id" }, { name: "top" }, { name: "skip" }] } } }
    })
  })

  it("removes a property of any type, and creates it anew", () => {
    expect(
      applied(
        { servers: [1, 2], a: "text" },
        { target: "$.servers", remove: true },
        { target: "$.a", remove: true },
        { target: "$", update: { servers: [3] } }
      )
    ).toEqual({ servers: [3] })
  })

  it("replaces where the types of a property and its update differ", () => {
    expect(
      applied(
        { a: { type: "string", b: {}, c: [1] } },
        { target: "$.a", update: { type: ["string", "null"], b: 1, c: null } }
      )
    ).toEqual({ a: { type: ["string", "null"], b: 1, c: null } })
  })

  it("replaces a scalar that is selected by a scalar", () => {
    expect(applied({ a: { b: "x" } }, { target: "$.a.b", update: null })).toEqual({ a: { b: null } })
    expect(applied(1, { target: "$", update: 2 })).toBe(2)
  })

  it("removes the items of an array that equal a text", () => {
    expect(applied({ required: ["id", "name", "id"] }, { target: "$.required[?@ == 'id']", remove: true })).toEqual({
      required: ["name"]
    })
  })

  it("ignores an update beside a removal", () => {
    expect(applied({ a: {}, b: 1 }, { target: "$.a", remove: true, update: { c: 1 } })).toEqual({ b: 1 })
  })

  it("updates a value once that a target selects twice", async () => {
    const { json } = await runEngine({ a: [1], b: [1] }, { target: "$['a','a','b']", update: 2 })
    expect(json).toEqual({ a: [1, 2], b: [1, 2] })
  })

  it("removes values inside of others, whatever the order", async () => {
    const document = { a: [{ x: 1 }, { x: 2 }, { x: 3 }, { x: 4 }] }
    const removed = async (target: string) => (await runEngine(document, { target, remove: true })).json
    expect(await removed("$.a[0,2]")).toEqual({ a: [{ x: 2 }, { x: 4 }] })
    expect(await removed("$.a[2,0]")).toEqual({ a: [{ x: 2 }, { x: 4 }] })
    expect(await removed("$.a[-1]")).toEqual({ a: [{ x: 1 }, { x: 2 }, { x: 3 }] })
    expect(await removed("$..*")).toEqual({})
    expect(await removed("$.a..x")).toEqual({ a: [{}, {}, {}, {}] })
  })

  it("leaves the document and the overlay as they are, and shares what it does not change", () => {
    const update = freeze({ x: { y: [1] } })
    const json = applied(
      api,
      { target: "$.paths['/rooms'].get", update },
      { target: "$.paths['/rooms'].get.x.y", update: 2 },
      { target: "$.paths['/rooms'].get.x", update: { z: 1 } }
    )
    expect(json).toMatchObject({ paths: { "/rooms": { get: { x: { y: [1, 2], z: 1 } } } } })
    expect(update).toEqual({ x: { y: [1] } })
    expect((json as typeof api)["tags" as never]).toBe(api["tags" as never])
  })

  it("keeps the order of keys", () => {
    expect(JSON.stringify(applied({ b: 1, a: { z: 1, y: 2 } }, { target: "$.a", update: { x: 3, z: 4 } }))).toBe(
      '{"b":1,"a":{"z":4,"y":2,"x":3}}'
    )
  })

  it("reports an action that selects nothing with its index and target", async () => {
    const { json, problems } = await Effect.runPromise(
      Overlay.apply(
        api,
        overlay(
          { target: "$.info", update: { a: 1 } },
          { target: "$.paths['/gone'].get", update: {} },
          { target: "$.paths[?@.gone]", remove: true }
        ),
        { source: "corrections.yaml" }
      )
    )
    expect(json).toMatchObject({ info: { a: 1 } })
    expect(problems).toMatchObject([
      { action: 1, target: "$.paths['/gone'].get", pointer: "/actions/1", source: "corrections.yaml" },
      { action: 2, target: "$.paths[?@.gone]", pointer: "/actions/2" }
    ])
    expect(problems[0]?.message).toBe(
      "the action no longer applies: `target` selects nothing in the document ($.paths['/gone'].get)"
    )
  })

  it.each<[string, Overlay.Action, string]>([
    ["a removal of the document", { target: "$", remove: true }, "the document itself can't be removed"],
    [
      "an array for an object",
      { target: "$.info", update: [] },
      "`target` selects an object, which an array can't update"
    ],
    ["a scalar for the root", { target: "$", update: "x" }, "`target` selects an object, which a string can't update"],
    [
      "an object for a scalar",
      { target: "$.openapi", update: {} },
      "`target` selects a string, which an object can't update"
    ],
    ["neither", { target: "$.info" }, "the action has neither `update` nor `remove: true`, and changes nothing"],
    ["a wrong target", { target: "$.info[", remove: true }, "`target` is no JSONPath"],
    ["a prototype's property", { target: "$.constructor.prototype", update: { a: 1 } }, "the action no longer applies"],
    ["the prototype", { target: "$.__proto__", update: { a: 1 } }, "the action no longer applies"],
    ["the length of an array", { target: "$.tags.length", update: 0 }, "the action no longer applies"]
  ])("reports %s, and leaves the document", async (_, action, message) => {
    const { json, problems } = await runEngine(api, action)
    expect(json).toEqual(api)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.message).toContain(message)
  })

  it("sets a property named __proto__ as any other", () => {
    const update = JSON.parse('{ "__proto__": { "polluted": true }, "a": { "__proto__": 1 } }') as Json
    const json = applied({ a: {} }, { target: "$", update }, { target: "$['__proto__']", update: { more: 1 } })
    expect(JSON.stringify(json)).toBe('{"a":{"__proto__":1},"__proto__":{"polluted":true,"more":1}}')
    expect(Object.getPrototypeOf(json)).toBe(Object.prototype)
    expect("polluted" in {}).toBe(false)
  })

  it("merges updates of any depth", () => {
    let update: Json = { end: 1 }
    let document: Json = { begin: 1 }
    for (let depth = 0; depth < 20_000; depth++) {
      update = { a: update }
      document = { a: document }
    }
    let json = run2(document, { target: "$", update })
    for (let depth = 0; depth < 20_000; depth++) json = (json as { readonly a: Json }).a
    expect(json).toEqual({ begin: 1, end: 1 })
  })

  it("reports a descent into a document of any depth", async () => {
    let document: Json = {}
    for (let depth = 0; depth < 20_000; depth++) document = { a: document }
    const { problems } = await Effect.runPromise(Overlay.apply(document, overlay({ target: "$..b", remove: true })))
    expect(problems[0]?.message).toContain("can't be searched for")
  })

  it("applies ten thousand actions, of which each changes a large object", async () => {
    const paths = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [`/${index}`, { get: { tags: ["a"] } }])
    )
    const actions = Array.from({ length: 10_000 }, (_, index): Overlay.Action =>
      index % 2 === 0
        ? { target: `$.paths['/${index}'].get`, update: { summary: `${index}` } }
        : { target: `$.paths['/${index}'].get.tags[0, 1]`, remove: true }
    )
    const { json, problems } = await Effect.runPromise(Overlay.apply({ paths }, overlay(...actions)))
    expect(problems).toEqual([])
    expect(json).toMatchObject({
      paths: { "/0": { get: { summary: "0", tags: ["a"] } }, "/9999": { get: { tags: [] } } }
    })
  })

  const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>
  const plainObject = fc.dictionary(fc.string(), json) as fc.Arbitrary<Readonly<Record<string, Json>>>

  it("removes what an update has added", async () => {
    await fc.assert(
      fc.asyncProperty(plainObject, fc.string(), plainObject, async (document, key, update) => {
        fc.pre(!Object.hasOwn(document, key))
        const before = structuredClone(document)
        const target = `$[${quoted(key)}]`
        const { json, problems } = await Effect.runPromise(
          Overlay.apply(document, overlay({ target: "$", update: own(key, update) }, { target, remove: true }))
        )
        expect({ document, json, problems }).toEqual({ document: before, json: before, problems: [] })
      })
    )
  })

  it("changes nothing by an update of an object by itself, but for arrays", () => {
    const withoutArrays = fc.jsonValue({ maxDepth: 4 }).filter((one) => !JSON.stringify(one).includes("["))
    fc.assert(
      fc.property(fc.dictionary(fc.string(), withoutArrays) as fc.Arbitrary<Json>, (document) => {
        expect(applied(document, { target: "$", update: document })).toEqual(document)
      })
    )
  })

  it("selects by names and indexes as the engine of JSONPath does", async () => {
    const names = fc.constantFrom("a", "b", "0", "length", "__proto__", "é", "'", "\\", "a b", "")
    const step = fc.oneof(
      names.map((name) => `[${quoted(name)}]`),
      names.map((name) => `[${JSON.stringify(name)}]`),
      fc.constantFrom(".a", ".b", ".é", ".length", "[0]", "[1]", "[?@ == 'a']")
    )
    const document = fc.letrec<{ node: Json }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom("a", 1, null),
        fc.dictionary(names, tie("node")),
        fc.array(tie("node"), { maxLength: 3 })
      )
    })).node
    await fc.assert(
      fc.asyncProperty(document, fc.array(step, { maxLength: 4 }), async (value, steps) => {
        const target = `$${steps.join("")}`
        // A union of a path with itself is the same path, which only the engine reads.
        const twice = target.replace(/\[([^\]]*)\]$/, (_, last: string) => `[${last},${last}]`)
        fc.pre(twice !== target)
        const one = await Effect.runPromise(Overlay.apply(value, overlay({ target, remove: true })))
        const other = await Effect.runPromise(Overlay.apply(value, overlay({ target: twice, remove: true })))
        expect(one.json).toEqual(other.json)
        expect(one.problems.length).toBe(other.problems.length)
      })
    )
  })
})

const run2 = (document: Json, ...actions: ReadonlyArray<Overlay.Action>): Json => {
  const { json, problems } = Effect.runSync(Overlay.apply(document, overlay(...actions)))
  expect(problems).toEqual([])
  return json
}

const own = (key: string, value: Json): Json =>
  Object.defineProperty({}, key, { value, configurable: true, enumerable: true, writable: true })

const quoted = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`

describe("parse", () => {
  const failure = (text: string, source?: string) => Effect.runPromise(Effect.flip(Overlay.parse(text, { source })))

  it("reads YAML", async () => {
    const read = await Effect.runPromise(
      Overlay.parse(`
# Comments are fine.
overlay: 1.0.0
info: { title: Corrections, version: "2" }
extends: ./rooms.yaml
x-made-by: hand
actions:
  - target: $.paths.*.get
    description: |
      Says why.
    update: { x-safe: true }
    x-ticket: 12
`)
    )
    expect(read).toEqual({
      overlay: "1.0.0",
      info: { title: "Corrections", version: "2" },
      extends: "./rooms.yaml",
      "x-made-by": "hand",
      actions: [{ target: "$.paths.*.get", description: "Says why.\n", update: { "x-safe": true }, "x-ticket": 12 }]
    })
  })

  it("reads the JSON of an overlay back", async () => {
    const value = overlay({ target: "$", update: { a: null } })
    expect(await Effect.runPromise(Overlay.parse(JSON.stringify(value)))).toEqual(value)
  })

  it("reads an overlay without actions", async () => {
    expect(await Effect.runPromise(Overlay.parse(JSON.stringify(overlay())))).toEqual(overlay())
  })

  it.each([
    ["no overlay", "[]", "expected an object"],
    ["nothing", "", "expected an object"],
    ["missing fields", "{}", "`overlay` is missing; `info` is missing; `actions` is missing"],
    [
      "an unknown version",
      '{"overlay":"2.0.0","info":{"title":"","version":""},"actions":[]}',
      "/overlay: version 2.0.0 is not"
    ],
    [
      "a version that is a number",
      '{"overlay":1,"info":{"title":"","version":""},"actions":[]}',
      "/overlay: expected a string, found a number"
    ],
    ["an info without title", '{"overlay":"1.0.0","info":{"version":""},"actions":[]}', "/info: `title` is missing"],
    [
      "actions of another type",
      '{"overlay":"1.0.0","info":{"title":"","version":""},"actions":{}}',
      "/actions: expected an array, found an object"
    ],
    [
      "an action that is none",
      '{"overlay":"1.0.0","info":{"title":"","version":""},"actions":[null]}',
      "/actions/0: expected an object"
    ],
    [
      "an unknown field",
      '{"overlay":"1.0.0","info":{"title":"","version":""},"actions":[{"target":"$","updates":1}]}',
      "/actions/0/updates: unknown field; there are target, description, update, remove"
    ],
    [
      "a removal that is a text",
      '{"overlay":"1.0.0","info":{"title":"","version":""},"actions":[{"target":"$","remove":"yes"}]}',
      "/actions/0/remove: expected a boolean, found a string"
    ],
    [
      "a wrong target",
      '{"overlay":"1.0.0","info":{"title":"","version":""},"actions":[{"target":"$"},{"target":"$.a["}]}',
      "/actions/1/target: $.a[ is no JSONPath (RFC 9535): unclosed"
    ],
    [
      "a target that does not begin with $",
      '{"overlay":"1.0.0","info":{"title":"","version":""},"actions":[{"target":"paths"}]}',
      "/actions/0/target: paths is no JSONPath"
    ],
    [
      "a target that is empty",
      '{"overlay":"1.0.0","info":{"title":"","version":""},"actions":[{"target":""}]}',
      "/actions/0/target:  is no JSONPath"
    ],
    ["text that is neither JSON nor YAML", "a: b: c: {", "can't be read"],
    [
      "an alias bomb",
      `a: &a [x]\n${Array.from({ length: 12 }, (_, i) => `${"bcdefghijklm"[i]}: &${"bcdefghijklm"[i]} [${Array(9).fill(`*${"abcdefghijkl"[i]}`).join(",")}]`).join("\n")}`,
      "alias"
    ]
  ])("fails for %s, and says where", async (_, text, message) => {
    const error = await failure(text)
    expect(error._tag).toBe("OverlayError")
    expect(error.message).toContain(message)
  })

  it("names the source, and lists all that is wrong", async () => {
    const error = await failure('{"actions":[1,2,3,4,5]}', "corrections.json")
    expect(error.message).toContain("The overlay corrections.json can't be read: `overlay` is missing;")
    expect(error.message).toContain("and 2 more")
    expect(error.problems).toHaveLength(7)
  })

  it("fails for values that are not JSON", async () => {
    const cycle: Record<string, unknown> = {}
    cycle["self"] = cycle
    const parsed = (update: unknown) =>
      Effect.runPromise(Effect.flip(Overlay.fromJson({ ...overlay(), actions: [{ target: "$", update }] })))
    expect((await parsed(cycle)).message).toContain("/actions/0/update/self: the value contains itself")
    expect((await parsed(() => 1)).message).toContain("/actions/0/update: a value of type function is not JSON")
    expect((await parsed(Number.NaN)).message).toContain("/actions/0/update: a value of type number is not JSON")
  })
})

describe("correction", () => {
  it("is a function of the JSON of a document", async () => {
    const correct = await Effect.runPromise(
      Overlay.correction(overlay({ target: "$.a", update: { b: 1 } }, { target: "$.c", remove: true }), {
        source: "c.json"
      })
    )
    expect(correct({ a: {} })).toMatchObject({
      json: { a: { b: 1 } },
      problems: [{ pointer: "/actions/1", source: "c.json" }]
    })
  })
})
