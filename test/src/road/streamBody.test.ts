import { createServer } from "node:http"
import type { ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { inspect } from "node:util"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Authoriser, Deadline, Endpoint, Limiter, Operation, RetryPolicy } from "effect-herald"
import * as Scripted from "../../servers/scripted.js"
import { at, Caller, clients, forAll, Ok, once, status, stub } from "../kit.js"

const ok = Scripted.json({ ok: true })
type Bytes = Stream.Stream<Uint8Array, unknown>

const upload = (method: HttpMethod & ("PUT" | "POST" | "PATCH") = "PUT", contentType?: string) =>
  Operation.make(
    Caller,
    () =>
      HttpApiEndpoint.make(method)("upload", "/upload").setPayload(Endpoint.StreamPayload(contentType)).addSuccess(Ok),
    (body: Bytes) => ({ payload: body })
  )

/** Repeats everything that may be, three times and at once. */
const greedy = Layer.succeed(
  RetryPolicy.Current,
  RetryPolicy.make({ schedule: Schedule.recurs(3), repeats: () => true })
)

const bytes = (text: string) => new TextEncoder().encode(text)
const pieces = (...texts: ReadonlyArray<string>): Bytes => Stream.fromIterable(texts.map(bytes))
/** A piece in each turn of the event loop. */
const endless: Bytes = Stream.repeatEffect(
  Effect.as(
    Effect.promise(() => new Promise(setImmediate)),
    bytes("more")
  )
)
/** A piece, and then nothing more, without an end. */
const stuck: Bytes = Stream.concat(pieces("begun"), Stream.never)

/** A Stream that tells how many times it was begun, and when it is over. */
const watched = (stream: Bytes) =>
  Effect.map(Deferred.make<void>(), (over) => {
    const seen = { begun: 0, over: Deferred.await(over) }
    const body = Stream.suspend(() => {
      seen.begun += 1
      return stream
    }).pipe(Stream.ensuring(Deferred.succeed(over, undefined)))
    return { body, seen }
  })

/** A server that answers as soon as a request begins, or not at all, and tells what becomes of requests. */
const receiver = (
  answer: (response: ServerResponse) => void = () => {},
  { port = 0, reads = true }: { readonly port?: number; readonly reads?: boolean } = {}
) =>
  Effect.gen(function* () {
    const begun = yield* Queue.unbounded<void>()
    const ended = yield* Queue.unbounded<"whole" | "aborted">()
    const server = createServer((request, response) => {
      // Its first bytes came, too, if it has any.
      request.once("readable", () => {
        Queue.unsafeOffer(begun, undefined)
        if (reads) request.resume()
      })
      request.on("error", () => {})
      response.on("error", () => {})
      request.once("close", () => Queue.unsafeOffer(ended, request.complete ? "whole" : "aborted"))
      answer(response)
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => void server.listen(port, "127.0.0.1", () => resume(Effect.void))),
      () =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    )
    const address = server.address() as AddressInfo
    return { url: new URL(`http://127.0.0.1:${address.port}`), begun: Queue.take(begun), ended: Queue.take(ended) }
  })

/** Everything of an error that someone might see. */
const shown = (error: unknown) =>
  [String(error), JSON.stringify(error), inspect(error, { depth: 9 }), error instanceof Error ? error.stack : ""].join()

