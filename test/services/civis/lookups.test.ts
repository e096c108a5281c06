import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { RetryPolicy } from "effect-herald"
import * as Civis from "effect-herald/civis"
import * as Scripted from "../../servers/scripted.js"
import { start } from "./support/server.js"

const named = (...names: ReadonlyArray<string>) => names.map((name, index) => ({ id: index + 1, name }))

const lists = {
  "/databases": named("redshift-general", "other"),
  "/storage_hosts": named("s3"),
  "/tables": [
    { id: 1, schema: "public", name: "users_old" },
    { id: 2, schema: "public", name: "users" },
    { id: 3, schema: "a.b", name: "c" }
  ],
  "/credentials": [
    { id: 4, name: "shared", username: "u", owner: "ann", remoteHostId: 1, remoteHostName: "redshift-general" },
    { id: 5, name: "shared", username: "v", owner: "devuserfactory3222", remoteHostId: 2, remoteHostName: "other" }
  ]
}

describe("look-ups of Civis", () => {
  it.scopedLive("return ids by name, and ids as they are", () =>
    Effect.gen(function* () {
      const { live } = yield* start({ lists })
      yield* Effect.gen(function* () {
        expect(yield* Civis.databaseId("other")).toBe(2)
        expect(yield* Civis.databaseId(7)).toBe(7)
        expect(yield* Civis.storageHostId("s3")).toBe(1)
        expect(yield* Civis.tableId("public.users", "redshift-general")).toBe(2)
        expect(yield* Civis.tableId('"a.b".c', 1)).toBe(3)
        expect(yield* Civis.databaseCredentialId("v", "other")).toBe(5)
        expect(yield* Civis.awsCredentialId("shared", { owner: "ann" })).toBe(4)
        expect(yield* Civis.awsCredentialId("shared")).toBe(5)
        expect(yield* Civis.defaultDatabaseCredentialId).toBe(4)
        expect(yield* Civis.username).toBe("devuserfactory3222")
      }).pipe(Effect.provide(live))
    })
  )

  it.scopedLive("read all pages of tables and credentials", () =>
    Effect.gen(function* () {
      const tables = Array.from({ length: 120 }, (_, index) => ({ id: index, schema: "public", name: `t${index}` }))
      const credentials = Array.from({ length: 120 }, (_, index) => ({
        id: index,
        name: `c${index}`,
        username: `u${index}`,
        owner: "ann",
        remoteHostId: 1,
        remoteHostName: "redshift-general"
      }))
      const { live } = yield* start({ lists: { ...lists, "/tables": tables, "/credentials": credentials } })
      yield* Effect.gen(function* () {
        expect(yield* Civis.tableId("public.t119", 1)).toBe(119)
        expect(yield* Civis.databaseCredentialId("u119", "redshift-general")).toBe(119)
        expect(yield* Civis.awsCredentialId("c119")).toBe(119)
      }).pipe(Effect.provide(live))
    })
  )

  it.scopedLive("fail with the names that there are", () =>
    Effect.gen(function* () {
      const { live } = yield* start({ lists })
      const message = <R>(lookup: Effect.Effect<unknown, { readonly message: string }, R>) =>
        Effect.map(Effect.flip(lookup), (error) => error.message)
      yield* Effect.gen(function* () {
        expect(yield* message(Civis.databaseId("othr"))).toBe(
          'No database is named "othr". Did you mean "other"? There are: redshift-general, other.'
        )
        expect(yield* message(Civis.tableId("users", 1))).toContain("is not the full name of a table")
        expect(yield* message(Civis.databaseCredentialId("x", 9))).toContain("There is none for the database 9.")
      }).pipe(Effect.provide(live))
    })
  )
})

describe("a response that is not what a look-up reads", () => {
  it.scopedLive("is a DecodeError", () =>
    Effect.gen(function* () {
      for (const body of ["", "null", "{}", '[{"id":1}]']) {
        const { live } = yield* start({
          instead: () => Scripted.respond({ body, headers: { "content-type": "application/json" } })
        })
        const lookups: ReadonlyArray<Effect.Effect<unknown, unknown, Effect.Effect.Context<typeof Civis.username>>> = [
          Civis.databaseId("a"),
          Civis.storageHostId("a"),
          Civis.tableId("a.b", 1),
          Civis.username
        ]
        for (const lookup of lookups) {
          expect(yield* Effect.flip(Effect.provide(lookup, live))).toMatchObject({ _tag: "DecodeError" })
        }
      }
    })
  )
})

describe("errorMessage", () => {
  it.scopedLive("reads as that of Civis' own client", () =>
    Effect.gen(function* () {
      const status = (code: number, headers = {}) =>
        Scripted.json({ errorDescription: "No." }, { status: code, headers })
      const answers = [status(409), status(401, { "www-authenticate": "Bearer realm" }), Scripted.hangUp]
      const { live } = yield* start({ instead: (_, index) => answers[index] })
      const texts = yield* Effect.forEach(answers, () => Effect.flip(Civis.username)).pipe(
        Effect.provide(live),
        Effect.provideService(RetryPolicy.Current, RetryPolicy.none)
      )
      expect(Civis.errorMessage(texts[0]!)).toBe("(409) No. (GET /users/me)")
      expect(Civis.errorMessage(texts[1]!)).toBe("(401) No. Bearer realm (GET /users/me)")
      expect(Civis.errorMessage(texts[2]!)).toBe(texts[2]!.message)
      expect(Civis.rateLimit(texts[0]!)).toBe(1000)
      expect(Civis.callsRemaining(texts[0]!)).toBe(999)
    })
  )
})
