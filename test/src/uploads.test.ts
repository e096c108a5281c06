import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Body, Content, Deadline, Endpoint, Operation, Progress, RetryPolicy } from "effect-herald"
import * as Receiving from "../servers/receiving.js"
import * as Scripted from "../servers/scripted.js"
import { clients } from "../support/clients.js"
import { at, Caller, type CallerParts } from "../support/kit.js"
import { until } from "../support/settle.js"

const Length = Schema.Struct({ length: Schema.Number })

const put = Operation.make(Caller, () =>
  Endpoint.put("/file", { body: Body.stream({ repeatable: true }), success: Length })
)
const putAny = Operation.make(Caller, () => Endpoint.put("/file", { body: Body.stream(), success: Length }))
const post = Operation.make(Caller, () => Endpoint.post("/file", { body: Body.stream(), success: Length }))
const deleteAny = Operation.make(Caller, () => Endpoint.delete("/file", { body: Body.stream(), success: Length }))
const postForm = Operation.make(Caller, () =>
  Endpoint.put("/form", { body: Body.multipart({ title: Schema.String, file: Body.file }), success: Length })
)

const retrying = Layer.succeed(
  RetryPolicy.Current,
  RetryPolicy.make({ schedule: Schedule.recurs(3), retries: () => true })
)

const piece = new Uint8Array(65_536).fill(7)
const pieces = (count: number) => Stream.take(Stream.repeatEffect(Effect.sync(() => piece)), count)
const endless: Content.Content["stream"] = Stream.forever(
  Stream.fromEffect(
    Effect.as(
      Effect.promise(() => new Promise(setImmediate)),
      piece
    )
  )
)
const megabyte = 16

/** A content that counts how often it was opened and closed, and how many were open at a time. */
const observed = (stream: Content.Content["stream"], size?: number) => {
  const seen = { opened: 0, closed: 0, most: 0, read: 0 }
  const open = () =>
    Stream.acquireRelease(
      Effect.sync(() => {
        seen.opened += 1
        seen.most = Math.max(seen.most, seen.opened - seen.closed)
      }),
      () => Effect.sync(() => void (seen.closed += 1))
    ).pipe(
      Stream.flatMap(() => stream),
      Stream.tap((bytes) => Effect.sync(() => void (seen.read += bytes.length)))
    )
  return { seen, content: Content.make(open, { size }), onceOnly: Content.once(Stream.suspend(open), { size }) }
}