describe.each(clients)("a Stream of bytes, by %s", (name, client) => {
  const calling = (url: URL, parts?: Partial<Authoriser.Authoriser>) => Layer.mergeAll(at(url, parts), greedy, client)

  const bodies = [
    ["one piece", [bytes("hello")]],
    ["none", []],
    ["an empty one", [new Uint8Array(0)]],
    ["empty ones among others", [new Uint8Array(0), bytes("a"), new Uint8Array(0), bytes("b"), new Uint8Array(0)]],
    ["ten thousand of a byte each", Array.from({ length: 10_000 }, (_, index) => Uint8Array.of(index % 256))],
    ["many large ones", Array.from({ length: 128 }, (_, index) => new Uint8Array(65_536).fill(index))],
    ["a single large one", [new Uint8Array(5_000_000).fill(7)]],
    ["a part of a larger buffer", [bytes("not this, but this").subarray(10)]],
    ["a Buffer", [Buffer.from("pooled")]]
  ] as const

  it.scopedLive.each(bodies)("arrives whole: %s", ([, body]) =>
    Effect.gen(function* () {
      for (const chunked of [Stream.fromIterable<Uint8Array>(body), Stream.rechunk(Stream.fromIterable(body), 3)]) {
        const server = yield* Scripted.make([ok])
        expect(yield* Effect.provide(upload()(chunked), calling(server.url))).toEqual({ ok: true })
        expect(server.requests).toHaveLength(1)
        expect(Buffer.compare(server.requests[0]!.bytes, Buffer.concat(body))).toBe(0)
        expect(server.requests[0]?.headers["content-type"]).toBe("application/octet-stream")
      }
    })
  )

  it.scopedLive("arrives whole, whatever its pieces", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([ok])
      yield* forAll(
        fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 30 }),
        (body) =>
          Effect.gen(function* () {
            yield* upload("POST")(
              Stream.mapEffect(Stream.fromIterable(body), (piece) => Effect.as(Effect.yieldNow(), piece))
            )
            expect(Buffer.compare(server.requests.at(-1)!.bytes, Buffer.concat(body))).toBe(0)
          }).pipe(Effect.provide(calling(server.url))),
        { numRuns: 30 }
      )
    })
  )

  it.scopedLive("arrives whole beside others, and as often as its call is run", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([ok])
      const same = upload()(pieces("the ", "same"))
      const others = Array.from({ length: 20 }, (_, index) => upload()(pieces(`${index}`, "!")))
      yield* Effect.all([same, same, ...others], { concurrency: "unbounded" }).pipe(Effect.provide(calling(server.url)))
      expect(server.requests.map(({ body }) => body).sort()).toEqual(
        ["the same", "the same", ...others.map((_, index) => `${index}!`)].sort()
      )
    })
  )

  it.scopedLive("has the content type that it is given", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([ok])
      yield* Effect.provide(upload("POST", "text/csv; charset=utf-8")(pieces("a,b")), calling(server.url))
      expect(server.requests[0]?.headers["content-type"]).toBe("text/csv; charset=utf-8")
    })
  )

  it.scopedLive("is read no faster than it is taken", () =>
    Effect.gen(function* () {
      const server = yield* receiver(undefined, { reads: false })
      const piece = new Uint8Array(65_536)
      let read = 0
      const most = 10_000
      const long: Bytes = Stream.take(
        Stream.repeatEffect(
          Effect.sync(() => {
            read += 1
            return piece
          })
        ),
        most
      )
      const fiber = yield* Effect.fork(Effect.provide(upload()(long), calling(server.url)))
      yield* server.begun
      // It is read on until nothing more goes out.
      let before = -1
      while (before !== read) {
        before = read
        yield* Effect.sleep("50 millis")
      }
      expect(read).toBeLessThan(most)
      yield* Fiber.interrupt(fiber)
    })
  )

  const failures = [
    ["429", Scripted.answer({ status: 429 }), "Rejected"],
    ["503 with Retry-After", Scripted.answer({ status: 503, headers: { "retry-after": "0" } }), "Rejected"],
    ["500", Scripted.answer({ status: 500 }), "Ambiguous"],
    ["reset", Scripted.reset, "Ambiguous"],
    ["cut short", Scripted.cutShort({ body: '{"ok":' }), "Ambiguous"]
  ] as const
  it.scopedLive.each(failures)("that was read is not sent again after %s", ([, behaviour, left]) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([behaviour, ok])
      const { body, seen } = yield* watched(pieces("once"))
      const error = yield* Effect.flip(Effect.provide(upload()(body), calling(server.url)))
      expect(error.attempts).toMatchObject([{ class: left, idempotent: true, verdict: "body spent" }])
      expect(server.requests).toHaveLength(1)
      expect(seen.begun).toBe(1)
    })
  )

  it.scopedLive("that is empty counts as read, too", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.answer({ status: 429 }), ok])
      const error = yield* Effect.flip(Effect.provide(upload()(Stream.empty), calling(server.url)))
      expect(error.attempts).toMatchObject([{ verdict: "body spent" }])
    })
  )

  // undici reads nothing before it is connected; fetch reads ahead, and what it read is gone.
  it.scopedLive("that nothing was read of is sent by the next attempt, once there is a connection", () =>
    Effect.gen(function* () {
      for (const method of ["PUT", "POST"] as const) {
        const url = yield* Scripted.closedPort
        const scope = yield* Effect.scope
        let attempts = 0
        const authorise: Authoriser.Authoriser["authorise"] = (request) =>
          Effect.suspend(() => {
            attempts += 1
            const answer = (response: ServerResponse) => void response.writeHead(200).end('{"ok":true}')
            const listening = attempts === 2 ? receiver(answer, { port: Number(url.port) }) : Effect.void
            return Effect.as(Effect.provideService(listening, Scope.Scope, scope), { request, generation: 0 })
          })
        const { body, seen } = yield* watched(pieces("who", "le"))
        const result = yield* Effect.either(Effect.provide(upload(method)(body), calling(url, { authorise })))
        expect(seen.begun).toBe(1)
        if (name === "undici") expect([result._tag, attempts]).toEqual(["Right", 2])
        else {
          expect(result).toMatchObject({
            left: { _tag: "TransportError", attempts: [{ class: "NotSent", verdict: "body spent" }] }
          })
        }
      }
    })
  )

  it.scopedLive.each([301, 302, 307, 308])("does not follow a %i that would have it sent again", (status) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.redirect("/there", status), ok])
      const { body, seen } = yield* watched(pieces("once"))
      const error = yield* Effect.flip(Effect.provide(upload()(body), calling(server.url)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Redirect", status })
      expect([server.requests.length, seen.begun]).toEqual([1, 1])
    })
  )

  it.scopedLive.each([
    [303, "PUT"],
    [303, "POST"],
    [301, "POST"],
    [302, "POST"]
  ] as const)("follows a %i of a %s to its result, without a body", ([status, method]) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.redirect("/result", status), ok])
      expect(yield* Effect.provide(upload(method)(pieces("once")), calling(server.url))).toEqual({ ok: true })
      expect(
        server.requests.map(({ body, headers, method, target }) => [method, target, body, headers["content-type"]])
      ).toEqual([
        [method, "/upload", "once", "application/octet-stream"],
        ["GET", "/result", "", undefined]
      ])
    })
  )

  it.scopedLive("is not sent again after a 401, of which the authoriser learns all the same", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.answer({ status: 401 }), ok])
      const rejections: Array<number> = []
      let generation = 7
      const parts: Partial<Authoriser.Authoriser> = {
        authorise: (request) => Effect.sync(() => ({ request, generation })),
        rejected: (of) =>
          Effect.sync(() => {
            rejections.push(of)
            generation += 1
            return true
          })
      }
      yield* Effect.gen(function* () {
        const error = yield* Effect.flip(upload()(pieces("once")))
        expect(error).toMatchObject({ status: 401, attempts: [{ class: "Rejected", verdict: "body spent" }] })
        expect(rejections).toEqual([7])
        // So the next call has the others.
        expect(yield* upload()(pieces("twice"))).toEqual({ ok: true })
        expect(server.requests.map(({ body }) => body)).toEqual(["once", "twice"])
      }).pipe(Effect.provide(calling(server.url, parts)))
    })
  )

  class Unreadable extends Data.TaggedError("Unreadable")<{ readonly path: string }> {}
  const secret = "Xyzzy"
  const failing = (error: unknown): Bytes => Stream.fail(error)
  const ends: ReadonlyArray<readonly [what: string, end: Bytes]> = [
    ["an error", failing(new Error(secret))],
    ["an error with a cause", failing(new Error("no", { cause: new Error(secret) }))],
    ["an error of its own kind", failing(new Unreadable({ path: secret }))],
    ["a text", failing(secret)],
    ["nothing", failing(undefined)],
    ["null", failing(null)],
    ["an object", failing({ message: secret, cause: secret })],
    ["a defect", Stream.die(new Error(secret))],
    ["an interruption", Stream.fromEffect(Effect.interrupt)],
    ["an abortion", failing(new DOMException(secret, "AbortError"))],
    ["what is no bytes", Stream.succeed(5 as unknown as Uint8Array)]
  ]
  const midway = ends.flatMap(([what, end]) =>
    (["at once", "midway"] as const).map((when) => ({
      what,
      when,
      end,
      begin: when === "midway" ? pieces("half") : Stream.empty
    }))
  )
  it.scopedLive.each(midway)(
    "that fails $when with $what ends the call, typed, and shows nothing of it; the server has no whole request",
    ({ begin, end }) =>
      Effect.gen(function* () {
        const server = yield* receiver()
        // What was read so far is sent, so that the server sees it broken off.
        const gone = begin === Stream.empty ? Effect.void : server.begun
        const { body, seen } = yield* watched(
          Stream.concat(begin, Stream.concat(Stream.drain(Stream.fromEffect(gone)), end))
        )
        const exit = yield* Effect.exit(Effect.provide(upload()(body), calling(server.url)))
        const failure = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : undefined
        expect(failure).toMatchObject({
          _tag: "Some",
          value: { _tag: "TransportError", attempts: [{ class: "Ambiguous", verdict: "body spent" }] }
        })
        expect(shown(exit)).not.toContain(secret)
        yield* seen.over
        if (begin !== Stream.empty) expect(yield* server.ended).toBe("aborted")
      })
  )

  it.scopedLive("that fails with a code of its own shows it to nobody", () =>
    Effect.gen(function* () {
      const server = yield* receiver()
      const body = failing(Object.assign(new Error("no"), { code: secret }))
      const error = yield* Effect.flip(Effect.provide(upload()(body), calling(server.url)))
      expect(shown(error)).not.toContain(secret)
    })
  )

  it.scopedLive(
    "that fails as a transport does, such as one from elsewhere, is not taken for this call's transport",
    () =>
      Effect.gen(function* () {
        const server = yield* receiver()
        const elsewhere = failing(Object.assign(new Error("no"), { code: "ECONNREFUSED" }))
        const body = Stream.concat(pieces("half"), Stream.zipRight(Stream.fromEffect(server.begun), elsewhere))
        const error = yield* Effect.flip(Effect.provide(upload()(body), calling(server.url)))
        expect(error.message).not.toContain("no connection")
        expect(error.attempts).toMatchObject([{ class: "Ambiguous" }])
      })
  )

  // fetch of Node 20 does not cancel a body when it is aborted, or done: the Stream stays open for ever.
  /** Fails after three seconds, by any clock, which is how what never happens shows. */
  const comes = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.raceFirst(
      effect,
      Effect.async<never>((resume) => {
        const timer = setTimeout(() => resume(Effect.dieMessage("it never came")), 3000)
        return Effect.sync(() => clearTimeout(timer))
      })
    )
  const open = [
    ["stuck", stuck],
    ["endless", endless]
  ] as const

  it.scopedLive.each(open)("that is %s is broken off when its call is interrupted", ([, stream]) =>
    Effect.gen(function* () {
      const server = yield* receiver()
      const fiber = yield* Effect.fork(Effect.provide(upload()(stream), calling(server.url)))
      yield* server.begun
      const exit = yield* Fiber.interrupt(fiber)
      expect(Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)).toBe(true)
      expect(yield* server.ended).toBe("aborted")
    })
  )

  for (const [what, stream] of open) {
    it.scoped(`that is ${what} is finalised when its call is interrupted`, () =>
      Effect.gen(function* () {
        const server = yield* receiver()
        const { body, seen } = yield* watched(stream)
        const fiber = yield* Effect.fork(Effect.provide(upload()(body), calling(server.url)))
        yield* server.begun
        yield* Fiber.interrupt(fiber)
        yield* comes(seen.over)
      })
    )
  }

  it.scoped.each([
    ["the call's", Deadline.Current, "deadline", [{ class: "Ambiguous", verdict: "past deadline" }]],
    ["an attempt's", Deadline.PerAttempt, "attempt deadline", [{ class: "Ambiguous", verdict: "body spent" }]]
  ] as const)("without end is broken off by %s deadline", ([, tag, reason, attempts]) =>
    Effect.gen(function* () {
      for (const stream of [stuck, endless]) {
        for (const around of [Effect.interruptible, Effect.uninterruptible]) {
          const server = yield* receiver()
          const limited =
            tag === Deadline.Current
              ? Effect.provideService(Deadline.Current, "5 seconds")
              : Effect.provideService(Deadline.PerAttempt, "5 seconds")
          const fiber = yield* upload()(stream).pipe(
            limited,
            Effect.provide(calling(server.url)),
            around,
            Effect.flip,
            Effect.fork
          )
          yield* server.begun
          yield* TestClock.adjust("5 seconds")
          const error = yield* Fiber.join(fiber)
          expect(error).toMatchObject({ _tag: "TimeoutError", reason })
          expect(error.attempts).toMatchObject(attempts)
          expect(yield* server.ended).toBe("aborted")
        }
      }
    })
  )

  it.scoped("without end is finalised by a deadline", () =>
    Effect.gen(function* () {
      const server = yield* receiver()
      const { body, seen } = yield* watched(stuck)
      const fiber = yield* upload()(body).pipe(
        Effect.provideService(Deadline.Current, "5 seconds"),
        Effect.provide(calling(server.url)),
        Effect.flip,
        Effect.fork
      )
      yield* server.begun
      yield* TestClock.adjust("5 seconds")
      expect((yield* Fiber.join(fiber))._tag).toBe("TimeoutError")
      yield* comes(seen.over)
    })
  )

  const early = [
    ["taken", 200, "Right"],
    ["refused", 413, "Left"]
  ] as const
  it.scopedLive.each(early)("may be %s before it was read", ([, status, tag]) =>
    Effect.gen(function* () {
      for (const stream of [stuck, endless]) {
        const server = yield* receiver((response) => void response.writeHead(status).end('{"ok":true}'))
        const result = yield* Effect.either(Effect.provide(upload()(stream), calling(server.url)))
        expect(result._tag).toBe(tag)
        if (result._tag === "Left") expect(result.left).toMatchObject({ _tag: "ClientError", status })
      }
    })
  )

  for (const [what, status] of early) {
    it.scoped(`that was ${what} before it was read is finalised`, () =>
      Effect.gen(function* () {
        const server = yield* receiver((response) => void response.writeHead(status).end('{"ok":true}'))
        const { body, seen } = yield* watched(stuck)
        yield* Effect.either(Effect.provide(upload()(body), calling(server.url)))
        yield* comes(seen.over)
      })
    )
  }

  it.scoped("that was begun for a connection that never came is finalised", () =>
    Effect.gen(function* () {
      const { body, seen } = yield* watched(stuck)
      yield* Effect.flip(Effect.provide(upload()(body), calling(yield* Scripted.closedPort)))
      if (seen.begun > 0) yield* comes(seen.over)
    })
  )
})

