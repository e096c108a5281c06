import { describe, it, expect } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import * as Scripted from "../../../servers/scripted.js"
import { clients } from "../../../support/clients.js"
import { at, thing, untilAsleep } from "../../../support/kit.js"

/** A server that accepts connections and never responds, so that no TLS handshake completes. */
const unresponsive = Effect.gen(function* () {
  let closed = () => {}
  let accepted = () => {}
  const whenClosed = new Promise<void>((resolve) => (closed = resolve))
  const whenAccepted = new Promise<void>((resolve) => (accepted = resolve))
  const server = createServer((socket) => {
    accepted()
    socket.on("error", () => {})
    socket.on("data", () => {})
    socket.once("close", closed)
  })
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () => Effect.sync(() => server.close())
  )
  const { port } = server.address() as AddressInfo
  return {
    url: new URL(`https://127.0.0.1:${port}`),
    accepted: Effect.promise(() => whenAccepted),
    closed: Effect.promise(() => whenClosed)
  }
})

describe.each(clients)("interruption of a call, with %s", (_, client) => {
  const start = (url: URL) => Effect.fork(Effect.provide(thing(), Layer.merge(at(url), client)))
  const interrupt = (fiber: Fiber.RuntimeFiber<unknown, unknown>) =>
    Effect.map(Fiber.interrupt(fiber), (exit) =>
      expect(Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)).toBe(true)
    )

  it.scopedLive("while it connects ends the call", () =>
    Effect.gen(function* () {
      const server = yield* unresponsive
      const fiber = yield* start(server.url)
      yield* server.accepted
      yield* interrupt(fiber)
    })
  )

  it.scopedLive("while it waits for the response closes the connection", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.silence])
      const fiber = yield* start(server.url)
      yield* server.next
      yield* interrupt(fiber)
      yield* server.abandoned
      expect(server.requests).toHaveLength(1)
    })
  )

  it.scopedLive.each([
    ["with a length", Scripted.stalled('{"ok":')],
    ["chunked", Scripted.endless(" ")]
  ] as const)("while it reads the response closes the connection: %s", ([, behaviour]) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([behaviour])
      const fiber = yield* start(server.url)
      yield* server.next
      yield* interrupt(fiber)
      yield* server.abandoned
      expect(server.requests).toHaveLength(1)
    })
  )

  it.scoped("during the wait before a retry sends no further request", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([
        Scripted.respond({ status: 429, headers: { "retry-after": "1" } })
      ])
      const fiber = yield* start(url)
      yield* untilAsleep
      yield* interrupt(fiber)
      yield* TestClock.adjust("1 minute")
      expect(requests).toHaveLength(1)
    })
  )

  it.scopedLive("does not affect other calls", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make((_, index) => (index === 0 ? Scripted.silence : Scripted.json({ ok: true })))
      const calls = Effect.gen(function* () {
        const interruptedCall = yield* Effect.fork(thing())
        yield* server.next
        const others = yield* Effect.fork(Effect.replicateEffect(thing(), 20, { concurrency: "unbounded" }))
        yield* Fiber.interrupt(interruptedCall)
        expect(yield* Fiber.join(others)).toHaveLength(20)
      })
      yield* Effect.provide(calls, Layer.merge(at(server.url), client))
    })
  )
})
