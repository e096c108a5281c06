import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Deadline, Endpoint, Operation } from "effect-herald"
import { JsonLines, JsonSequence } from "effect-herald/streams"
import { gzipSync } from "node:zlib"
import * as Server from "../../servers/scripted.js"
import { clients } from "../../support/clients.js"
import { at, Caller, elapsing } from "../../support/kit.js"
import { until } from "../../support/settle.js"

const Item = Schema.Struct({ id: Schema.Union(Schema.Number, Schema.BigIntFromSelf), name: Schema.String })

const itemsOf = (options?: JsonLines.Options) =>
  Operation.make(Caller, () => Endpoint.get("/items", { name: "items", success: JsonLines.body(Item, options) }))

const collect = <A, E, R, E2, R2>(operation: () => Effect.Effect<Stream.Stream<A, E, R>, E2, R2>) =>
  Effect.map(Stream.runCollect(Stream.unwrap(operation())), Chunk.toReadonlyArray)

/** Reads values until the Stream fails. */
const untilFailure = <A, E, R, E2, R2>(operation: () => Effect.Effect<Stream.Stream<A, E, R>, E2, R2>) =>
  Effect.gen(function* () {
    const values: Array<A> = []
    const error = yield* Stream.unwrap(operation()).pipe(
      Stream.runForEach((value) => Effect.sync(() => values.push(value))),
      Effect.flip
    )
    return { values, error }
  })

const line = (id: number) => `{"id":${id},"name":"item"}\n`
const item = (id: number) => ({ id, name: "item" })

