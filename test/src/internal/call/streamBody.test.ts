import { createServer } from "node:http"
import type { ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { inspect } from "node:util"
import { describe, expect, it, vi } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Body, Content, Credentials, Deadline, Endpoint, Limiter, Operation, RetryPolicy, Verbs } from "effect-herald"
import * as Scripted from "../../../servers/scripted.js"
import { clients } from "../../../support/clients.js"
import { at, Caller, type CallerParts, forAll, Ok, once, status, stub } from "../../../support/kit.js"

const ok = Scripted.json({ ok: true })
type Bytes = Stream.Stream<Uint8Array, unknown>

const methods = { PUT: Endpoint.put, POST: Endpoint.post }

const upload = (method: keyof typeof methods = "PUT", contentType?: string) =>
  Operation.make(
    Caller,
    () => methods[method]("/upload", { body: Body.stream({ contentType }), success: Ok }),
    (body: Bytes) => ({ body })
  )

/** Retries whatever may be retried, three times and at once. */
const retrying = Layer.succeed(
  RetryPolicy.Current,
  RetryPolicy.make({ schedule: Schedule.recurs(3), retries: () => true })
)

const bytes = (text: string) => new TextEncoder().encode(text)
const chunks = (...texts: ReadonlyArray<string>): Bytes => Stream.fromIterable(texts.map(bytes))
/** A chunk in each iteration of the event loop, without an end. */
const endless: Bytes = Stream.repeatEffect(
  Effect.as(
    Effect.promise(() => new Promise(setImmediate)),
    bytes("more")
  )
)
/** A chunk, and then nothing more, without an end. */
const stuck: Bytes = Stream.concat(chunks("begin"), Stream.never)

/** A Stream that counts how often it is started, and reports when it is finalized. */
const observed = (stream: Bytes) =>
  Effect.map(Deferred.make<void>(), (finalized) => {
    const seen = { started: 0, finalized: Deferred.await(finalized) }
    const body = Stream.suspend(() => {
      seen.started += 1
      return stream
    }).pipe(Stream.ensuring(Deferred.succeed(finalized, undefined)))
    return { body, seen }
  })

