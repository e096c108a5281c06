import { describe, it } from "@effect/vitest"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { expectAsBySchema } from "../support/decoding.js"

const { Struct } = Schema

enum Colour {
  Red,
  Green = "green"
}

class User extends Schema.Class<User>("User")({ id: Schema.Int, name: Schema.NonEmptyString }) {}

class Admin extends Schema.TaggedClass<Admin>()("Admin", { id: Schema.NumberFromString }) {}

interface Category {
  readonly label: string
  readonly children: ReadonlyArray<Category>
}
interface CategoryEncoded {
  readonly label_text: string
  readonly children: ReadonlyArray<CategoryEncoded>
}
const Category: Schema.Schema<Category, CategoryEncoded> = Struct({
  label: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("label_text")),
  children: Schema.Array(Schema.suspend(() => Category))
})

const inherited: unknown = Object.create({ _tag: "B", c: "" })

const cat = (label_text: string, ...children: ReadonlyArray<unknown>) => ({ label_text, children })

const renamed = (key: string) => Schema.propertySignature(Schema.String).pipe(Schema.fromKey(key))

/** Schemas, each with inputs that are accepted and inputs that are not. */
const table: ReadonlyArray<readonly [string, Schema.Schema<any, any>, ReadonlyArray<unknown>]> = [
  [
    "a struct",
    Struct({ a: Schema.String, b: Schema.Number }),
    [{ a: "", b: 0 }, { a: "", b: 0, c: 1 }, { a: "" }, [], 1]
  ],
  ["an empty struct", Struct({}), [{}, 1, "", null, undefined]],
  [
    "renamed keys",
    Struct({ a: renamed("b"), c: renamed("d") }),
    [
      { b: "1", d: "2" },
      { a: "1", d: "2" }
    ]
  ],
  ["keys that are exchanged", Struct({ a: renamed("b"), b: renamed("a") }), [{ a: "1", b: "2" }, { a: "1" }]],
  ["branded ids", Schema.Int.pipe(Schema.positive(), Schema.brand("Id")), [1, 0, 1.5, NaN, "1"]],
  ["optional", Struct({ a: Schema.optional(Schema.Int) }), [{}, { a: undefined }, { a: 1 }, { a: null }]],
  ["exact", Struct({ a: Schema.optionalWith(Schema.Int, { exact: true }) }), [{}, { a: undefined }, { a: 1 }]],
  [
    "a default",
    Struct({ a: Schema.optionalWith(Schema.Int, { default: () => 7 }) }),
    [{}, { a: undefined }, { a: "" }]
  ],
  ["Option", Struct({ a: Schema.optionalWith(Schema.Int, { as: "Option" }) }), [{}, { a: 1 }, { a: null }]],
  ["nullable", Struct({ a: Schema.optionalWith(Schema.Int, { nullable: true }) }), [{}, { a: 1 }, { a: null }]],
  ["an array", Schema.Array(Schema.Int), [[], [1, 2], [1, ""], { 0: 1, length: 1 }, Array(2)]],
  ["a tuple", Schema.Tuple(Schema.String, Schema.optionalElement(Schema.Int)), [["a"], ["a", 1], ["a", 1, 2], []]],
  [
    "a rest",
    Schema.Tuple([Schema.String], Schema.Int, Schema.Boolean),
    [["a", true], ["a", 1, 2, true], ["a"], ["a", 1]]
  ],
  ["a record", Schema.Record({ key: Schema.String, value: Schema.Int }), [{}, { a: 1 }, { a: "" }, [], null]],
  ["a union", Schema.Union(Schema.NumberFromString, Schema.String, Schema.Null), ["1", "a", null, 1]],
  ["literals", Schema.Literal("a", 1, null, true), ["a", 1, null, true, "1", undefined]],
  ["an enumeration", Schema.Enums(Colour), [0, "green", "Red", NaN]],
  ["a template", Schema.TemplateLiteral("a", Schema.Number), ["a1", "a", 1]],
  ["dates", Schema.Date, ["2024-01-01", "no", 1]],
  ["UTC", Schema.DateTimeUtc, ["2024-01-01", "no", 1]],
  ["milliseconds", Schema.DateTimeUtcFromNumber, [0, -0.5, NaN, Infinity]],
  ["a class", User, [{ id: 1, name: "a" }, new User({ id: 1, name: "a" }), { id: 1, name: "" }]],
  ["a tagged class", Admin, [{ _tag: "Admin", id: "1" }, { id: "1" }]],
  [
    "members with tags",
    Schema.Union(Admin, Schema.TaggedStruct("B", { b: renamed("c") })),
    [{ _tag: "Admin", id: "1" }, { _tag: "B", c: "" }, { _tag: "C" }, {}, null]
  ],
  ["a member with an inherited tag", Schema.NullOr(Schema.TaggedStruct("B", { c: Schema.String })), [null, inherited]],
  [
    "a member that sets the prototype, before another",
    Schema.Union(Schema.Record({ key: Schema.String, value: Schema.Unknown }), Struct({ a: Schema.String })),
    [JSON.parse('{"__proto__":{"b":1},"a":"1"}'), { a: "1" }, null]
  ],
  [
    "a member that declares another value than its input, before another",
    Schema.Union(
      Schema.declare([], { decode: () => () => ParseResult.succeed("other"), encode: () => ParseResult.succeed }),
      Struct({ a: Schema.String })
    ),
    [{ a: "1" }, null]
  ],
  ["data", Schema.Data(Struct({ a: Schema.String })), [{ a: "" }, { a: 1 }]],
  ["a recursive schema", Category, [cat("a", cat("b"), cat("c", cat("d"))), cat("a", {}), null]],
  ["an Option", Schema.Option(Schema.NumberFromString), [{ _tag: "None" }, { _tag: "Some", value: "1" }, {}]]
]

describe("a decoder", () => {
  it.each(table)("decodes %s as Schema does", (_, schema, inputs) => {
    expectAsBySchema(schema, inputs)
  })
})