describe("a Stream of bytes", () => {
  const home = new URL("https://api.test")

  it.effect("is not begun by what comes before it is sent", () =>
    Effect.gen(function* () {
      const refusing: ReadonlyArray<Partial<Authoriser.Authoriser>> = [
        {
          authorise: () => Effect.fail(new Authoriser.AuthoriserFailure({ reason: "none", message: "no credentials" }))
        },
        { limiter: { acquire: () => Effect.fail(new Limiter.LimiterFailure({ message: "no" })) } }
      ]
      for (const parts of refusing) {
        const { body, seen } = yield* watched(pieces("never"))
        const client = stub([status(200)])
        yield* Effect.flip(Effect.provide(upload()(body), Layer.mergeAll(at(home, parts), once, client.layer)))
        expect([seen.begun, client.requests.length]).toEqual([0, 0])
      }
    })
  )

  it.effect("that is none, as JavaScript may have it, is refused, and not shown", () =>
    Effect.gen(function* () {
      for (const none of [
        "Xyzzy",
        bytes("Xyzzy"),
        { Xyzzy: 1 },
        null,
        undefined,
        ["Xyzzy"]
      ] as ReadonlyArray<unknown>) {
        const client = stub([status(200)])
        const error = yield* Effect.flip(
          Effect.provide(upload()(none as Bytes), Layer.mergeAll(at(home), once, client.layer))
        )
        expect(error._tag).toBe("EncodeError")
        expect(shown(error)).not.toContain("Xyzzy")
        expect(client.requests).toEqual([])
      }
    })
  )

  it.effect("is asked for by name where there is none", () =>
    Effect.gen(function* () {
      const refused = upload()(bytes("not these") as unknown as Bytes)
      const error = yield* Effect.flip(Effect.provide(refused, Layer.mergeAll(at(home), once, stub([]).layer)))
      expect(error.message).toContain("Stream")
      expect(error.message).not.toContain("<declaration schema>")
    })
  )

  it.effect("that a client did not read is sent again, by any method that may be", () =>
    Effect.gen(function* () {
      const { body, seen } = yield* watched(pieces("still whole"))
      const client = stub([status(429), status(429), status(200)])
      yield* Effect.provide(upload("POST")(body), Layer.mergeAll(at(home), greedy, client.layer))
      expect([seen.begun, client.requests.length]).toEqual([0, 3])
    })
  )
})
