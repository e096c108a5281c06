import type { HttpClient } from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Authoriser, Credentials, Endpoint, Operation } from "effect-herald"
import { RecordedFile } from "effect-herald/testing/node"
import * as Scripted from "../../../servers/scripted.js"
import { clients } from "../../../support/clients.js"

class Things extends Authoriser.Tag("test/Things")<Things>() {}

const Thing = Schema.Struct({ name: Schema.String, id: Schema.BigIntFromSelf })

const getThing = Operation.make(Things, () =>
  Endpoint.get("/things/{name}", { success: Thing, query: { page: Schema.optional(Schema.Number) } })
)

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "herald-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

const api = (baseUrl: URL, key: string) =>
  Things.layer({ baseUrl, credentials: Credentials.bearer(Redacted.make(key)) })

describe.each(clients)("a recording by %s", (_, client: Layer.Layer<HttpClient>) => {
  it.scopedLive("is a readable file without secrets, and is replayed without a network", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "things.json")
      const server = yield* Scripted.make([
        Scripted.respond({ status: 503, headers: { "retry-after": "0" } }),
        Scripted.respond({
          headers: {
            "content-type": "application/json",
            "x-request-id": "1234",
            "set-cookie": "sid=cookie-value; Path=/"
          },
          body: `{"name": "Ä", "id": 12345678901234567890, "access_token": "token-of-the-server", "echo": "key-of-the-caller"}`
        })
      ])
      const call = getThing({ name: "Ä", page: 2 })
      const recorded = yield* call.pipe(
        Effect.provide(RecordedFile.layer(path, { record: true }).pipe(Layer.provide(client))),
        Effect.provide(api(server.url, "key-of-the-caller"))
      )
      const text = yield* Effect.promise(() => readFile(path, "utf8"))
      for (const secret of ["cookie-value", "token-of-the-server", "key-of-the-caller", '1234"'])
        expect(text).not.toContain(secret)
      const replayed = yield* call.pipe(
        Effect.provide(RecordedFile.layer(path).pipe(Layer.provide(client))),
        Effect.provide(api(server.url, "another-key"))
      )
      expect(replayed).toEqual(recorded)
      expect(server.requests.length).toBe(2)
      const differs = yield* getThing({ name: "Ö", page: 2 }).pipe(
        Effect.provide(RecordedFile.layer(path, { order: "loose" }).pipe(Layer.provide(client))),
        Effect.provide(api(server.url, "another-key")),
        Effect.sandbox,
        Effect.flip
      )
      expect(String(differs)).toContain('path: recorded "/things/Ä", requested "/things/Ö"')
    })
  )
})
