import { describe, expect, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Deadline, Snowflake } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import { appHeader, basic } from "./support/callers.js"
import { settle } from "../../support/inProcess.js"
import { newPassword, resettable, appReset } from "./support/resets.js"

/*
 * The order of requests around a reset, and their credentials.
 */

const reset = "/auth/reset_token"
const newHeader = basic("A7", newPassword)
const get = (id: string) => Polympics.getAccount(Snowflake.Snowflake.make(id))

describe("after a reset", () => {
  it.effect("everything that shares the layer uses the new password", () =>
    Effect.gen(function* () {
      const server = yield* resettable([appReset()])
      yield* Effect.gen(function* () {
        yield* Polympics.getApp()
        const credentials = yield* Polympics.resetAppToken()
        expect(Redacted.value(credentials.password)).toBe(newPassword)
        expect(credentials.username).toBe("A7")
        yield* Effect.all([Polympics.getApp(), get("1"), Polympics.deleteAccount(Snowflake.Snowflake.make("2"))], {
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

  it.effect("another build of the layer still has the old password", () =>
    Effect.gen(function* () {
      const server = yield* resettable([appReset()])
      yield* Effect.provide(Polympics.resetAppToken(), server.asApp)
      yield* Effect.provide(Polympics.getApp(), server.asApp)
      expect(server.sent()).toEqual([
        [reset, appHeader],
        ["/auth/me", appHeader]
      ])
    })
  )

  it.effect("a user has the new session if the API returns it, as it documents", () =>
    Effect.gen(function* () {
      const session = { username: "S8", password: newPassword, expires_at: 1617278400.5 }
      const server = yield* resettable([
        { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(session) }
      ])
      yield* Effect.provide(Effect.zip(Polympics.resetSession(), get("1")), server.asUser)
      expect(server.sent()[1]).toEqual(["/account/1", basic("S8", newPassword)])
    })
  )
})

describe("a reset", () => {
  it.effect("waits for calls in flight, which have the old password and are not interrupted", () =>
    Effect.gen(function* () {
      const server = yield* resettable([appReset()], { hold: ["/account/1", "/account/2"] })
      yield* Effect.gen(function* () {
        const slow = yield* Effect.fork(get("1"))
        const slower = yield* Effect.fork(get("2"))
        yield* settle
        const resetting = yield* Effect.fork(Polympics.resetAppToken())
        yield* settle
        yield* server.release("/account/1")
        expect((yield* Fiber.join(slow)).id).toBe("1")
        yield* settle
        expect(server.sent()).toEqual([
          ["/account/1", appHeader],
          ["/account/2", appHeader]
        ])
        yield* server.release("/account/2")
        expect((yield* Fiber.join(slower)).id).toBe("2")
        yield* Fiber.join(resetting)
        expect(server.sent()[2]).toEqual([reset, appHeader])
      }).pipe(Effect.provide(server.asApp))
    })
  )

  it.effect("waits until its deadline, and is not sent then", () =>
    Effect.gen(function* () {
      const server = yield* resettable([appReset()], { hold: ["/account/1"] })
      yield* Effect.gen(function* () {
        yield* Effect.fork(get("1"))
        yield* settle
        const resetting = yield* Effect.fork(
          Effect.flip(Effect.provideService(Polympics.resetAppToken(), Deadline.Current, "5 seconds"))
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

  const notSent = (text: string) => ({
    _tag: "NotSent",
    operation: "resetAppToken",
    attempts: [],
    message: expect.stringContaining(text)
  })
  const inTime = (deadline: Duration.DurationInput) =>
    Effect.flip(Effect.provideService(Polympics.resetAppToken(), Deadline.Current, deadline))

  it.effect("counts its wait for a call in its deadline, and names the deadline that was set", () =>
    Effect.gen(function* () {
      const server = yield* resettable([appReset()], { hold: ["/account/1"] })
      yield* Effect.gen(function* () {
        yield* Effect.fork(get("1"))
        yield* settle
        const resetting = yield* Effect.fork(inTime("200 millis"))
        yield* settle
        yield* TestClock.adjust("199 millis")
        expect(Option.isNone(yield* Fiber.poll(resetting))).toBe(true)
        yield* TestClock.adjust("1 millis")
        expect(yield* Fiber.join(resetting)).toMatchObject(notSent("not sent within its deadline of 200 ms"))
      }).pipe(Effect.provide(server.asApp))
      expect(server.sent()).toEqual([["/account/1", appHeader]])
    })
  )

  it.effect("counts its wait for another reset in its deadline", () =>
    Effect.gen(function* () {
      const server = yield* resettable([appReset()], { hold: [reset] })
      yield* Effect.gen(function* () {
        const first = yield* Effect.fork(Polympics.resetAppToken())
        yield* settle
        const second = yield* Effect.fork(inTime("200 millis"))
        yield* settle
        yield* TestClock.adjust("200 millis")
        expect(yield* Fiber.join(second)).toMatchObject(notSent("not sent within its deadline of 200 ms"))
        yield* server.release(reset)
        yield* Fiber.join(first)
        yield* get("2")
        expect(server.sent()).toEqual([
          [reset, appHeader],
          ["/account/2", newHeader]
        ])
      }).pipe(Effect.provide(server.asApp))
    })
  )

  it.effect("has the rest of its deadline after a wait, and names the deadline that was set", () =>
    Effect.gen(function* () {
      const server = yield* resettable([appReset()], { hold: ["/account/1", reset] })
      yield* Effect.gen(function* () {
        const slow = yield* Effect.fork(get("1"))
        yield* settle
        const resetting = yield* Effect.fork(inTime("200 millis"))
        yield* settle
        yield* TestClock.adjust("150 millis")
        yield* server.release("/account/1")
        yield* Fiber.join(slow)
        yield* settle
        expect(server.sent().length).toBe(2)
        yield* TestClock.adjust("49 millis")
        expect(Option.isNone(yield* Fiber.poll(resetting))).toBe(true)
        yield* TestClock.adjust("1 millis")
        expect(yield* Fiber.join(resetting)).toMatchObject({
          _tag: "CredentialsLost",
          reason: "ResponseLost",
          message: expect.stringContaining("not done within its deadline of 200 ms")
        })
      }).pipe(Effect.provide(server.asApp))
    })
  )

  it.effect("has the deadline of the layer, or of one minute", () =>
    Effect.gen(function* () {
      for (const [deadline, text] of [
        ["3 seconds", "3 seconds"],
        [undefined, "1 minute"]
      ] as const) {
        const server = yield* resettable([appReset()], { hold: ["/account/1"] })
        const app = Polympics.app({ username: "A7", password: Redacted.make("p") }, { deadline })
        yield* Effect.gen(function* () {
          yield* Effect.fork(Effect.provideService(get("1"), Deadline.Current, "1 hour"))
          yield* settle
          const resetting = yield* Effect.fork(Effect.flip(Polympics.resetAppToken()))
          yield* settle
          yield* TestClock.adjust("1 minute")
          expect(yield* Fiber.join(resetting)).toMatchObject(notSent(`not sent within its deadline of ${text}`))
        }).pipe(Effect.provide(app), Effect.provide(server.asApp))
      }
    })
  )

  it.effect("with a deadline in the past is not sent, and closes nothing", () =>
    Effect.gen(function* () {
      const server = yield* resettable([appReset()])
      yield* Effect.gen(function* () {
        expect(yield* inTime(0)).toMatchObject(notSent("give it more time"))
        yield* get("2")
      }).pipe(Effect.provide(server.asApp))
      expect(server.sent()).toEqual([["/account/2", appHeader]])
    })
  )

  it.effect("delays calls until it has ended", () =>
    Effect.gen(function* () {
      const server = yield* resettable([appReset()], { hold: [reset] })
      yield* Effect.gen(function* () {
        const resetting = yield* Effect.fork(Polympics.resetAppToken())
        yield* settle
        const calls = yield* Effect.fork(Effect.forEach(["1", "2", "3"], get, { concurrency: "unbounded" }))
        yield* settle
        expect(server.sent()).toEqual([[reset, appHeader]])
        yield* server.release(reset)
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

  it.effect("delays calls while it waits for those in flight", () =>
    Effect.gen(function* () {
      const server = yield* resettable([appReset()], { hold: ["/account/1"] })
      yield* Effect.gen(function* () {
        yield* Effect.fork(get("1"))
        yield* settle
        yield* Effect.fork(Polympics.resetAppToken())
        yield* settle
        const late = yield* Effect.fork(get("2"))
        yield* settle
        yield* server.release("/account/1")
        yield* Fiber.join(late)
        expect(server.sent()).toEqual([
          ["/account/1", appHeader],
          [reset, appHeader],
          ["/account/2", newHeader]
        ])
      }).pipe(Effect.provide(server.asApp))
    })
  )

  it.effect("can delay a call past its deadline, which is then never sent", () =>
    Effect.gen(function* () {
      const server = yield* resettable([appReset()], { hold: [reset] })
      yield* Effect.gen(function* () {
        const resetting = yield* Effect.fork(Polympics.resetAppToken())
        yield* settle
        const late = yield* Effect.fork(Effect.provideService(get("1"), Deadline.Current, "5 seconds"))
        yield* settle
        yield* TestClock.adjust("5 seconds")
        expect((yield* Effect.flip(Fiber.join(late)))._tag).toBe("NotSent")
        yield* server.release(reset)
        yield* Fiber.join(resetting)
        yield* get("2")
        expect(server.sent()).toEqual([
          [reset, appHeader],
          ["/account/2", newHeader]
        ])
      }).pipe(Effect.provide(server.asApp))
    })
  )

  it.effect("waits for another reset, and has the password of that", () =>
    Effect.gen(function* () {
      const server = yield* resettable([appReset("first"), appReset("second")], { hold: [reset] })
      yield* Effect.gen(function* () {
        const both = yield* Effect.fork(
          Effect.all([Polympics.resetAppToken(), Polympics.resetAppToken()], { concurrency: "unbounded" })
        )
        yield* settle
        expect(server.inFlight()).toBe(1)
        yield* server.release(reset)
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
  it.effect("that was not sent is never sent, and delays no calls", () =>
    Effect.gen(function* () {
      const server = yield* resettable([appReset()], { hold: ["/account/1"] })
      yield* Effect.gen(function* () {
        const slow = yield* Effect.fork(get("1"))
        yield* settle
        const resetting = yield* Effect.fork(Polympics.resetAppToken())
        yield* settle
        const delayed = yield* Effect.fork(get("2"))
        yield* settle
        expect(Exit.isInterrupted(yield* Fiber.interrupt(resetting))).toBe(true)
        yield* Fiber.join(delayed)
        yield* server.release("/account/1")
        yield* Fiber.join(slow)
        yield* settle
        expect(server.sent()).toEqual([
          ["/account/1", appHeader],
          ["/account/2", appHeader]
        ])
      }).pipe(Effect.provide(server.asApp))
    })
  )

  it.effect("that was sent continues to its end, and its password is used", () =>
    Effect.gen(function* () {
      const server = yield* resettable([appReset()], { hold: [reset] })
      yield* Effect.gen(function* () {
        const resetting = yield* Effect.fork(Polympics.resetAppToken())
        yield* settle
        yield* Fiber.interruptFork(resetting)
        yield* settle
        expect(server.interrupted).toEqual([])
        expect(server.inFlight()).toBe(1)
        yield* server.release(reset)
        yield* Fiber.await(resetting)
        yield* get("1")
        expect(server.sent()[1]).toEqual(["/account/1", newHeader])
      }).pipe(Effect.provide(server.asApp))
    })
  )

  it.effect("that waits for another reset is never sent", () =>
    Effect.gen(function* () {
      const server = yield* resettable([appReset()], { hold: [reset] })
      yield* Effect.gen(function* () {
        const first = yield* Effect.fork(Polympics.resetAppToken())
        yield* settle
        const second = yield* Effect.fork(Polympics.resetAppToken())
        yield* settle
        yield* Fiber.interrupt(second)
        yield* server.release(reset)
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
  it.effect("no longer delays a reset", () =>
    Effect.gen(function* () {
      const server = yield* resettable([appReset()], { hold: ["/account/1"] })
      yield* Effect.gen(function* () {
        const slow = yield* Effect.fork(get("1"))
        yield* settle
        const resetting = yield* Effect.fork(Polympics.resetAppToken())
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