describe.each(clients)("a body that can be sent again, with %s", (name, client) => {
  const calling = (url: URL, parts?: CallerParts) => Layer.mergeAll(at(url, parts), retrying, client)
  const size = megabyte * piece.length

  it.scopedLive("has a Content-Length if its size is known, and is chunked otherwise", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.json({ length: 0 })])
      const live = calling(server.url)
      for (const [content, length] of [
        [observed(pieces(2), 2 * piece.length).content, String(2 * piece.length)],
        [observed(pieces(2)).content, undefined],
        [Content.fromBytes(new Uint8Array(0)), "0"],
        [Content.fromBlob(new Blob(["abc"])), "3"]
      ] as const) {
        yield* Effect.provide(put({ body: content }), live)
        const { headers } = server.requests.at(-1)!
        expect([headers["content-length"], headers["transfer-encoding"]]).toEqual([
          length,
          length === undefined ? "chunked" : undefined
        ])
      }
    })
  )

  const refusals = [
    ["a 503 with Retry-After", Receiving.late(503, { "retry-after": "0" })],
    ["a 429", Receiving.late(429)],
    ["a 500", Receiving.late(500)],
    ["a reset amid the body", Receiving.resetAfter(300_000)],
    ["a redirect of 307", Receiving.late(307, { location: "/there" })],
    ["a redirect of 308", Receiving.late(308, { location: "/there" })],
    // The platform's client of node:http returns a response only once the request is complete.
    ...(name === "node:http"
      ? []
      : ([
          ["a 503 before the body is read", Receiving.early(503, { "retry-after": "0" })],
          ["a redirect before the body is read", Receiving.early(307, { location: "/there" })]
        ] as const))
  ] as const

  it.scopedLive.each(refusals)("is sent whole again after %s", ([, handle]) =>
    Effect.gen(function* () {
      for (const known of [undefined, size]) {
        const server = yield* Receiving.make([handle, handle, Receiving.readAll])
        const { content, seen } = observed(pieces(megabyte), known)
        expect(yield* Effect.provide(put({ body: content }), calling(server.url))).toEqual({ length: size })
        expect([server.count(), seen.opened, seen.closed, seen.most]).toEqual([3, 3, 3, 1])
      }
    })
  )

  it.scopedLive.each(refusals)("that is a form is sent whole again after %s", ([, handle]) =>
    Effect.gen(function* () {
      const server = yield* Receiving.make([handle, Receiving.readAll])
      const { content, seen } = observed(pieces(megabyte), size)
      const body = { title: "a", file: Content.filePart(content, { name: "a" }) }
      const { length } = yield* Effect.provide(postForm({ body }), calling(server.url))
      expect(length).toBeGreaterThan(size)
      expect([seen.opened, seen.closed, seen.most]).toEqual([2, 2, 1])
    })
  )

  it.scopedLive("is sent again after a 401, with refreshed credentials", () =>
    Effect.gen(function* () {
      const server = yield* Receiving.make([Receiving.late(401), Receiving.readAll])
      const { content, seen } = observed(pieces(megabyte), size)
      const credentials = { rejected: () => Effect.succeed(true) }
      const sent = Effect.provide(put({ body: content }), calling(server.url, { credentials }))
      expect(yield* sent).toEqual({ length: size })
      expect([seen.opened, seen.closed]).toEqual([2, 2])
    })
  )

  it.scopedLive("is not sent again by a POST whose failure is ambiguous", () =>
    Effect.gen(function* () {
      const server = yield* Receiving.make([Receiving.late(500), Receiving.readAll])
      const error = yield* Effect.flip(Effect.provide(post({ body: observed(pieces(1)).content }), calling(server.url)))
      expect(error.attempts).toMatchObject([{ verdict: "unsafe" }])
    })
  )

  it.scopedLive("is not sent again if it can be read once", () =>
    Effect.gen(function* () {
      const server = yield* Receiving.make([Receiving.late(503, { "retry-after": "0" }), Receiving.readAll])
      const { onceOnly, seen } = observed(pieces(1), piece.length)
      const error = yield* Effect.flip(Effect.provide(putAny({ body: onceOnly }), calling(server.url)))
      expect(error.attempts).toMatchObject([{ verdict: "body consumed" }])
      expect([seen.opened, seen.closed]).toEqual([1, 1])
    })
  )

  it.scopedLive("is not sent again by a DELETE if it can be read once, though it is sent from memory", () =>
    Effect.gen(function* () {
      for (const status of [503, 401]) {
        const server = yield* Receiving.make([Receiving.late(status, { "retry-after": "0" }), Receiving.readAll])
        const { onceOnly, seen } = observed(pieces(1))
        const credentials = { rejected: () => Effect.succeed(true) }
        const sent = Effect.provide(deleteAny({ body: onceOnly }), calling(server.url, { credentials }))
        expect((yield* Effect.flip(sent)).attempts).toMatchObject([{ status }])
        expect([server.count(), seen.opened, seen.closed]).toEqual([1, 1, 1])
      }
    })
  )

  it.scopedLive("that is not as long as its size fails before the request is complete, and is not sent again", () =>
    Effect.gen(function* () {
      for (const wrong of [size - 1, size - piece.length, size + piece.length, 0]) {
        const server = yield* Receiving.make([Receiving.readAll])
        const { content, seen } = observed(pieces(megabyte), wrong)
        for (const call of [
          put({ body: content }),
          postForm({ body: { title: "", file: Content.filePart(content, { name: "a" }) } })
        ]) {
          const error = yield* Effect.flip(Effect.provide(call, calling(server.url)))
          expect(error).toMatchObject({
            _tag: "TransportError",
            reason: "body",
            cause: { _tag: "InvalidStream" },
            attempts: [{ verdict: "body consumed" }]
          })
          if (server.count() > 0 && wrong > 1) expect(yield* server.ended).toBe("aborted")
        }
        expect([seen.opened, seen.closed]).toEqual([2, 2])
      }
    })
  )

  class Unreadable extends Data.TaggedError("Unreadable")<{}> {}
  it.scopedLive("whose source fails makes an error with that failure, and is not sent again", () =>
    Effect.gen(function* () {
      const server = yield* Receiving.make([Receiving.readAll])
      const { content, seen } = observed(Stream.concat(pieces(3), Stream.fail(new Unreadable())), size)
      const error = yield* Effect.flip(Effect.provide(put({ body: content }), calling(server.url)))
      expect(error).toMatchObject({ _tag: "TransportError", reason: "body", cause: new Unreadable() })
      expect([seen.opened, seen.closed]).toEqual([1, 1])
    })
  )

  it.scopedLive("is read no faster than the server takes it, and is closed by an interruption", () =>
    Effect.gen(function* () {
      for (const form of [false, true]) {
        const server = yield* Receiving.make([Receiving.never])
        const all = 4000
        const { content, seen } = observed(pieces(all), all * piece.length)
        const body = { title: "a", file: Content.filePart(content, { name: "a" }) }
        const fiber = yield* Effect.fork(
          Effect.provide(form ? postForm({ body }) : put({ body: content }), calling(server.url))
        )
        yield* server.begun
        yield* until(() => seen.read > 0)
        let before = -1
        while (before !== seen.read) {
          before = seen.read
          yield* Effect.sleep("50 millis")
        }
        expect(seen.read).toBeLessThan(all * piece.length)
        const exit = yield* Fiber.interrupt(fiber)
        expect(Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)).toBe(true)
        expect([seen.opened, seen.closed]).toEqual([1, 1])
      }
    })
  )

  it.scopedLive("is closed by an interruption before the first byte, amid the body, and in the wait for a retry", () =>
    Effect.gen(function* () {
      const opening = yield* Deferred.make<void>()
      const stuck = Content.make(() =>
        Stream.unwrap(Effect.as(Deferred.succeed(opening, undefined), Stream.never as Content.Content["stream"]))
      )
      const silent = yield* Receiving.make([Receiving.readAll])
      const first = yield* Effect.fork(Effect.provide(put({ body: stuck }), calling(silent.url)))
      yield* Deferred.await(opening)
      yield* Fiber.interrupt(first)

      const amid = observed(endless)
      const second = yield* Effect.fork(Effect.provide(put({ body: amid.content }), calling(silent.url)))
      yield* until(() => amid.seen.read > 200_000)
      yield* Fiber.interrupt(second)
      expect([amid.seen.opened, amid.seen.closed]).toEqual([1, 1])

      const refusing = yield* Receiving.make([Receiving.late(503, { "retry-after": "30" })])
      const waiting = observed(pieces(2))
      const third = yield* Effect.fork(Effect.provide(put({ body: waiting.content }), calling(refusing.url)))
      yield* until(() => refusing.count() === 1 && waiting.seen.closed === 1)
      yield* Effect.sleep("50 millis")
      yield* Fiber.interrupt(third)
      expect([refusing.count(), waiting.seen.opened, waiting.seen.closed]).toEqual([1, 1, 1])
    })
  )

  it.scoped("is ended by a deadline", () =>
    Effect.gen(function* () {
      const server = yield* Receiving.make([Receiving.readAll])
      const { content, seen } = observed(endless)
      const sending = yield* put({ body: content }).pipe(
        Effect.provideService(Deadline.Current, "300 millis"),
        Effect.provide(calling(server.url)),
        Effect.flip,
        Effect.fork
      )
      yield* server.begun
      yield* until(() => seen.read > 0)
      yield* TestClock.adjust("300 millis")
      expect((yield* Fiber.join(sending))._tag).toBe("TimeoutError")
      expect([seen.opened, seen.closed]).toEqual([1, 1])
    })
  )

  if (name !== "node:http") {
    it.scopedLive("may be refused by a 413 before it was read", () =>
      Effect.gen(function* () {
        const server = yield* Receiving.make([Receiving.early(413)])
        const { content, seen } = observed(endless)
        const error = yield* Effect.flip(Effect.provide(put({ body: content }), calling(server.url)))
        expect(error).toMatchObject({ _tag: "ClientError", status: 413 })
        expect(seen.closed).toBe(seen.opened)
      })
    )
  }

  it.scopedLive("reports its end before the request is complete, however long the report takes", () =>
    Effect.gen(function* () {
      for (const known of [undefined, 2 * piece.length, 0]) {
        const server = yield* Receiving.make([Receiving.readAll])
        const reports: Array<number> = []
        const report: Progress.Report = ({ done }) =>
          Effect.delay(
            Effect.sync(() => void reports.push(done)),
            50
          )
        const { content } = observed(pieces(known === 0 ? 0 : 2), known)
        const { length } = yield* Effect.provide(Progress.ofUpload(put({ body: content }), report), calling(server.url))
        expect(reports.at(-1)).toBe(length)
        // The last piece of a body of no known length may be reported before its end is known.
        if (known !== undefined) expect(reports.filter((done) => done === length)).toHaveLength(1)
      }
    })
  )

  it.scopedLive("reports its progress to the total, again from 0 in each attempt", () =>
    Effect.gen(function* () {
      for (const [known, form] of [
        [size, false],
        [undefined, false],
        [size, true]
      ] as const) {
        const server = yield* Receiving.make([Receiving.late(503, { "retry-after": "0" }), Receiving.readAll])
        const { content } = observed(pieces(megabyte), known)
        const body = { title: "a", file: Content.filePart(content, { name: "a" }) }
        const reports: Array<Progress.Progress> = []
        const report = (progress: Progress.Progress) => Effect.sync(() => void reports.push(progress))
        const call = form ? postForm({ body }) : put({ body: content })
        const { length } = yield* Effect.provide(Progress.ofUpload(call, report), calling(server.url))
        expect(new Set(reports.map(({ unit }) => unit))).toEqual(new Set(["bytes"]))
        const ends = reports.filter(({ done, total }) => done === total)
        expect(ends.map(({ done }) => done)).toEqual([length, length])
        const restart = reports.findIndex(({ done }, index) => index > 0 && done < reports[index - 1]!.done)
        expect(restart).toBeGreaterThan(0)
        expect(reports[0]?.total).toBe(known === undefined ? undefined : length)
        expect(reports.at(-1)).toMatchObject({ done: length, total: length })
      }
    })
  )
})
