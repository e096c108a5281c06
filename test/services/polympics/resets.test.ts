import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Deadline } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import { appHeader, basic } from "./support/callers.js"
import { settle } from "./support/inProcess.js"
import { newPassword, resettable, told } from "./support/resets.js"

/*
 * Who sends what, and when, around a reset.
 */

const reset = "/auth/reset_token"
const newHeader = basic("A7", newPassword)
const get = (id: string) => Polympics.getAccount(Polympics.AccountId.make(id))

describe("after a reset", () => {
  it.effect("all that share the layer go on with the new password", () =>
    Effect.gen(function* () {
      const server = yield* resettable([told()])
      yield* Effect.gen(function* () {
        yield* Polympics.getApp
        const credentials = yield* Polympics.resetAppToken
        expect(Redacted.value(credentials.password)).toBe(newPassword)
        expect(credentials.username).toBe("A7")
        yield* Effect.all([Polympics.getApp, get("1"), Polympics.deleteAccount(Polympics.AccountId.make("2"))], {
          concurrency: "unbounded",
          mode: "either"
        })
      }).pipe(Effect.provide(server.asApp))
      expect(server.sent()).toEqual([
        ["/auth/me", appHeader],
        [reset, appHeader],
        ["/auth/me", newHeader],
        ["/account/1", newHeader],
        ["/account/2", newHeader]
      ])
    })
  )

  it.effect("a layer of its own has the old password still", () =>
    Effect.gen(function* () {
      const server = yield* resettable([told()])
      yield* Effect.provide(Polympics.resetAppToken, server.asApp)
      yield* Effect.provide(Polympics.getApp, server.asApp)
      expect(server.sent()).toEqual([
        [reset, appHeader],
        ["/auth/me", appHeader]
      ])
    })
  )

  it.effect("a user goes on, too, should the API tell the session as it is documented", () =>
    Effect.gen(function* () {
      const session = { username: "S8", password: newPassword, expires_at: 1617278400.5 }
      const server = yield* resettable([
        { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(session) }
      ])
      yield* Effect.provide(Effect.zip(Polympics.resetSession, get("1")), server.asUser)
      expect(server.sent()[1]).toEqual(["/account/1", basic("S8", newPassword)])
    })
  )
})

describe("a reset", () => {
  it.effect("waits for calls in flight, which keep the old password and are not cut", () =>
    Effect.gen(function* () {
      const server = yield* resettable([told()], { hold: ["/account/1", "/account/2"] })
      yield* Effect.gen(function* () {
        const slow = yield* Effect.fork(get("1"))
        const slower = yield* Effect.fork(get("2"))
        yield* settle
        const resetting = yield* Effect.fork(Polympics.resetAppToken)
        yield* settle
        yield* server.let("/account/1")
        expect((yield* Fiber.join(slow)).id).toBe("1")
        yield* settle
        expect(server.sent()).toEqual([
          ["/account/1", appHeader],
          ["/account/2", appHeader]
        ])
        yield* server.let("/account/2")
        expect((yield* Fiber.join(slower)).id).toBe("2")
        yield* Fiber.join(resetting)
        expect(server.sent()[2]).toEqual([reset, appHeader])
      }).pipe(Effect.provide(server.asApp))
    })
  )

  it.effect("waits no longer than its deadline, and then is not sent", () =>
    Effect.gen(function* () {
      const server = yield* resettable([told()], { hold: ["/account/1"] })
      yield* Effect.gen(function* () {
        yield* Effect.fork(get("1"))
        yield* settle
        const resetting = yield* Effect.fork(
          Effect.flip(Effect.provideService(Polympics.resetAppToken, Deadline.Current, "5 seconds"))
        )
        yield* settle
        yield* TestClock.adjust("5 seconds")
        expect(yield* Fiber.join(resetting)).toMatchObject({ _tag: "NotSent", operation: "resetAppToken" })
        yield* get("2")
        expect(server.sent()).toEqual([
          ["/account/1", appHeader],
          ["/account/2", appHeader]
        ])
      }).pipe(Effect.provide(server.asApp))
    })
  )

  it.effect("holds back calls until it is done", () =>
    Effect.gen(function* () {
      const server = yield* resettable([told()], { hold: [reset] })
      yield* Effect.gen(function* () {
        const resetting = yield* Effect.fork(Polympics.resetAppToken)
        yield* settle
        const calls = yield* Effect.fork(Effect.forEach(["1", "2", "3"], get, { concurrency: "unbounded" }))
        yield* settle
        expect(server.sent()).toEqual([[reset, appHeader]])
        yield* server.let(reset)
        yield* Fiber.join(resetting)
        yield* Fiber.join(calls)
        expect(server.sent().slice(1)).toEqual([
          ["/account/1", newHeader],
          ["/account/2", newHeader],
          ["/account/3", newHeader]
        ])
      }).pipe(Effect.provide(server.asApp))
    })
  )

  it.effect("holds back calls while it waits for those in flight", () =>
    Effect.gen(function* () {
      const server = yield* resettable([told()], { hold: ["/account/1"] })
      yield* Effect.gen(function* () {
        yield* Effect.fork(get("1"))
        yield* settle
        yield* Effect.fork(Polympics.resetAppToken)
        yield* settle
        const late = yield* Effect.fork(get("2"))
        yield* settle
        yield* server.let("/account/1")
        yield* Fiber.join(late)
        expect(server.sent()).toEqual([
          ["/account/1", appHeader],
          [reset, appHeader],
          ["/account/2", newHeader]
        ])
      }).pipe(Effect.provide(server.asApp))
    })
  )

  it.effect("can hold back a call past its deadline; it is not sent, then or later", () =>
    Effect.gen(function* () {
      const server = yield* resettable([told()], { hold: [reset] })
      yield* Effect.gen(function* () {
        const resetting = yield* Effect.fork(Polympics.resetAppToken)
        yield* settle
        const late = yield* Effect.fork(Effect.provideService(get("1"), Deadline.Current, "5 seconds"))
        yield* settle
        yield* TestClock.adjust("5 seconds")
        expect((yield* Effect.flip(Fiber.join(late)))._tag).toBe("NotSent")
        yield* server.let(reset)
        yield* Fiber.join(resetting)
        yield* get("2")
        expect(server.sent()).toEqual([
          [reset, appHeader],
          ["/account/2", newHeader]
        ])
      }).pipe(Effect.provide(server.asApp))
    })
  )

  it.effect("follows another that is under way, with the password that this one gives", () =>
    Effect.gen(function* () {
      const server = yield* resettable([told("first"), told("second")], { hold: [reset] })
      yield* Effect.gen(function* () {
        const both = yield* Effect.fork(
          Effect.all([Polympics.resetAppToken, Polympics.resetAppToken], { concurrency: "unbounded" })
        )
        yield* settle
        expect(server.inFlight()).toBe(1)
        yield* server.let(reset)
        const passwords = (yield* Fiber.join(both)).map(({ password }) => Redacted.value(password))
        expect(passwords).toEqual(["first", "second"])
        yield* get("1")
        expect(server.sent()).toEqual([
          [reset, appHeader],
          [reset, basic("A7", "first")],
          ["/account/1", basic("A7", "second")]
        ])
      }).pipe(Effect.provide(server.asApp))
    })
  )
})