/** A server that responds as soon as a request begins, or not at all, and reports the beginning and the end of requests. */
const receiver = (
  respond: (response: ServerResponse) => void = () => {},
  { port = 0, reads = true }: { readonly port?: number; readonly reads?: boolean } = {}
) =>
  Effect.gen(function* () {
    const started = yield* Queue.unbounded<void>()
    const ended = yield* Queue.unbounded<"whole" | "aborted">()
    const server = createServer((request, response) => {
      // The first bytes of its body were received, if it has any.
      request.once("readable", () => {
        Queue.unsafeOffer(started, undefined)
        if (reads) request.resume()
      })
      request.on("error", () => {})
      response.on("error", () => {})
      request.once("close", () => Queue.unsafeOffer(ended, request.complete ? "whole" : "aborted"))
      respond(response)
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
    return { url: new URL(`http://127.0.0.1:${address.port}`), started: Queue.take(started), ended: Queue.take(ended) }
  })

/** All texts that an error can be shown as. */
const textsOf = (error: unknown) =>
  [String(error), JSON.stringify(error), inspect(error, { depth: 9 }), error instanceof Error ? error.stack : ""].join()

describe.each(clients)("a request body that is a Stream, with %s", (name, client) => {
  const calling = (url: URL, credentials?: CallerParts["credentials"]) =>
    Layer.mergeAll(at(url, { credentials }), retrying, client)

  const bodies = [
    ["one chunk", [bytes("hello")]],
    ["no chunk", []],
    ["an empty chunk", [new Uint8Array(0)]],
    ["empty chunks among others", [new Uint8Array(0), bytes("a"), new Uint8Array(0), bytes("b"), new Uint8Array(0)]],
    ["ten thousand chunks of a byte", Array.from({ length: 10_000 }, (_, index) => Uint8Array.of(index % 256))],
    ["many large chunks", Array.from({ length: 128 }, (_, index) => new Uint8Array(65_536).fill(index))],
    ["a single large chunk", [new Uint8Array(5_000_000).fill(7)]],
    ["a part of a larger buffer", [bytes("not this, but this").subarray(10)]],
    ["a Buffer", [Buffer.from("pooled")]]
  ] as const

  it.scopedLive.each(bodies)("is received whole: %s", ([, body]) =>
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

  it.scopedLive("is received whole for any chunks", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([ok])
      yield* forAll(
        fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 30 }),
        (body) =>
          Effect.gen(function* () {
            yield* upload("POST")(
              Stream.mapEffect(Stream.fromIterable(body), (chunk) => Effect.as(Effect.yieldNow(), chunk))
            )
            expect(Buffer.compare(server.requests.at(-1)!.bytes, Buffer.concat(body))).toBe(0)
          }).pipe(Effect.provide(calling(server.url))),
        { numRuns: 30 }
      )
    })
  )

  it.scopedLive("is received whole by concurrent calls, and by each run of a call", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([ok])
      const same = upload()(chunks("the ", "same"))
      const others = Array.from({ length: 20 }, (_, index) => upload()(chunks(`${index}`, "!")))
      yield* Effect.all([same, same, ...others], { concurrency: "unbounded" }).pipe(Effect.provide(calling(server.url)))
      expect(server.requests.map(({ body }) => body).sort()).toEqual(
        ["the same", "the same", ...others.map((_, index) => `${index}!`)].sort()
      )
    })
  )

  it.scopedLive("has the content type of the endpoint", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([ok])
      yield* Effect.provide(upload("POST", "text/csv; charset=utf-8")(chunks("a,b")), calling(server.url))
      expect(server.requests[0]?.headers["content-type"]).toBe("text/csv; charset=utf-8")
    })
  )

  it.scopedLive("is read no faster than the server takes it", () =>
    Effect.gen(function* () {
      const server = yield* receiver(undefined, { reads: false })
      const chunk = new Uint8Array(65_536)
      let read = 0
      const all = 10_000
      const long: Bytes = Stream.take(
        Stream.repeatEffect(
          Effect.sync(() => {
            read += 1
            return chunk
          })
        ),
        all
      )
      const fiber = yield* Effect.fork(Effect.provide(upload()(long), calling(server.url)))
      yield* server.started
      // It is read until the buffers are full.
      let before = -1
      while (before !== read) {
        before = read
        yield* Effect.sleep("50 millis")
      }
      expect(read).toBeLessThan(all)
      yield* Fiber.interrupt(fiber)
    })
  )

  const failures = [
    ["429", Scripted.respond({ status: 429 }), "Rejected"],
    ["503 with Retry-After", Scripted.respond({ status: 503, headers: { "retry-after": "0" } }), "Rejected"],
    ["500", Scripted.respond({ status: 500 }), "Ambiguous"],
    ["a reset connection", Scripted.reset, "Ambiguous"],
    ["an incomplete response", Scripted.cutShort({ body: '{"ok":' }), "Ambiguous"]
  ] as const
  it.scopedLive.each(failures)("that was read is not sent again after %s", ([, behaviour, failureClass]) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([behaviour, ok])
      const { body, seen } = yield* observed(chunks("once"))
      const error = yield* Effect.flip(Effect.provide(upload()(body), calling(server.url)))
      expect(error.attempts).toMatchObject([{ class: failureClass, idempotent: true, verdict: "body consumed" }])
      expect(server.requests).toHaveLength(1)
      expect(seen.started).toBe(1)
    })
  )

  it.scopedLive("that is empty is not sent again, either", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.respond({ status: 429 }), ok])
      const error = yield* Effect.flip(Effect.provide(upload()(Stream.empty), calling(server.url)))
      expect(error.attempts).toMatchObject([{ verdict: "body consumed" }])
    })
  )

  // undici reads nothing before it is connected. fetch reads ahead, and can't put back.
  it.scopedLive("of which nothing was read is sent by the next attempt", () =>
    Effect.gen(function* () {
      for (const method of ["PUT", "POST"] as const) {
        const url = yield* Scripted.closedPort
        const scope = yield* Effect.scope
        let attempts = 0
        const authorize: Credentials.Credentials["authorize"] = (request) =>
          Effect.suspend(() => {
            attempts += 1
            const respond = (response: ServerResponse) => void response.writeHead(200).end('{"ok":true}')
            const listening = attempts === 2 ? receiver(respond, { port: Number(url.port) }) : Effect.void
            return Effect.as(Effect.provideService(listening, Scope.Scope, scope), { request, generation: 0 })
          })
        const { body, seen } = yield* observed(chunks("who", "le"))
        const result = yield* Effect.either(Effect.provide(upload(method)(body), calling(url, { authorize })))
        expect(seen.started).toBe(1)
        if (name === "herald" || name === "undici") expect([result._tag, attempts]).toEqual(["Right", 2])
        else {
          expect(result).toMatchObject({
            left: { _tag: "TransportError", attempts: [{ class: "NotSent", verdict: "body consumed" }] }
          })
        }
      }
    })
  )

  it.scopedLive.each([301, 302, 307, 308])("is not sent again by a redirect of %i, which is not followed", (status) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.redirect("/there", status), ok])
      const { body, seen } = yield* observed(chunks("once"))
      const error = yield* Effect.flip(Effect.provide(upload()(body), calling(server.url)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Redirect", status })
      expect([server.requests.length, seen.started]).toEqual([1, 1])
    })
  )

  it.scopedLive.each([
    [303, "PUT"],
    [303, "POST"],
    [301, "POST"],
    [302, "POST"]
  ] as const)("is not part of the request for the result after a %i to a %s", ([status, method]) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.redirect("/result", status), ok])
      expect(yield* Effect.provide(upload(method)(chunks("once")), calling(server.url))).toEqual({ ok: true })
      expect(
        server.requests.map(({ body, headers, method, target }) => [method, target, body, headers["content-type"]])
      ).toEqual([
        [method, "/upload", "once", "application/octet-stream"],
        ["GET", "/result", "", undefined]
      ])
    })
  )

  it.scopedLive("is not sent again after a 401, though the credentials are refreshed", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.respond({ status: 401 }), ok])
      const rejections: Array<number> = []
      let generation = 7
      const credentials: CallerParts["credentials"] = {
        authorize: (request) => Effect.sync(() => ({ request, generation })),
        rejected: (rejected) =>
          Effect.sync(() => {
            rejections.push(rejected)
            generation += 1
            return true
          })
      }
      yield* Effect.gen(function* () {
        const error = yield* Effect.flip(upload()(chunks("once")))
        expect(error).toMatchObject({ status: 401, attempts: [{ class: "Rejected", verdict: "body consumed" }] })
        expect(rejections).toEqual([7])
        // The next call has the refreshed credentials.
        expect(yield* upload()(chunks("twice"))).toEqual({ ok: true })
        expect(server.requests.map(({ body }) => body)).toEqual(["once", "twice"])
      }).pipe(Effect.provide(calling(server.url, credentials)))
    })
  )

  class Unreadable extends Data.TaggedError("Unreadable")<{ readonly path: string }> {}
  const secret = "Xyzzy"
  const failing = (error: unknown): Bytes => Stream.fail(error)
  const ownFailures: ReadonlyArray<readonly [what: string, failure: unknown]> = [
    ["an error", new Error("unreadable")],
    ["an error with a cause", new Error("no", { cause: new Error("unreadable") })],
    ["an error of its own kind", new Unreadable({ path: "/a" })],
    ["a text", "unreadable"],
    ["undefined", undefined],
    ["null", null],
    ["an object", { message: "unreadable" }],
    ["an AbortError", new DOMException("unreadable", "AbortError")]
  ]
  const notBytes = expect.objectContaining({ message: "a chunk of the Stream is not a Uint8Array" }) as unknown
  const streamFailures: ReadonlyArray<readonly [what: string, failure: Bytes, cause: unknown]> = [
    ...ownFailures.map(([what, failure]) => [what, failing(failure), failure] as const),
    ["an interruption", Stream.fromEffect(Effect.interrupt), undefined],
    ["a chunk that is a number", Stream.succeed(5 as unknown as Uint8Array), notBytes],
    ["a chunk that is text", Stream.succeed("text" as unknown as Uint8Array), notBytes]
  ]
  const inTime = <A extends object>(all: ReadonlyArray<A>) =>
    all.flatMap((one) => [
      { ...one, when: "at once", begin: Stream.empty },
      { ...one, when: "midway", begin: chunks("half") }
    ])

  it.scopedLive.each(inTime([{ what: "an error" }, { what: "a text" }]))(
    "whose defect is $what, $when, makes the call die with it, and no whole request",
    ({ begin, what }) =>
      Effect.gen(function* () {
        const server = yield* receiver()
        const defect = what === "a text" ? secret : new Error(secret)
        const received = begin === Stream.empty ? Effect.void : server.started
        const { body, seen } = yield* observed(
          Stream.concat(begin, Stream.concat(Stream.drain(Stream.fromEffect(received)), Stream.die(defect)))
        )
        const exit = yield* Effect.exit(Effect.provide(upload()(body), calling(server.url)))
        expect(Exit.isFailure(exit) && [...Cause.defects(exit.cause)]).toEqual([defect])
        yield* seen.finalized
        if (begin !== Stream.empty) expect(yield* server.ended).toBe("aborted")
      })
  )

  it.scopedLive.each(inTime(streamFailures.map(([what, failure, cause]) => ({ what, failure, cause }))))(
    "that fails $when with $what makes a TransportError with that failure, and no whole request",
    ({ begin, cause, failure: end }) =>
      Effect.gen(function* () {
        const server = yield* receiver()
        // It fails once its beginning was received, so that the server sees the request end early.
        const received = begin === Stream.empty ? Effect.void : server.started
        const { body, seen } = yield* observed(
          Stream.concat(begin, Stream.concat(Stream.drain(Stream.fromEffect(received)), end))
        )
        const exit = yield* Effect.exit(Effect.provide(upload()(body), calling(server.url)))
        const error = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : undefined
        expect(error).toMatchObject({
          _tag: "Some",
          value: {
            _tag: "TransportError",
            reason: "body",
            attempts: [{ class: "Ambiguous", verdict: "body consumed" }]
          }
        })
        expect((Option.getOrUndefined(error ?? Option.none()) as { readonly cause?: unknown }).cause).toEqual(cause)
        yield* seen.finalized
        if (begin !== Stream.empty) expect(yield* server.ended).toBe("aborted")
      })
  )

  it.scopedLive("that fails with a code makes an error without that code", () =>
    Effect.gen(function* () {
      const server = yield* receiver()
      const body = failing(Object.assign(new Error("no"), { code: secret }))
      const error = yield* Effect.flip(Effect.provide(upload()(body), calling(server.url)))
      expect(error).toMatchObject({ reason: "body" })
      expect(error.message).not.toContain(secret)
    })
  )

  const lengths = [
    ["as long as its content-length", "7", undefined],
    ["longer than its content-length", "6", "the Stream is longer than its content-length, 6"],
    ["shorter than its content-length", "8", "the Stream has 7 bytes, and its content-length is 8"]
  ] as const
  it.scopedLive.each(lengths)("that is %s", ([, length, message]) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.json({ ok: true })])
      const { put } = Verbs.make(Caller)
      const call = put("/", { stream: chunks("half", "end"), headers: { "content-length": length } })
      const result = yield* Effect.either(Effect.provide(call, [calling(server.url), once]))
      if (message === undefined) {
        expect(result).toEqual(Either.right({ ok: true }))
        expect(server.requests[0]?.body).toBe("halfend")
        return
      }
      expect(result).toMatchObject({ left: { _tag: "TransportError", reason: "body", cause: { message } } })
      expect(server.requests).toEqual([])
    })
  )

  it.scopedLive("that fails with an error of another transport is not taken for a failure of this one", () =>
    Effect.gen(function* () {
      const server = yield* receiver()
      const other = failing(Object.assign(new Error("no"), { code: "ECONNREFUSED" }))
      const body = Stream.concat(chunks("half"), Stream.zipRight(Stream.fromEffect(server.started), other))
      const error = yield* Effect.flip(Effect.provide(upload()(body), calling(server.url)))
      expect(error.message).not.toContain("no connection")
      expect(error.attempts).toMatchObject([{ class: "Ambiguous" }])
    })
  )

  /**
   * Fails after a minute of real time. `fetch` of Node 20 never cancels a body that is aborted or no longer needed, so that a Stream could
   * stay open without an end.
   */
  const withinMinute = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.raceFirst(
      effect,
      Effect.async<never>((resume) => {
        const timer = setTimeout(() => resume(Effect.dieMessage("it never happened")), 60_000)
        return Effect.sync(() => clearTimeout(timer))
      })
    )
  const open = [
    ["stuck", stuck],
    ["endless", endless]
  ] as const

  it.scopedLive.each(open)("that is %s is ended when its call is interrupted", ([, stream]) =>
    Effect.gen(function* () {
      const server = yield* receiver()
      const fiber = yield* Effect.fork(Effect.provide(upload()(stream), calling(server.url)))
      yield* server.started
      const exit = yield* Fiber.interrupt(fiber)
      expect(Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)).toBe(true)
      expect(yield* server.ended).toBe("aborted")
    })
  )

  for (const [what, stream] of open) {
    it.scoped(`that is ${what} is finalized when its call is interrupted`, () =>
      Effect.gen(function* () {
        const server = yield* receiver()
        const { body, seen } = yield* observed(stream)
        const fiber = yield* Effect.fork(Effect.provide(upload()(body), calling(server.url)))
        yield* server.started
        yield* Fiber.interrupt(fiber)
        yield* withinMinute(seen.finalized)
      })
    )
  }

  it.scoped.each([
    ["the call's", Deadline.Current, "deadline", [{ class: "Ambiguous", verdict: "past deadline" }]],
    ["an attempt's", Deadline.PerAttempt, "attempt deadline", [{ class: "Ambiguous", verdict: "body consumed" }]]
  ] as const)("without an end is ended by %s deadline", ([, tag, reason, attempts]) =>
    Effect.gen(function* () {
      for (const stream of [stuck, endless]) {
        for (const wrap of [Effect.interruptible, Effect.uninterruptible]) {
          const server = yield* receiver()
          const limited =
            tag === Deadline.Current
              ? Effect.provideService(Deadline.Current, "5 seconds")
              : Effect.provideService(Deadline.PerAttempt, "5 seconds")
          const fiber = yield* upload()(stream).pipe(
            limited,
            Effect.provide(calling(server.url)),
            wrap,
            Effect.flip,
            Effect.fork
          )
          yield* server.started
          yield* TestClock.adjust("5 seconds")
          const error = yield* Fiber.join(fiber)
          expect(error).toMatchObject({ _tag: "TimeoutError", reason })
          expect(error.attempts).toMatchObject(attempts)
          expect(yield* server.ended).toBe("aborted")
        }
      }
    })
  )

  it.scoped("without an end is finalized after a deadline", () =>
    Effect.gen(function* () {
      const server = yield* receiver()
      const { body, seen } = yield* observed(stuck)
      const fiber = yield* upload()(body).pipe(
        Effect.provideService(Deadline.Current, "5 seconds"),
        Effect.provide(calling(server.url)),
        Effect.flip,
        Effect.fork
      )
      yield* server.started
      yield* TestClock.adjust("5 seconds")
      expect((yield* Fiber.join(fiber))._tag).toBe("TimeoutError")
      yield* withinMinute(seen.finalized)
    })
  )

  // The platform's client of node:http returns a response only once the request is complete.
  const early = (
    [
      ["a success", 200, "Right"],
      ["a 413", 413, "Left"]
    ] as const
  ).filter(() => name !== "node:http")
  it.scopedLive.each(early)("may still be unread when %s is received", ([, status, tag]) =>
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
    it.scoped(`that is unread when ${what} is received is finalized`, () =>
      Effect.gen(function* () {
        const server = yield* receiver((response) => void response.writeHead(status).end('{"ok":true}'))
        const { body, seen } = yield* observed(stuck)
        yield* Effect.either(Effect.provide(upload()(body), calling(server.url)))
        yield* withinMinute(seen.finalized)
      })
    )
  }

  it.scoped("that was started for a connection that failed is finalized", () =>
    Effect.gen(function* () {
      const { body, seen } = yield* observed(stuck)
      yield* Effect.flip(Effect.provide(upload()(body), calling(yield* Scripted.closedPort)))
      if (seen.started > 0) yield* withinMinute(seen.finalized)
    })
  )
})

