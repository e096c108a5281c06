import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Authoriser, Body, Endpoint, Operation } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import { contract, type Exchange } from "effect-herald/testing"
import { exchanges, toRecorded } from "../../servers/recording.js"

class Things extends Authoriser.Tag("test/contract/Things")<Things>() {}

class NoSuchThing extends Schema.TaggedError<NoSuchThing>()("NoSuchThing", { name: Schema.String }) {}

const Thing = Schema.Struct({ name: Schema.String, size: Schema.Number })

const getThing = Operation.make(Things, () =>
  Endpoint.get("/things/{name}", { name: "getThing", success: Thing, errors: { 404: NoSuchThing } })
)
const listThings = Operation.make(Things, () =>
  Endpoint.get("/things", { name: "listThings", success: Schema.Struct({ items: Schema.Array(Thing) }) })
)
const getBestThing = Operation.make(Things, () =>
  Endpoint.get("/things/best", { name: "getBestThing", success: Schema.Struct({ best: Thing }) })
)
const streamThings = Operation.make(Things, () =>
  Endpoint.get("/stream", { name: "streamThings", success: Body.stream() })
)

const exchange = (path: string, status: number, json?: unknown, method = "GET"): Exchange.Exchange => ({
  request: { method, url: `https://things.example/v1${path}`, headers: {} },
  response: {
    status,
    headers: { "content-type": "application/json" },
    ...(json === undefined ? {} : { body: { json } })
  }
})

const baseUrl = "https://things.example/v1"

describe("contract", () => {
  it.effect("decodes the responses of exchanges by the operations of their method and path", () =>
    Effect.gen(function* () {
      const report = yield* contract(
        { getThing, listThings, getBestThing, streamThings },
        [
          exchange("/things/a", 200, { name: "a", size: 1 }),
          exchange("/things", 200, { items: [] }),
          exchange("/things/best", 200, { best: { name: "a", size: 1 } }),
          exchange("/things/a", 404, { name: "a" }),
          exchange("/things/a", 503, { oops: true }),
          exchange("/stream", 200, [1])
        ],
        { baseUrl }
      )
      expect(report.problems).toEqual([])
      expect(report.decoded.map(({ operation, outcome }) => [operation, outcome])).toEqual([
        ["getThing", "success"],
        ["listThings", "success"],
        ["getBestThing", "success"],
        ["getThing", "declared"],
        ["getThing", "built-in"],
        ["streamThings", "success"]
      ])
      expect(report.decoded[3]?.value).toEqual(new NoSuchThing({ name: "a" }))
      const [bytes] = report.decoded[5]!.value as ReadonlyArray<Uint8Array>
      expect(new TextDecoder().decode(bytes)).toBe("[1]")
    })
  )

  it.effect("reports responses that do not match, with the places in the file", () =>
    Effect.gen(function* () {
      const report = yield* contract(
        [getThing, listThings],
        [
          exchange("/things", 200, {
            items: [
              { name: "a", size: 1 },
              { name: "b", size: "2" }
            ]
          }),
          exchange("/things/a", 404, { title: "Not Found" }),
          exchange("/things/a", 302),
          exchange("/things/a", 200, undefined)
        ],
        { baseUrl }
      )
      expect(report.failed.map(({ index, operation, places, status }) => [index, operation, status, places])).toEqual([
        [0, "listThings", 200, ["/exchanges/0/response/body/items/1/size"]],
        [1, "getThing", 404, ["/exchanges/1/response/body/name"]],
        [2, "getThing", 302, ["/exchanges/2/response/body"]],
        [3, "getThing", 200, ["/exchanges/3/response/body"]]
      ])
      expect(report.problems[0]).toBe(
        "listThings does not decode exchange 0 (GET https://things.example/v1/things), a 200:\n" +
          "  /exchanges/0/response/body/items/1/size: should be a number, and is string"
      )
    })
  )

  it.effect("reports exchanges of no operation, those without a response, and operations without an exchange", () =>
    Effect.gen(function* () {
      const { request } = exchange("/things/a", 200)
      const report = yield* contract(
        [getThing, listThings],
        [
          exchange("/others", 200),
          exchange("/things/a", 204, undefined, "DELETE"),
          { request, failure: { code: "ECONNRESET" } },
          { request: { ...request, url: "https://other.example/v1/things/a" }, response: { status: 200, headers: {} } },
          { request, response: { status: 200, headers: {}, cut: { code: "ECONNRESET" } } }
        ],
        { baseUrl }
      )
      expect(report).toMatchObject({ unmatched: [0, 1, 3], incomplete: [2, 4], unused: ["getThing", "listThings"] })
      expect(report.problems).toEqual([
        "exchange 0 (GET https://things.example/v1/others) is of no operation",
        "exchange 1 (DELETE https://things.example/v1/things/a) is of no operation",
        "exchange 3 (GET https://other.example/v1/things/a) is of no operation",
        "getThing has no exchange",
        "listThings has no exchange"
      ])
    })
  )

  it.effect("reports fields that a schema ignores, if it is strict", () =>
    Effect.gen(function* () {
      const recorded = [
        exchange("/things", 200, {
          items: [
            { name: "a", size: 1, age: 2 },
            { name: "b", size: 2, age: 3 }
          ],
          total: 2
        })
      ]
      expect((yield* contract([listThings], recorded, { baseUrl })).problems).toEqual([])
      expect(
        (yield* contract([listThings], recorded, { baseUrl, strict: true })).decoded[0]?.ignored.toSorted()
      ).toEqual(["items[].age", "total"])
    })
  )

  it.effect("decodes the recorded responses of the Polympics server", () =>
    Effect.gen(function* () {
      const operations = Object.fromEntries(
        Object.entries(Polympics).filter(
          ([, one]) => typeof one === "function" && "endpoint" in one && "withResponse" in one
        )
      ) as unknown as Parameters<typeof contract>[0]
      const report = yield* contract(operations, exchanges.map(toRecorded))
      expect(report.failed.map(({ index, message, operation }) => [index, operation, message])).toEqual([])
      // 135 is a path whose parameter is empty.
      expect(report.unmatched.map((index) => exchanges[index]!.n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 12, 135])
      expect(report.unused).toEqual([
        "discordAuthenticate",
        "deleteAward",
        "giveAward",
        "takeAward",
        "createCallback",
        "getCallback",
        "getCallbacks",
        "deleteCallback"
      ])
      expect(new Set(report.decoded.map(({ index }) => index)).size).toBe(333)
    })
  )
})
