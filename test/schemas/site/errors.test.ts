import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { AlreadyExists, alreadyExists, UnknownReference, unknownReference } from "../../../schemas/site/errors.js"

const existing = Schema.decodeUnknownEither(alreadyExists(/already exists\.$/))
const unknown = Schema.decodeUnknownEither(unknownReference())

describe("a 400 for a resource that exists", () => {
  it.each([
    [
      "a field",
      { id: ["role with this ID already exists."] },
      [{ path: ["id"], message: "role with this ID already exists." }]
    ],
    ["several fields together", { non_field_errors: ["already exists."] }, [{ path: [], message: "already exists." }]],
    [
      "no field",
      ["already exists.", "It already exists."],
      [
        { path: [], message: "already exists." },
        { path: [], message: "It already exists." }
      ]
    ]
  ])("names %s", (_, body, issues) => {
    const failure = Either.getOrThrow(existing(body))
    expect(failure).toBeInstanceOf(AlreadyExists)
    expect(failure._tag).toBe("AlreadyExists")
    expect(failure.issues).toEqual(issues)
    expect(failure.message).toContain("already exists.")
  })

  it.each([
    ["a problem of another kind", { id: ["already exists."], name: ["This field may not be blank."] }],
    ["a second message for the field", { id: ["already exists.", "A valid integer is required."] }],
    ["another problem only", { id: ["A valid integer is required."] }],
    ["nested problems", { id: { 0: ["already exists."] } }],
    ["no problem", {}],
    ["an empty list", []],
    ["an empty list of messages", { id: [] }],
    ["a detail", { detail: "already exists." }],
    ["a text", "already exists."],
    ["null", null]
  ])("is none with %s", (_, body) => expect(Either.isLeft(existing(body))).toBe(true))
})

describe("a 400 for references", () => {
  it("names those that do not exist", () => {
    const failure = Either.getOrThrow(
      unknown({
        user: ['Invalid pk "404" - object does not exist.'],
        actor: ['Invalid pk "409107086526644234" - object does not exist.']
      })
    )
    expect(failure).toBeInstanceOf(UnknownReference)
    expect(failure.issues.map(({ path }) => path)).toEqual([["user"], ["actor"]])
    expect(failure.message).toBe(
      'user: Invalid pk "404" - object does not exist.; actor: Invalid pk "409107086526644234" - object does not exist.'
    )
  })

  it("is none for a value that is no id", () =>
    expect(Either.isLeft(unknown({ user: ["Incorrect type. Expected pk value, received str."] }))).toBe(true))
})
