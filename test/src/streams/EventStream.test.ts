import type { ServerResponse } from "node:http"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Body, Endpoint, Operation } from "effect-herald"
import { EventStream } from "effect-herald/streams"
import { makeEventServer } from "../../servers/events.js"
import * as Server from "../../servers/scripted.js"
import { clients } from "../../support/clients.js"
import { at, bearing, Caller, elapsingAtOnce, status, stub, untilSleeps } from "../../support/kit.js"
import { until } from "../../support/settle.js"

const sse = { headers: { "content-type": "text/event-stream; charset=utf-8" } }

const Numbered = Schema.Struct({ n: Schema.Number })

const eventsOf = (options?: Parameters<typeof EventStream.body>[1]) =>
  Operation.make(Caller, () =>
    Endpoint.get("/events", { name: "events", success: EventStream.body(Numbered, options) })
  )

const events = eventsOf()

/** The text of an event. */
const text = (n: number) => `id: ${n}\ndata: {"n":${n}}\n\n`

const event = (n: number) => ({ type: "message", id: `${n}`, data: { n } })

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

const end = Server.respond({ status: 204 })

/** Options of `follow` for tests, with the states that they saw. */
const watching = (options: EventStream.FollowOptions<unknown> = {}) => {
  const statuses: Array<EventStream.Status<unknown>> = []
  const onStatus = (status: EventStream.Status<unknown>) => Effect.sync(() => statuses.push(status))
  return { statuses, options: { schedule: Schedule.spaced("1 millis"), onStatus, ...options } }
}

/** Waits in real time until a fiber sleeps on the test's clock until this time, in milliseconds. */
const asleepUntil = (end: number): Effect.Effect<void> => untilSleeps(Chunk.contains(end))

const lastEventIds = (server: Server.Scripted) => server.requests.map(({ headers }) => headers["last-event-id"])