describe("a request body that is a Stream", () => {
  const baseUrl = new URL("https://api.test")

  it.effect("is not started if the call fails before it is sent", () =>
    Effect.gen(function* () {
      const failing: ReadonlyArray<CallerParts> = [
        {
          credentials: {
            authorize: () =>
              Effect.fail(new Credentials.CredentialsFailure({ reason: "none", message: "no credentials" }))
          }
        },
        { origin: { limiter: { acquire: () => Effect.fail(new Limiter.LimiterFailure({ message: "no" })) } } }
      ]
      for (const parts of failing) {
        const { body, seen } = yield* observed(chunks("never"))
        const client = stub([status(200)])
        yield* Effect.flip(Effect.provide(upload()(body), Layer.mergeAll(at(baseUrl, parts), once, client.layer)))
        expect([seen.started, client.requests.length]).toEqual([0, 0])
      }
    })
  )

  it.effect("that is no Stream, as JavaScript permits, is an EncodeError without the value", () =>
    Effect.gen(function* () {
      for (const value of [
        "Xyzzy",
        bytes("Xyzzy"),
        { Xyzzy: 1 },
        null,
        undefined,
        ["Xyzzy"]
      ] as ReadonlyArray<unknown>) {
        const client = stub([status(200)])
        const error = yield* Effect.flip(
          Effect.provide(upload()(value as Bytes), Layer.mergeAll(at(baseUrl), once, client.layer))
        )
        expect(error._tag).toBe("EncodeError")
        expect(textsOf(error)).not.toContain("Xyzzy")
        expect(client.requests).toEqual([])
      }
    })
  )

  it.effect("is named in the EncodeError where it is missing", () =>
    Effect.gen(function* () {
      const refused = upload()(bytes("not these") as unknown as Bytes)
      const error = yield* Effect.flip(Effect.provide(refused, Layer.mergeAll(at(baseUrl), once, stub([]).layer)))
      expect(error.message).toContain("Stream")
      expect(error.message).not.toContain("<declaration schema>")
    })
  )

  it.effect("that the client did not read is sent again", () =>
    Effect.gen(function* () {
      const { body, seen } = yield* observed(chunks("still whole"))
      const client = stub([status(429), status(429), status(200)])
      yield* Effect.provide(upload("POST")(body), Layer.mergeAll(at(baseUrl), retrying, client.layer))
      expect([seen.started, client.requests.length]).toEqual([0, 3])
    })
  )

  it.scoped("is sent as bytes by a browser, again if it can be read again", () =>
    Effect.gen(function* () {
      yield* Effect.acquireRelease(
        Effect.sync(() => vi.stubGlobal("navigator", { userAgent: "Mozilla/5.0 (X11; Linux x86_64)" })),
        () => Effect.sync(() => vi.unstubAllGlobals())
      )
      const sent = (body: Bytes | Content.Content) =>
        Effect.gen(function* () {
          const client = stub([status(429), status(200)])
          const result = yield* Effect.either(
            Effect.provide(post({ body }), Layer.mergeAll(at(baseUrl), retrying, client.layer))
          )
          const bodies = client.requests.map(({ request: { body } }) =>
            body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : body._tag
          )
          return [result._tag, ...bodies]
        })
      const post = Operation.make(Caller, () => Endpoint.post("/upload", { body: Body.stream() }))
      expect(yield* sent(Content.make(() => chunks("a", "bc")))).toEqual(["Right", "abc", "abc"])
      expect(yield* sent(chunks("a", "bc"))).toEqual(["Left", "abc"])
    })
  )
})
