import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Endpoint, Operation } from "effect-herald"
import { JsonLines } from "effect-herald/streams"
import * as Server from "../../servers/scripted.js"
import { clients } from "../../support/clients.js"
import { at, Caller, forAll } from "../../support/kit.js"

const Item = Schema.Struct({ id: Schema.Union(Schema.Number, Schema.BigIntFromSelf), name: Schema.String })

const itemsOf = (options?: JsonLines.Options) =>
  Operation.make(Caller, () => Endpoint.get("/items", { success: JsonLines.body(Item, options) }))

const collect = <A, E, R, E2, R2>(operation: () => Effect.Effect<Stream.Stream<A, E, R>, E2, R2>) =>
  Effect.map(Stream.runCollect(Stream.unwrap(operation())), Chunk.toReadonlyArray)

describe.each(clients)("JsonLines over %s", (_, client) => {
  it.scoped("decodes each line, and reads integers beyond 2^53 exactly", () =>
    Effect.gen(function* () {
      const body = '\ufeff{"id":1,"name":"Åsa"}\r\n\n  \n{"id":9007199254740993,"name":"😀"}\n{"id":3,"name":"last"}'
      const server = yield* Server.make([Server.chunked([...Buffer.from(body)].map((byte) => Uint8Array.of(byte)))])
      const items = yield* collect(itemsOf()).pipe(Effect.provide(at(server.url)))
      expect(items).toEqual([
        { id: 1, name: "Åsa" },
        { id: 9007199254740993n, name: "😀" },
        { id: 3, name: "last" }
      ])
      expect(server.requests[0]?.headers.accept).toBe("application/x-ndjson")
    }).pipe(Effect.provide(client))
  )
})