describe("an interrupted reset", () => {
  it.effect("that was not sent yet is never sent, and holds nothing back", () =>
    Effect.gen(function* () {
      const server = yield* resettable([told()], { hold: ["/account/1"] })
      yield* Effect.gen(function* () {
        const slow = yield* Effect.fork(get("1"))
        yield* settle
        const resetting = yield* Effect.fork(Polympics.resetAppToken)
        yield* settle
        const held = yield* Effect.fork(get("2"))
        yield* settle
        expect(Exit.isInterrupted(yield* Fiber.interrupt(resetting))).toBe(true)
        yield* Fiber.join(held)
        yield* server.let("/account/1")
        yield* Fiber.join(slow)
        yield* settle
        expect(server.sent()).toEqual([
          ["/account/1", appHeader],
          ["/account/2", appHeader]
        ])
      }).pipe(Effect.provide(server.asApp))
    })
  )

  it.effect("that was sent goes on to its end, and its password is kept", () =>
    Effect.gen(function* () {
      const server = yield* resettable([told()], { hold: [reset] })
      yield* Effect.gen(function* () {
        const resetting = yield* Effect.fork(Polympics.resetAppToken)
        yield* settle
        yield* Fiber.interruptFork(resetting)
        yield* settle
        expect(server.interrupted).toEqual([])
        expect(server.inFlight()).toBe(1)
        yield* server.let(reset)
        yield* Fiber.await(resetting)
        yield* get("1")
        expect(server.sent()[1]).toEqual(["/account/1", newHeader])
      }).pipe(Effect.provide(server.asApp))
    })
  )

  it.effect("while another is under way is never sent", () =>
    Effect.gen(function* () {
      const server = yield* resettable([told()], { hold: [reset] })
      yield* Effect.gen(function* () {
        const first = yield* Effect.fork(Polympics.resetAppToken)
        yield* settle
        const second = yield* Effect.fork(Polympics.resetAppToken)
        yield* settle
        yield* Fiber.interrupt(second)
        yield* server.let(reset)
        yield* Fiber.join(first)
        yield* get("1")
        expect(server.sent()).toEqual([
          [reset, appHeader],
          ["/account/1", newHeader]
        ])
      }).pipe(Effect.provide(server.asApp))
    })
  )
})

describe("a call that is interrupted in flight", () => {
  it.effect("is waited for no longer", () =>
    Effect.gen(function* () {
      const server = yield* resettable([told()], { hold: ["/account/1"] })
      yield* Effect.gen(function* () {
        const slow = yield* Effect.fork(get("1"))
        yield* settle
        const resetting = yield* Effect.fork(Polympics.resetAppToken)
        yield* settle
        yield* Fiber.interrupt(slow)
        yield* Fiber.join(resetting)
        expect(server.sent()).toEqual([
          ["/account/1", appHeader],
          [reset, appHeader]
        ])
      }).pipe(Effect.provide(server.asApp))
    })
  )
})
