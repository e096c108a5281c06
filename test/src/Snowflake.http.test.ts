import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { Endpoint, Operation, Snowflake } from "effect-herald"
import * as Scripted from "../servers/scripted.js"
import { client } from "../support/client.js"
import { Caller } from "../support/kit.js"
import { place, resultOf, verbs } from "../support/verbs.js"

const { FromInteger, Snowflake: Text } = Snowflake

class Taken extends Schema.TaggedError<Taken>()("Taken", { by: FromInteger }) {}

const Ids = Schema.Struct({ id: FromInteger, ids: Schema.Array(FromInteger), text: Text })

const echo = Operation.make(Caller, () =>
  Endpoint.post("/ids/{text}/{integer}", {
    path: { text: Text, integer: FromInteger },
    query: { one: FromInteger, many: Schema.Array(FromInteger) },
    headers: { "x-id": FromInteger },
    body: Ids,
    success: Ids,
    errors: { 409: Taken }
  })
)

const echoing: Scripted.Script = ({ body }) =>
  Scripted.respond({ headers: { "content-type": "application/json" }, body })

/** The neighbours of the integers at which a number, or a column of a database, fails. */
const known = [
  "409107086526644233",
  "409107086526644234",
  "409107086526644235",
  "9007199254740991",
  "9007199254740992",
  "9007199254740993",
  "-9007199254740993",
  "9223372036854775807",
  "-9223372036854775808",
  "0"
].map((text) => Text.make(text))

describe("a Snowflake", () => {
  it.scopedLive("is the same in each place of a request and in its response", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make(echoing)
      const ids = [...known, ...FastCheck.sample(Arbitrary.make(Text), 200)]
      yield* Effect.forEach(
        ids,
        (id) =>
          Effect.gen(function* () {
            const body = { id, ids: [id, known[1]!, id], text: id }
            const headers = { "x-id": id }
            expect(yield* echo({ text: id, integer: id, one: id, many: [id, id], headers, body })).toEqual(body)
            const request = requests.at(-1)!
            expect(request.target).toBe(`/ids/${id}/${id}?one=${id}&many=${id}&many=${id}`)
            expect(request.headers["x-id"]).toBe(id)
            expect(request.body).toBe(`{"id":${id},"ids":[${id},409107086526644234,${id}],"text":"${id}"}`)
          }),
        { discard: true }
      ).pipe(Effect.provide(place(url)))
    }).pipe(Effect.provide(client))
  )

  it.scopedLive.each(known)("is exact in a declared error, in data and in the body of a verb: %s", (id) =>
    Effect.gen(function* () {
      const json = { headers: { "content-type": "application/json" } }
      const call = echo({
        text: id,
        integer: id,
        one: id,
        many: [],
        headers: { "x-id": id },
        body: { id, ids: [], text: id }
      })
      const conflict = Scripted.respond({ ...json, status: 409, body: `{"by":${id}}` })
      expect(yield* Effect.flip(resultOf(call, conflict))).toMatchObject({ _tag: "Taken", by: id })
      const other = Scripted.respond({ ...json, status: 400, body: `{"detail":"no","id":${id}}` })
      const error = yield* Effect.flip(resultOf(call, other))
      expect(error).toMatchObject({ _tag: "BadRequest", detail: "no" })
      expect(String((error as { readonly data: { readonly id: number | bigint } }).data.id)).toBe(id)

      const { requests, url } = yield* Scripted.make(echoing)
      const value = yield* Effect.provide(verbs.delete("/alts", { json: BigInt(id) }), place(url))
      expect(requests[0]).toMatchObject({ method: "DELETE", body: id })
      expect(String(value)).toBe(id)
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("that exceeds 64 bits, or a number that exceeds the safe integers, is a DecodeError", () =>
    Effect.gen(function* () {
      const getId = Operation.make(Caller, () => Endpoint.get("/id", { success: FromInteger }))
      const getNumber = Operation.make(Caller, () => Endpoint.get("/id", { success: Schema.Number }))
      const long = (body: string) => Scripted.respond({ headers: { "content-type": "application/json" }, body })
      expect(yield* Effect.flip(resultOf(getId(), long("9223372036854775808")))).toMatchObject({
        _tag: "DecodeError",
        issues: [{ path: [], message: "must be an integer from -2^63 to 2^63-1, in digits" }]
      })
      expect(yield* Effect.flip(resultOf(getId(), long("4.09107086526644234e17")))).toMatchObject({
        _tag: "DecodeError",
        issues: [{ path: [], message: expect.stringContaining("beyond the safe integers") }]
      })
      expect(yield* Effect.flip(resultOf(getNumber(), long("9007199254740993")))).toMatchObject({
        _tag: "DecodeError",
        reason: "Shape"
      })
      for (const text of ['"409107086526644234"', "null", "true", "[]", "{}"]) {
        expect(yield* Effect.flip(resultOf(getId(), long(text)))).toMatchObject({
          issues: [{ path: [], message: expect.stringMatching(/^should be a JSON integer, and is /) }]
        })
      }
      expect(yield* resultOf(getId(), long("-0"))).toBe("0")
      expect(yield* resultOf(getId(), long("1e3"))).toBe("1000")
    }).pipe(Effect.provide(client))
  )
})