describe.each(clients)("JsonLines over %s", (_, client) => {
  it.scopedLive("decodes each line of a response that arrives byte by byte", () =>
    Effect.gen(function* () {
      const body = '\ufeff{"id":1,"name":"Åsa"}\r\n\n  \n{"id":9007199254740993,"name":"😀"}\n{"id":3,"name":"last"}'
      const server = yield* Server.make([Server.chunked(Array.from(Buffer.from(body), (byte) => Uint8Array.of(byte)))])
      const items = yield* collect(itemsOf()).pipe(Effect.provide(at(server.url)))
      expect(items).toEqual([
        { id: 1, name: "Åsa" },
        { id: 9007199254740993n, name: "😀" },
        { id: 3, name: "last" }
      ])
      expect(server.requests[0]?.headers.accept).toBe("application/x-ndjson")
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("undoes content codings", () =>
    Effect.gen(function* () {
      const body = gzipSync(line(1) + line(2))
      const server = yield* Server.make([Server.respond({ body, headers: { "content-encoding": "gzip" } })])
      expect(yield* collect(itemsOf()).pipe(Effect.provide(at(server.url)))).toEqual([item(1), item(2)])
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("returns no values for a response without content", () =>
    Effect.gen(function* () {
      const server = yield* Server.make([Server.respond({ status: 204 }), Server.respond()])
      const { url } = server
      expect(yield* collect(itemsOf()).pipe(Effect.provide(at(url)))).toEqual([])
      expect(yield* collect(itemsOf()).pipe(Effect.provide(at(url)))).toEqual([])
    }).pipe(Effect.provide(client))
  )

  it.scopedLive(
    "fails at an invalid line, after the values before it, without its value, and closes the connection",
    () =>
      Effect.gen(function* () {
        const server = yield* Server.make([
          (response) => {
            response.writeHead(200)
            response.write(`${line(1)}${line(2)}{"id":"hunter2","name":7}\n${line(3)}`)
          }
        ])
        const { error, values } = yield* untilFailure(itemsOf()).pipe(Effect.provide(at(server.url)))
        expect(values).toEqual([item(1), item(2)])
        expect(error).toMatchObject({ _tag: "DecodeError", reason: "Shape", operation: "items", status: 200 })
        expect(error.message).toContain("the response (200) does not match the endpoint: line 3.")
        expect(JSON.stringify(error)).not.toContain("hunter2")
        yield* server.abandoned
      }).pipe(Effect.provide(client))
  )

  it.scopedLive("skips invalid lines, and counts them", () =>
    Effect.gen(function* () {
      const skipped: Array<JsonLines.InvalidRecord> = []
      const server = yield* Server.make([Server.chunked([`${line(1)}{}\n${line(3)}`, `<html>\n${line(5)}`])])
      const items = itemsOf({ onInvalid: (invalid) => Effect.sync(() => skipped.push(invalid)) })
      expect(yield* collect(items).pipe(Effect.provide(at(server.url)))).toEqual([item(1), item(3), item(5)])
      expect(skipped.map(({ number, skipped }) => [number, skipped])).toEqual([
        [2, 1],
        [4, 2]
      ])
    }).pipe(Effect.provide(client))
  )

  it.scopedLive.each(["end", "reset"] as const)("fails with a TransportError if the connection breaks: %s", (how) =>
    Effect.gen(function* () {
      const server = yield* Server.make([
        Server.cutShort({ body: `${line(1)}${line(2)}{"id"`, how, framing: "chunked" })
      ])
      const { error } = yield* untilFailure(itemsOf()).pipe(Effect.provide(at(server.url)))
      expect(error).toMatchObject({ _tag: "TransportError", operation: "items" })
      expect(server.requests).toHaveLength(1)
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("fails at a line that is too long, and closes the connection", () =>
    Effect.gen(function* () {
      const server = yield* Server.make([Server.endless("x".repeat(1000))])
      const { error } = yield* untilFailure(itemsOf({ maxBytes: 100_000 })).pipe(Effect.provide(at(server.url)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Size" })
      yield* server.abandoned
    }).pipe(Effect.provide(client))
  )

  it.scoped("fails after the idle timeout, and closes the connection", () =>
    Effect.gen(function* () {
      const server = yield* Server.make([Server.stalled(line(1))])
      const values: Array<unknown> = []
      const reading = yield* Stream.unwrap(itemsOf({ idleTimeout: "1 minute" })()).pipe(
        Stream.runForEach((value) => Effect.sync(() => values.push(value))),
        Effect.flip,
        Effect.provide(at(server.url)),
        Effect.fork
      )
      yield* until(() => values.length === 1)
      const error = yield* elapsing(Fiber.join(reading))
      expect(values).toEqual([item(1)])
      expect(error).toMatchObject({ _tag: "TimeoutError", reason: "idle timeout" })
      yield* server.abandoned
    }).pipe(Effect.provide(client))
  )

  it.scoped("is not ended by the deadline of its call, which ends with the headers", () =>
    Effect.gen(function* () {
      let end = () => {}
      const server = yield* Server.make([
        (response) => {
          response.writeHead(200)
          response.write(line(1))
          end = () => void response.end(line(2))
        }
      ])
      const values: Array<unknown> = []
      const reading = yield* Stream.unwrap(itemsOf()()).pipe(
        Stream.runForEach((value) => Effect.sync(() => values.push(value))),
        Effect.provideService(Deadline.Current, "300 millis"),
        Effect.provide(at(server.url)),
        Effect.fork
      )
      yield* until(() => values.length === 1)
      yield* TestClock.adjust("600 millis")
      end()
      yield* Fiber.join(reading)
      expect(values).toEqual([item(1), item(2)])
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("reads no more than it is asked for, and closes the connection when it is interrupted", () =>
    Effect.gen(function* () {
      let written = 0
      const piece = line(1).repeat(1000)
      const server = yield* Server.make([
        (response) => {
          response.writeHead(200)
          const more = () => {
            while (!response.destroyed) {
              written += piece.length
              if (!response.write(piece)) {
                response.once("drain", more)
                return
              }
            }
          }
          more()
        }
      ])
      let read = 0
      const reader = yield* Stream.unwrap(itemsOf()()).pipe(
        Stream.runForEach(() => (++read < 10 ? Effect.void : Effect.never)),
        Effect.provide(at(server.url)),
        Effect.fork
      )
      yield* until(() => read === 10)
      // The server is held back once the buffers of the sockets are full.
      let before = -1
      while (before !== written) {
        before = written
        yield* Effect.sleep("200 millis")
      }
      expect(read).toBe(10)
      expect(written).toBeLessThan(32_000_000)
      yield* Fiber.interrupt(reader)
      yield* server.abandoned
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("closes the connection of a Stream that ends early", () =>
    Effect.gen(function* () {
      const server = yield* Server.make([Server.endless(line(1))])
      const first = yield* Stream.unwrap(itemsOf()()).pipe(
        Stream.take(3),
        Stream.runCount,
        Effect.provide(at(server.url))
      )
      expect(first).toBe(3)
      yield* server.abandoned
    }).pipe(Effect.provide(client))
  )
})

describe.each(clients)("JsonSequence over %s", (_, client) => {
  it.scopedLive("decodes each text of a response that arrives byte by byte", () =>
    Effect.gen(function* () {
      const body = '\u001e{"id":1,\n"name":"Åsa"}\n\u001e{"id":\u001e{"id":2,"name":"b"}\n\u001e'
      const server = yield* Server.make([Server.chunked(Array.from(Buffer.from(body), (byte) => Uint8Array.of(byte)))])
      const skipped: Array<number> = []
      const texts = Operation.make(Caller, () =>
        Endpoint.get("/texts", {
          success: JsonSequence.body(Item, { onInvalid: ({ number }) => Effect.sync(() => skipped.push(number)) })
        })
      )
      expect(yield* collect(texts).pipe(Effect.provide(at(server.url)))).toEqual([
        { id: 1, name: "Åsa" },
        { id: 2, name: "b" }
      ])
      expect(skipped).toEqual([2])
      expect(server.requests[0]?.headers.accept).toBe("application/json-seq")
    }).pipe(Effect.provide(client))
  )
})