describe.each(clients)("EventStream over %s", (_, client) => {
  it.scopedLive("decodes events that arrive byte by byte", () =>
    Effect.gen(function* () {
      const body = `\ufeff: hello\n\n${text(1)}event: x\r\ndata: {\rdata: "n":2}\r\n\r\n`
      const server = yield* Server.make([
        Server.chunked(
          Array.from(Buffer.from(body), (byte) => Uint8Array.of(byte)),
          sse
        )
      ])
      const found = yield* collect(Stream.unwrap(events())).pipe(Effect.provide(at(server.url)))
      expect(found).toEqual([event(1), { type: "x", id: "1", data: { n: 2 } }])
      expect(server.requests[0]?.headers.accept).toBe("text/event-stream")
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("decodes data by the type of the event, and ignores other types", () =>
    Effect.gen(function* () {
      const server = yield* Server.make([
        Server.chunked(
          ["event: tick\ndata: 1\n\n", "event: other\ndata: {\n\n", "event: log\ndata: {\n\n", "data: 7\n\n"],
          sse
        )
      ])
      const typed = Operation.make(Caller, () =>
        Endpoint.get("/typed", {
          success: EventStream.body({
            tick: Schema.Number,
            log: EventStream.text(),
            message: EventStream.text(Schema.NumberFromString)
          })
        })
      )
      expect(yield* collect(Stream.unwrap(typed())).pipe(Effect.provide(at(server.url)))).toEqual([
        { type: "tick", id: "", data: 1 },
        { type: "log", id: "", data: "{" },
        { type: "message", id: "", data: 7 }
      ])
    }).pipe(Effect.provide(client))
  )

  it.scopedLive.each([
    ["another type", { headers: { "content-type": "text/html" } }, "and is text/html"],
    ["no type", {}, "and is absent"]
  ] as const)("the call fails for a response of %s, and closes the connection", ([, head, message]) =>
    Effect.gen(function* () {
      const server = yield* Server.make([Server.endless("data: 1\n\n", head)])
      const error = yield* Effect.flip(events()).pipe(Effect.provide(at(server.url)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "MediaType", status: 200 })
      expect(error.message).toContain(`the media type should be text/event-stream, ${message}`)
      yield* server.abandoned
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("has no events after a 204", () =>
    Effect.gen(function* () {
      const server = yield* Server.make([end])
      expect(yield* collect(Stream.unwrap(events())).pipe(Effect.provide(at(server.url)))).toEqual([])
    }).pipe(Effect.provide(client))
  )

  describe("follow", () => {
    it.scopedLive("resumes after the last event, and ends on a 204", () =>
      Effect.gen(function* () {
        const { options, statuses } = watching()
        const server = yield* Server.make([
          Server.chunked([`retry: 1\n\n${text(1)}`, `${text(2)}id: 3\ndata: {"n":3}\n`], sse),
          Server.cutShort({ ...sse, body: text(3), how: "reset", framing: "chunked" }),
          Server.respond({ status: 503 }),
          end
        ])
        const found = yield* collect(EventStream.follow(events, options)()).pipe(Effect.provide(at(server.url)))
        expect(found).toEqual([event(1), event(2), event(3)])
        expect(lastEventIds(server)).toEqual([undefined, "2", "3", "3"])
        expect(statuses).toMatchObject([
          { _tag: "Connected", lastEventId: "" },
          { _tag: "Disconnected", number: 1, error: undefined, lastEventId: "2", retry: Duration.millis(1) },
          { _tag: "Connected", lastEventId: "2" },
          { _tag: "Disconnected", number: 1, error: { _tag: "TransportError" }, lastEventId: "3" },
          { _tag: "Disconnected", number: 2, error: { _tag: "ServerError" }, lastEventId: "3" }
        ])
      }).pipe(Effect.provide(client))
    )

    it.scopedLive.each(["end", "reset"] as const)(
      "loses no event and doubles none, wherever the response is cut: %s",
      (how) =>
        Effect.gen(function* () {
          const body = `: hello\n\n${text(1)}retry: 1\r\n\r\nid: 2\r\ndata: {\r\ndata: "n":2}\r\n\r\n${text(3)}`
          const after = (id: number) => [1, 2, 3].filter((n) => n > id).map(text)
          const seen = new Set<string>()
          const server = yield* Server.make(({ headers, target }) => {
            const cut = Number(target.slice("/cut/".length))
            if (!seen.has(target)) {
              seen.add(target)
              return Server.cutShort({ ...sse, body: body.slice(0, cut), how, framing: "chunked" })
            }
            const last = Number(headers["last-event-id"] ?? 0)
            return last === 3 ? end : Server.chunked(after(last), sse)
          })
          const cutEvents = Operation.make(Caller, () =>
            Endpoint.get("/cut/{at}", { success: EventStream.body(Numbered) })
          )
          const follow = EventStream.follow(cutEvents, watching().options)
          const cuts = Array.from({ length: body.length + 1 }, (_, at) => at)
          const found = yield* Effect.forEach(cuts, (at) => collect(follow({ at })), { concurrency: 8 }).pipe(
            Effect.provide(at(server.url))
          )
          for (const [at, one] of found.entries()) expect(one, `${at}`).toEqual([event(1), event(2), event(3)])
        }).pipe(Effect.provide(client))
    )

    it.scopedLive("begins after the id that it is given, which it sends as UTF-8", () =>
      Effect.gen(function* () {
        const server = yield* Server.make([Server.chunked(['data: {"n":1}\n\n'], sse), end])
        const { options } = watching({ lastEventId: "é😀" })
        const found = yield* collect(EventStream.follow(events, options)()).pipe(Effect.provide(at(server.url)))
        expect(found).toEqual([{ type: "message", id: "é😀", data: { n: 1 } }])
        // Node reads headers as Latin-1.
        expect(Buffer.from(lastEventIds(server)[1] as string, "latin1").toString()).toBe("é😀")
        expect(lastEventIds(server)[0]).toBe(lastEventIds(server)[1])
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("authorizes each connection anew, and refreshes credentials after a 401", () =>
      Effect.gen(function* () {
        let generation = 0
        const server = yield* Server.make([
          Server.chunked([text(1)], sse),
          Server.respond({ status: 401 }),
          Server.chunked([text(2)], sse),
          Server.respond({ status: 401 }),
          Server.respond({ status: 401 })
        ])
        const credentials = {
          authorize: (request: Parameters<ReturnType<typeof bearing>["authorize"]>[0]) =>
            Effect.map(bearing({ authorization: `Bearer t${generation}` }).authorize(request), (one) => ({
              ...one,
              generation
            })),
          rejected: () => Effect.sync(() => (generation += 1) > 0)
        }
        const { options } = watching()
        const found: Array<unknown> = []
        const error = yield* EventStream.follow(events, options)().pipe(
          Stream.runForEach((one) => Effect.sync(() => found.push(one))),
          Effect.flip,
          Effect.provide(at(server.url, { credentials }))
        )
        expect(error._tag).toBe("Unauthorized")
        expect(found).toEqual([event(1), event(2)])
        expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(
          ["t0", "t0", "t1", "t1", "t2"].map((token) => `Bearer ${token}`)
        )
      }).pipe(Effect.provide(client))
    )

    it.scopedLive.each([
      [Server.respond({ status: 403 }), { _tag: "Forbidden" }],
      [Server.respond({ status: 404 }), { _tag: "NotFound" }],
      [Server.respond({ status: 501 }), { _tag: "ServerError" }],
      [Server.json({}), { _tag: "DecodeError", reason: "MediaType" }],
      [Server.chunked([text(2), "data: x\n\n"], sse), { _tag: "DecodeError", reason: "Json" }]
    ] as const)("fails at once where a later connection would fail, too: %#", ([behaviour, expected]) =>
      Effect.gen(function* () {
        const server = yield* Server.make([Server.chunked([text(1)], sse), behaviour, end])
        const { options } = watching()
        const error = yield* Effect.flip(collect(EventStream.follow(events, options)())).pipe(
          Effect.provide(at(server.url))
        )
        expect(error).toMatchObject(expected)
        expect(server.requests).toHaveLength(2)
      }).pipe(Effect.provide(client))
    )

    it.scoped("replaces a connection on which nothing arrives, but not one with comments", () =>
      Effect.gen(function* () {
        const response = yield* Deferred.make<ServerResponse>()
        const server = yield* Server.make([
          (one) => {
            one.writeHead(200, sse.headers).flushHeaders()
            Deferred.unsafeDone(response, Effect.succeed(one))
          },
          Server.silence,
          end
        ])
        const { options, statuses } = watching({ idleTimeout: "1 second" })
        const found: Array<unknown> = []
        const following = yield* EventStream.follow(events, options)().pipe(
          Stream.runForEach((one) => Effect.sync(() => found.push(one))),
          Effect.provide(at(server.url)),
          Effect.fork
        )
        yield* until(() => statuses.length === 1)
        yield* asleepUntil(1000)
        const { write } = yield* Effect.map(Deferred.await(response), (one) => ({
          write: (text: string) => Effect.sync(() => one.write(text))
        }))
        for (const time of [900, 1800, 2700]) {
          yield* TestClock.adjust("900 millis")
          yield* write(":\n")
          yield* asleepUntil(time + 1000)
        }
        yield* write(text(1))
        yield* until(() => found.length === 1)
        yield* TestClock.adjust("1 second")
        yield* asleepUntil(3701)
        yield* TestClock.adjust("1 millis")
        // The first two requests.
        yield* Effect.zipRight(server.next, server.next)
        yield* TestClock.adjust("1 second")
        yield* asleepUntil(4702)
        yield* TestClock.adjust("1 millis")
        yield* Fiber.join(following)
        expect(found).toEqual([event(1)])
        expect(statuses).toMatchObject([
          { _tag: "Connected" },
          { _tag: "Disconnected", error: { _tag: "TimeoutError", reason: "idle timeout" } },
          { _tag: "Disconnected", error: { _tag: "TimeoutError", reason: "deadline" } }
        ])
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("closes the connection when it is interrupted, in an event and between two", () =>
      Effect.gen(function* () {
        const server = yield* Server.make([Server.stalled(text(1), sse)])
        yield* Effect.gen(function* () {
          const { options } = watching()
          const received = yield* Queue.unbounded<"within" | "between">()
          const within = yield* Effect.fork(
            Stream.runForEach(EventStream.follow(events, options)(), () =>
              Effect.zipRight(Queue.offer(received, "within"), Effect.never)
            )
          )
          const between = yield* Effect.fork(
            Stream.runForEach(EventStream.follow(events, options)(), () => Queue.offer(received, "between"))
          )
          expect([yield* Queue.take(received), yield* Queue.take(received)].toSorted()).toEqual(["between", "within"])
          yield* Fiber.interrupt(within)
          yield* server.abandoned
          yield* Fiber.interrupt(between)
          yield* server.abandoned
        }).pipe(Effect.provide(at(server.url)))
        expect(server.requests).toHaveLength(2)
      }).pipe(Effect.provide(client))
    )

    it.scopedLive(
      "loses no event of a server of others' making, and doubles none, though it cuts a hundred connections",
      () =>
        Effect.gen(function* () {
          const total = 20_000
          const server = yield* makeEventServer(total, 100)
          const ticks = Operation.make(Caller, () =>
            Endpoint.get("/ticks", { success: EventStream.body({ tick: Numbered }) })
          )
          let last = 0
          yield* EventStream.follow(ticks, watching().options)().pipe(
            Stream.runForEach(({ data, id }) =>
              Effect.sync(() => {
                if (data.n !== last + 1 || id !== `${data.n}`) throw new Error(`${data.n} follows ${last}`)
                last = data.n
              })
            ),
            Effect.provide(at(server.url))
          )
          expect(last).toBe(total)
          expect(server.resumed.length).toBeGreaterThanOrEqual(100)
        }).pipe(Effect.provide(client))
    )
  })
})

describe("follow", () => {
  const part = (body: string) => () => new Response(body, { headers: sse.headers })

  const following = (
    steps: ReadonlyArray<() => Response>,
    options: EventStream.FollowOptions<unknown> = {},
    operation = events
  ) => {
    const { layer, requests } = stub(steps)
    return {
      requests,
      /** The waits between the requests, in milliseconds. */
      waits: () => requests.slice(1).map(({ at }, index) => at - requests[index]!.at),
      run: elapsingAtOnce(Effect.exit(collect(EventStream.follow(operation, options)()))).pipe(
        Effect.provide(Layer.merge(at(new URL("https://api.test")), layer))
      )
    }
  }

  it.effect("waits as its standard schedule says, which begins anew after an event", () =>
    Effect.gen(function* () {
      const failed = status(503, {}, "")
      const { run, waits } = following([
        ...Array.from({ length: 7 }, () => failed),
        part(text(1)),
        failed,
        part(": no event\n\n"),
        failed,
        status(204)
      ])
      expect(yield* run).toEqual(Exit.succeed([event(1)]))
      const expected = [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 1000, 2000, 4000, 8000]
      expect(waits()).toHaveLength(expected.length)
      for (const [index, first] of expected.entries()) {
        expect(waits()[index], `${index}`).toBeGreaterThanOrEqual(first)
        expect(waits()[index], `${index}`).toBeLessThanOrEqual(1.5 * first)
      }
    })
  )

  it.effect("waits as long as the server asks for, at least, by `retry` and by Retry-After", () =>
    Effect.gen(function* () {
      const { run, waits } = following(
        [
          part("retry: 5000\n\n"),
          part(`retry: 7000\n\n${text(1)}`),
          status(503, { "retry-after": "20" }, ""),
          part("retry: 99999999999999999999\n\n"),
          status(204)
        ],
        { schedule: Schedule.spaced("10 millis") }
      )
      expect(yield* run).toEqual(Exit.succeed([event(1)]))
      expect(waits()).toEqual([5000, 7000, 20_000, 3_600_000])
    })
  )

  it.effect("has waits that begin at the server's `retry`, without a schedule", () =>
    Effect.gen(function* () {
      const { run, waits } = following([part("retry: 10\n\n"), status(503, {}, ""), status(204)])
      yield* run
      expect(waits()[0]).toBeLessThanOrEqual(15)
      expect(waits()[1]).toBeLessThanOrEqual(30)
    })
  )

  it.effect("has growing waits if the server asks for none and sends no event", () =>
    Effect.gen(function* () {
      const { run, waits } = following([...Array.from({ length: 5 }, () => part("retry: 0\n\n")), status(204)])
      yield* run
      const [first, ...others] = waits()
      expect(first).toBe(0)
      for (const [index, least] of [20, 40, 80, 160].entries()) expect(others[index]).toBeGreaterThanOrEqual(least)
    })
  )

  it.effect("ends as the last connection did when its schedule ends", () =>
    Effect.gen(function* () {
      const schedule = Schedule.intersect(Schedule.spaced("1 second"), Schedule.recurs(2))
      const failed = following([status(503, {}, "")], { schedule })
      expect(yield* failed.run).toMatchObject({ cause: { error: { _tag: "ServerError", status: 503 } } })
      expect(failed.waits()).toEqual([1000, 1000])
      const ended = following([part(""), status(503, {}, ""), part("")], { schedule })
      expect(yield* ended.run).toEqual(Exit.succeed([]))
      expect(ended.requests).toHaveLength(3)
    })
  )

  it.effect("gives its schedule the end of each connection", () =>
    Effect.gen(function* () {
      const inputs: Array<unknown> = []
      const schedule = Schedule.identity<EventStream.Disconnected<unknown>>().pipe(
        Schedule.tapInput((input) => Effect.sync(() => inputs.push(input))),
        Schedule.addDelay(({ number }) => Duration.seconds(number))
      )
      const { run, waits } = following([part(text(1)), status(429, {}, ""), part(text(2)), status(204)], { schedule })
      yield* run
      expect(inputs).toMatchObject([
        { number: 1, error: undefined, lastEventId: "1" },
        { number: 2, error: { _tag: "RateLimited" }, lastEventId: "1" },
        { number: 1, error: undefined, lastEventId: "2" }
      ])
      expect(waits()).toEqual([1000, 2000, 1000])
    })
  )

  it.effect("skips invalid events as its body says, and resumes after them", () =>
    Effect.gen(function* () {
      const skipped: Array<number> = []
      const operation = eventsOf({ onInvalid: ({ number }) => Effect.sync(() => skipped.push(number)) })
      const { requests, run } = following([part(`${text(1)}id: 2\ndata: x\n\n`), status(204)], {}, operation)
      expect(yield* run).toEqual(Exit.succeed([event(1)]))
      expect(skipped).toEqual([2])
      expect(requests[1]?.request.headers["last-event-id"]).toBe("2")
    })
  )

  it.effect("sends no id after one that the server has cleared", () =>
    Effect.gen(function* () {
      const { requests, run } = following([part(`${text(1)}id:\ndata: {"n":2}\n\n`), status(204)], { lastEventId: "0" })
      yield* run
      expect(requests.map(({ request }) => request.headers["last-event-id"])).toEqual(["0", undefined])
    })
  )

  it.effect("fails for an id that can't stand in a header, before anything is sent", () =>
    Effect.gen(function* () {
      const { requests, run } = following([status(204)], { lastEventId: "a\u0001" })
      expect(yield* run).toMatchObject({ cause: { error: { _tag: "EncodeError" } } })
      expect(requests).toEqual([])
    })
  )

  it.effect("refuses an operation that is not idempotent", () =>
    Effect.gen(function* () {
      const make = (behavior: Endpoint.Behavior) =>
        Operation.make(Caller, () => Endpoint.post("/events", { ...behavior, success: EventStream.body(Numbered) }))
      const refused = following([status(204)], {}, make({}))
      const exit = yield* refused.run
      expect(exit).toMatchObject({ cause: { error: { _tag: "EncodeError" } } })
      expect(String(exit)).toContain(
        "can't be followed: each connection sends the request again. Declare `idempotent: true`"
      )
      expect(refused.requests).toEqual([])
      const declared = following([part(text(1)), status(204)], {}, make({ idempotent: true }))
      expect(yield* declared.run).toEqual(Exit.succeed([event(1)]))
    })
  )

  it.effect("ends at a success that is no event stream", () =>
    Effect.gen(function* () {
      const operation = Operation.make(Caller, () =>
        Endpoint.get("/events", { success: { 200: EventStream.body(Numbered), 202: Body.empty("over") } })
      )
      const { layer } = stub([part(text(1)), status(202, {}, "")])
      const found = elapsingAtOnce(collect(EventStream.follow(operation)()))
      expect(yield* Effect.provide(found, Layer.merge(at(new URL("https://api.test")), layer))).toEqual([event(1)])
    })
  )
})
