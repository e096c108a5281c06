import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import { Deadline, type Token, Tokens, TokenStore } from "effect-herald"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Scripted from "../servers/scripted.js"
import * as Child from "../support/child.js"
import { client } from "../support/client.js"
import { Caller, once as withoutRetries, status, stub, thing } from "../support/kit.js"
import { settle, until } from "../support/settle.js"
import * as TokenServer from "../support/tokenServer.js"
import { failure } from "../support/tokenServer.js"
import { yieldingAt } from "../support/yieldingAt.js"

const many = 500

/** Tokens of a server, with a store that holds its first token, and a call of its API. */
const setUp = (server: { readonly url: URL }, expired: boolean, options: Partial<Tokens.Options> = {}) =>
  Effect.gen(function* () {
    const store = yield* TokenStore.makeMemory
    yield* store.save("test", TokenServer.firstToken(expired))
    const tokens = yield* Effect.provideService(
      TokenServer.makeTokens(server.url, options),
      TokenStore.TokenStore,
      store
    )
    const context = yield* Layer.build(Caller.layer({ baseUrl: server.url, credentials: Effect.succeed(tokens) }))
    const call = thing().pipe(Effect.provide(context), Effect.provide(withoutRetries))
    const stored = Effect.map(
      store.load("test"),
      Option.getOrElse(() => "")
    )
    return { tokens, call, stored }
  })

const test = <E>(name: string, body: () => Effect.Effect<void, E, HttpClient.HttpClient | Scope.Scope>) =>
  it.scopedLive(name, () => Effect.provide(Effect.suspend(body), client))

describe("one acquisition", () => {
  test(`serves ${many} calls with an expired token`, () =>
    Effect.gen(function* () {
      const server = yield* TokenServer.make()
      const { call, stored } = yield* setUp(server, true)
      const results = yield* Effect.replicateEffect(call, many, { concurrency: "unbounded" })
      expect(results).toEqual(Array.from({ length: many }, () => ({ ok: true })))
      expect(server.tokenRequests).toEqual(["refresh-0"])
      expect(server.apiTokens).toEqual(Array.from({ length: many }, () => "access-1"))
      expect(yield* stored).toContain("refresh-1")
    }))

  test(`serves ${many} calls that received a 401, each of which is sent once more`, () =>
    Effect.gen(function* () {
      const server = yield* TokenServer.make()
      const { call } = yield* setUp(server, false)
      const results = yield* Effect.replicateEffect(call, many, { concurrency: "unbounded" })
      expect(results).toEqual(Array.from({ length: many }, () => ({ ok: true })))
      expect(server.tokenRequests).toEqual(["refresh-0"])
      // A call that was authorized before the new token arrived was sent with the old one.
      const count = (token: string) => server.apiTokens.filter((one) => one === token).length
      expect(count("access-1")).toBe(many)
      expect(count("access-0")).toBeLessThanOrEqual(many)
    }))

  for (const end of ["is interrupted", "exceeds its deadline"]) {
    test(`continues where the call that started it ${end}, and its token is saved`, () =>
      Effect.gen(function* () {
        const received = Deferred.unsafeMake<() => void>(FiberId.none)
        const server = yield* TokenServer.make((respond) => Deferred.unsafeDone(received, Effect.succeed(respond)))
        const { call, stored } = yield* setUp(server, true)
        const first = yield* Effect.fork(
          end === "is interrupted" ? call : Effect.provideService(call, Deadline.Current, "300 millis")
        )
        const respond = yield* Deferred.await(received)
        const others = yield* Effect.fork(Effect.replicateEffect(call, 5, { concurrency: "unbounded" }))
        yield* settle
        const exit = yield* end === "is interrupted" ? Fiber.interrupt(first) : Fiber.await(first)
        expect(Exit.isFailure(exit)).toBe(true)
        yield* Effect.sync(respond)
        expect(yield* Fiber.join(others)).toHaveLength(5)
        expect(server.tokenRequests).toEqual(["refresh-0"])
        expect(yield* stored).toContain("refresh-1")
        expect(server.apiTokens).toEqual(Array.from({ length: 5 }, () => "access-1"))
      }))
  }

  test("continues where all calls that wait for it are interrupted, and serves the next call", () =>
    Effect.gen(function* () {
      const received = Deferred.unsafeMake<() => void>(FiberId.none)
      const server = yield* TokenServer.make((respond) => Deferred.unsafeDone(received, Effect.succeed(respond)))
      const { call } = yield* setUp(server, true)
      const all = yield* Effect.fork(Effect.replicateEffect(call, 5, { concurrency: "unbounded" }))
      const respond = yield* Deferred.await(received)
      yield* Fiber.interrupt(all)
      yield* Effect.sync(respond)
      expect(yield* call).toEqual({ ok: true })
      expect([server.tokenRequests, server.apiTokens]).toEqual([["refresh-0"], ["access-1"]])
    }))

  test("that fails makes all calls fail that wait for it, and the next call starts another", () =>
    Effect.gen(function* () {
      const responds: Array<() => void> = []
      const server = yield* TokenServer.make((respond) => void responds.push(respond))
      let failing = true
      const { call } = yield* setUp(server, true, {
        refresh: undefined,
        grant: Effect.suspend(() =>
          failing ? failure("Unavailable") : Effect.succeed({ accessToken: Redacted.make("access-1") })
        ).pipe(Effect.delay("50 millis"))
      })
      const results = yield* Effect.replicateEffect(Effect.either(call), 20, { concurrency: "unbounded" })
      expect(results.map((result) => Either.isLeft(result) && result.left._tag)).toEqual(
        Array.from({ length: 20 }, () => "AuthoriserError")
      )
      failing = false
      server.validTokens.add("access-1")
      expect(yield* call).toEqual({ ok: true })
      expect(server.apiTokens).toEqual(["access-1"])
    }))

  test("serves a call that starts during it", () =>
    Effect.gen(function* () {
      const received = Deferred.unsafeMake<() => void>(FiberId.none)
      const server = yield* TokenServer.make((respond) => Deferred.unsafeDone(received, Effect.succeed(respond)))
      const { call } = yield* setUp(server, false)
      const first = yield* Effect.fork(call)
      const respond = yield* Deferred.await(received)
      // Without a usable token, a call waits before it is sent.
      const second = yield* Effect.fork(call)
      yield* settle
      yield* Effect.sync(respond)
      expect([yield* Fiber.join(first), yield* Fiber.join(second)]).toEqual([{ ok: true }, { ok: true }])
      expect(server.tokenRequests).toEqual(["refresh-0"])
      expect(server.apiTokens).toEqual(["access-0", "access-1", "access-1"])
    }))
})

describe("a 401", () => {
  test("to a token that was replaced since refreshes nothing, and the call is sent again with the new one", () =>
    Effect.gen(function* () {
      const server = yield* TokenServer.make()
      const released = Deferred.unsafeMake<void>(FiberId.none)
      let requests = 0
      let tokensUsed = ""
      const api = yield* Scripted.make(({ headers }) => {
        const token = headers.authorization ?? ""
        tokensUsed += `${token.slice(-1)}`
        const behaviour = token.endsWith("access-1") ? Scripted.json({ ok: true }) : Scripted.respond({ status: 401 })
        if ((requests += 1) > 1) return behaviour
        return (response, received) => {
          Effect.runPromise(Deferred.await(released)).then(
            () => behaviour(response, received),
            () => {}
          )
        }
      })
      const { tokens } = yield* setUp(server, false)
      const context = yield* Layer.build(Caller.layer({ baseUrl: api.url, credentials: Effect.succeed(tokens) }))
      const call = thing().pipe(Effect.provide(context), Effect.provide(withoutRetries))
      const slow = yield* Effect.fork(call)
      yield* until(() => requests === 1)
      expect(yield* call).toEqual({ ok: true })
      yield* Deferred.succeed(released, undefined)
      expect(yield* Fiber.join(slow)).toEqual({ ok: true })
      expect(yield* call).toEqual({ ok: true })
      expect(server.tokenRequests).toEqual(["refresh-0"])
      expect(tokensUsed).toBe("00111")
    }))

  test("to the refreshed token, too, makes the call fail after two requests", () =>
    Effect.gen(function* () {
      const server = yield* TokenServer.make()
      const api = yield* Scripted.make([Scripted.respond({ status: 401 })])
      const { tokens } = yield* setUp(server, false)
      const context = yield* Layer.build(Caller.layer({ baseUrl: api.url, credentials: Effect.succeed(tokens) }))
      const call = Effect.flip(thing().pipe(Effect.provide(context)))
      expect(yield* call).toMatchObject({ _tag: "Unauthorized" })
      expect([api.requests.length, server.tokenRequests.length]).toEqual([2, 1])
      expect(yield* call).toMatchObject({ _tag: "Unauthorized" })
      // The new token is not blamed.
      expect([api.requests.length, server.tokenRequests.length]).toEqual([3, 1])
      const errors = yield* Effect.replicateEffect(call, 50, { concurrency: "unbounded" })
      expect(errors.map(({ _tag }) => _tag)).toEqual(Array.from({ length: 50 }, () => "Unauthorized"))
      expect(api.requests.length).toBe(3 + 50)
      expect(server.tokenRequests).toHaveLength(1)
    }))
})

describe("a layer that is closed during an acquisition", () => {
  const accessToken = Redacted.make("new")

  it.live("makes all waiting calls fail", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      let interrupted = 0
      const tokens = yield* Tokens.make({
        name: "test",
        identity: "app",
        grant: Effect.onInterrupt(Effect.never, () => Effect.sync(() => (interrupted += 1)))
      }).pipe(Scope.extend(scope))
      const waiting = yield* Effect.fork(
        Effect.all(
          [tokens.token(), tokens.token({ forceNew: true }), tokens.token({ forceLoad: true }), tokens.forget].map(
            (effect: Effect.Effect<unknown, Token.TokenFailure, HttpClient.HttpClient>) => Effect.exit(effect)
          ),
          { concurrency: "unbounded" }
        )
      )
      yield* settle
      yield* Scope.close(scope, Exit.void)
      const closed = Exit.fail(failure("Unavailable", "the layer that provides the tokens is closed"))
      expect(yield* Fiber.join(waiting)).toEqual([closed, closed, closed, closed])
      expect(interrupted).toBe(1)
      expect(yield* Effect.exit(tokens.token())).toEqual(closed)
    }).pipe(Effect.provide(stub([status(200)]).layer))
  )

  it.live("waits for a refresh in progress, whose token is saved", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const store = yield* TokenStore.makeMemory
      yield* store.save("test", TokenServer.firstToken(true))
      const gate = yield* Effect.makeLatch(false)
      const tokens = yield* Tokens.make({
        name: "test",
        identity: "app",
        grant: Effect.never,
        refresh: () => Effect.as(gate.await, { accessToken })
      }).pipe(Effect.provideService(TokenStore.TokenStore, store), Scope.extend(scope))
      const waiting = yield* Effect.fork(Effect.exit(tokens.token()))
      yield* settle
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* settle
      expect(Option.isNone(yield* Fiber.poll(closing))).toBe(true)
      yield* gate.open
      yield* Fiber.join(closing)
      expect(Exit.isExit(yield* Fiber.join(waiting))).toBe(true)
      expect(yield* store.load("test")).toMatchObject({ value: expect.stringContaining('"new"') })
      // The lock is free.
      yield* Effect.scoped(store.lock("test"))
    }).pipe(Effect.provide(stub([status(200)]).layer))
  )
})

/** Tokens whose store and server take no time. The store holds an expired token, and the server rotates refresh tokens. */
const makeScoped = (options: Partial<Tokens.Options>) =>
  Effect.gen(function* () {
    const store = yield* TokenStore.makeMemory
    yield* store.save("test", TokenServer.firstToken(true))
    const validRefreshTokens = new Set(["refresh-0"])
    const counts = { requests: 0, concurrent: 0, mostConcurrent: 0, reused: 0, locking: 0, mostLocking: 0 }
    const countLocking = Effect.acquireRelease(
      Effect.sync(() => void (counts.mostLocking = Math.max(counts.mostLocking, (counts.locking += 1)))),
      () => Effect.sync(() => (counts.locking -= 1))
    )
    /** One acquisition at a time may wait for the lock or hold it. */
    const countingStore = { ...store, lock: (name: string) => Effect.zipRight(countLocking, store.lock(name)) }
    /** A request to the server, during which other fibers run. */
    const request = <E>(response: () => Effect.Effect<Token.TokenResponse, E>) =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          counts.requests += 1
          counts.mostConcurrent = Math.max(counts.mostConcurrent, (counts.concurrent += 1))
        }),
        () => Effect.zipRight(Effect.yieldNow(), Effect.suspend(response)),
        () => Effect.sync(() => (counts.concurrent -= 1))
      )
    const issue = Effect.sync((): Token.TokenResponse => {
      const [access, refresh] = [`access-${counts.requests}`, `refresh-${counts.requests}`]
      validRefreshTokens.add(refresh)
      return { accessToken: Redacted.make(access), refreshToken: Redacted.make(refresh), expiresIn: 3600 }
    })
    const tokens = yield* Tokens.make({
      name: "test",
      identity: "app",
      grant: request(() => issue),
      refresh: (token) =>
        request(() => {
          if (validRefreshTokens.delete(Redacted.value(token))) return issue
          counts.reused += 1
          return failure("Refused")
        }),
      ...options
    }).pipe(Effect.provideService(TokenStore.TokenStore, countingStore))
    const authorize = Effect.map(tokens.authorize(HttpClientRequest.get("https://api.test")), (authorized) => ({
      generation: authorized.generation,
      token: authorized.request.headers["authorization"]
    }))
    return { tokens, counts, authorize, store }
  })

/** A scope that is never closed. */
const openScope = () => Effect.runSync(Scope.make())

const make = (options: Partial<Tokens.Options> = {}) =>
  Effect.runSync(
    makeScoped(options).pipe(Effect.provide(stub([status(200)]).layer), Effect.provideService(Scope.Scope, openScope()))
  )

/** Starts an effect, whose fibers run when the scheduler's tasks are run. */
const start = <A, E>(
  effect: Effect.Effect<A, E, HttpClient.HttpClient | Scope.Scope>,
  scheduler: Scheduler.Scheduler
) =>
  Effect.runFork(
    effect.pipe(Effect.provide(stub([status(200)]).layer), Effect.provideService(Scope.Scope, openScope())),
    { scheduler }
  )

/** The token of a call, with its generation. */
interface AuthorizedCall {
  readonly generation: number
  readonly token: string | undefined
}

type Start = (
  call: Effect.Effect<AuthorizedCall, unknown, HttpClient.HttpClient>
) => Fiber.RuntimeFiber<AuthorizedCall, unknown>

/** Runs the remaining tasks. */
const drain = (tasks: { readonly next: () => unknown }) => {
  for (let count = 0; count < 200; count += 1) tasks.next()
}

describe("two fibers, of which the first yields at any step:", () => {
  /**
   * Runs a check once for each step at which the first fiber, or the acquisition that it starts, can yield. The second fiber
   * starts there. Then either both run in turn, or the second runs as far as it can. The check returns the assertions at the
   * end. Returns the number of steps.
   */
  const atEveryStep = (check: (startFirst: Start, startSecond: Start) => () => void): number => {
    let step = 0
    for (let steps = Infinity; step < steps;) {
      step += 1
      for (const order of ["in turn", "second first"]) {
        const first = yieldingAt(step)
        const second = order === "in turn" ? first : yieldingAt(-1)
        const assert = check(
          (effect) => {
            const fiber = start(effect, first.scheduler)
            for (let count = 0; count < 200 && first.steps() < step; count += 1) first.next()
            return fiber
          },
          (effect) => start(effect, second.scheduler)
        )
        drain(second)
        drain(first)
        drain(second)
        drain(first)
        assert()
        steps = first.steps()
      }
    }
    return step
  }

  const exitOf = <A, E>(fiber: Fiber.RuntimeFiber<A, E>) => {
    const exit = fiber.unsafePoll()
    if (exit === null) throw new Error("the fiber does not end")
    return Exit.getOrElse(exit, (cause) => {
      throw new Error(String(cause))
    })
  }

  it("two calls share one token request", () => {
    const steps = atEveryStep((startFirst, startSecond) => {
      const { authorize, counts } = make()
      const fibers = [startFirst(authorize), startSecond(authorize)]
      return () => {
        expect(fibers.map(exitOf)).toEqual([1, 2].map(() => ({ generation: 1, token: "Bearer access-1" })))
        expect(counts).toEqual({
          requests: 1,
          concurrent: 0,
          mostConcurrent: 1,
          reused: 0,
          locking: 0,
          mostLocking: 1
        })
      }
    })
    expect(steps).toBeGreaterThan(50)
  })

  it("two calls with forceNew share one token request, or have one each", () => {
    atEveryStep((startFirst, startSecond) => {
      const { counts, tokens } = make()
      const forceNew = Effect.map(tokens.token({ forceNew: true }), ({ accessToken }) => ({
        generation: 0,
        token: Redacted.value(accessToken)
      }))
      const fibers = [startFirst(forceNew), startSecond(forceNew)]
      return () => {
        // Each has a token that was granted after it started.
        expect(new Set(fibers.map((fiber) => exitOf(fiber).token)).size).toBe(counts.requests)
        expect(counts).toMatchObject({ concurrent: 0, mostConcurrent: 1, locking: 0, mostLocking: 1 })
      }
    })
  })

  it("two calls that received a 401 share one token request", () => {
    atEveryStep((startFirst, startSecond) => {
      const { authorize, counts, tokens } = make()
      const warmUp = yieldingAt(-1)
      start(authorize, warmUp.scheduler)
      drain(warmUp)
      const requestsBefore = counts.requests
      const afterRejection = Effect.zipRight(
        Effect.filterOrDieMessage(tokens.rejected(1), (refreshed) => refreshed, "the token was not refreshed"),
        authorize
      )
      const fibers = [startFirst(afterRejection), startSecond(afterRejection)]
      return () => {
        expect(fibers.map(exitOf)).toEqual([1, 2].map(() => ({ generation: 2, token: "Bearer access-2" })))
        expect([requestsBefore, counts]).toMatchObject([1, { requests: 2, mostConcurrent: 1, reused: 0 }])
      }
    })
  })

  it("an interruption of the first call does not affect the second", () => {
    atEveryStep((startFirst, startSecond) => {
      const { authorize, counts, store } = make()
      const first = startFirst(authorize)
      const second = startSecond(authorize)
      first.unsafeInterruptAsFork(FiberId.none)
      return () => {
        expect(exitOf(second)).toEqual({ generation: 1, token: "Bearer access-1" })
        expect(first.unsafePoll()).not.toBe(null)
        expect(counts).toMatchObject({ requests: 1, concurrent: 0 })
        // The lock is free.
        Effect.runSync(Effect.scoped(store.lock("test")))
      }
    })
  })

  it("a call does not use a token that was forgotten before it started", () => {
    atEveryStep((startFirst, startSecond) => {
      const { authorize, store, tokens } = make()
      const forgetAndAuthorize = Effect.zipRight(tokens.forget, authorize)
      const fibers = [startFirst(forgetAndAuthorize), startSecond(authorize)]
      return () => {
        const [after] = fibers.map(exitOf)
        const stored = String(Option.getOrThrow(Effect.runSync(store.load("test"))))
        expect(after!.token).not.toBe("Bearer access-0")
        expect(stored).not.toContain("first")
        expect(`Bearer ${String((JSON.parse(stored) as { access_token: unknown }).access_token)}`).toBe(after!.token)
      }
    })
  })
})

/** A generator of whole numbers below a bound, from a seed (xorshift). */
const makeRandom = (seed: number) => {
  let state = seed || 1
  return (bound: number) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % bound
  }
}

describe("any order of operations", () => {
  type Operation = "call" | "rejected" | "reload" | "renew" | "forget" | "interrupted" | "failing"

  it("has one token request at a time, ends every call, and uses no refresh token twice", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom<Operation>(
            "call",
            "call",
            "rejected",
            "rejected",
            "reload",
            "renew",
            "forget",
            "interrupted",
            "failing"
          ),
          {
            minLength: 2,
            maxLength: 12
          }
        ),
        fc.integer(),
        (operations, seed) => {
          const random = makeRandom(seed)
          const tasks: Array<() => void> = []
          const scheduler: Scheduler.Scheduler = {
            scheduleTask: (task) => void tasks.push(task),
            shouldYield: () => (random(50) === 0 ? 0 : false)
          }
          let failing = 0
          const { authorize, counts, store, tokens } = make({
            probe: () =>
              Effect.suspend(() => {
                if (failing === 0) return Effect.succeed(true)
                failing -= 1
                return failure("Unavailable")
              })
          })
          const effects: Record<Operation, Effect.Effect<unknown, unknown, HttpClient.HttpClient>> = {
            call: authorize,
            rejected: Effect.flatMap(authorize, ({ generation }) => Effect.zip(tokens.rejected(generation), authorize)),
            reload: tokens.token({ forceLoad: true }),
            renew: tokens.token({ forceNew: true }),
            forget: tokens.forget,
            interrupted: authorize,
            failing: Effect.zipRight(
              Effect.sync(() => (failing += 1)),
              authorize
            )
          }
          const runRandomTask = () => {
            const [task] = tasks.splice(random(tasks.length), 1)
            task?.()
          }
          const fibers = operations.map((operation) => {
            const fiber = start(effects[operation], scheduler)
            for (let count = random(10); count > 0; count -= 1) runRandomTask()
            if (operation === "interrupted") fiber.unsafeInterruptAsFork(FiberId.none)
            return fiber
          })
          for (let count = 0; tasks.length > 0; count += 1) {
            if (count > 100_000) throw new Error("the fibers do not end")
            runRandomTask()
          }
          const exits = fibers.map((fiber) => fiber.unsafePoll())
          for (const [index, exit] of exits.entries()) {
            expect(exit, `${operations[index]} does not end`).not.toBe(null)
            if (operations[index] === "interrupted") continue
            const failed = exit !== null && Exit.isFailure(exit) ? String(exit.cause) : ""
            expect(
              failed === "" || (operations.includes("failing") && failed.includes("a failure of the test")),
              failed
            ).toBe(true)
          }
          expect(counts).toMatchObject({ concurrent: 0, reused: 0 })
          expect(Math.max(counts.mostConcurrent, counts.mostLocking)).toBeLessThanOrEqual(1)
          if (!operations.includes("renew") && !operations.includes("forget")) {
            expect(counts.requests).toBeLessThanOrEqual(
              1 + operations.filter((operation) => operation === "rejected").length
            )
          }
          Effect.runSync(Effect.scoped(store.lock("test")))
        }
      ),
      { numRuns: 500 }
    )
  })
})

describe("processes that share a directory", () => {
  /** Starts a process that calls the server, with a token from the directory. */
  const startProcess = (directory: string, server: URL) =>
    Effect.map(
      Child.start(new URL("../support/tokenProcess.ts", import.meta.url), ["call", directory, server.href]),
      ({ ask, exit }) => ({
        // The script sends this message.
        calls: Effect.map(ask("go"), (report) => report as TokenServer.Outcome),
        exit
      })
    )

  const temporaryDirectory = Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "herald-tokens-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
  )

  test("refresh an expired token once, for 32 calls of four processes", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* Effect.promise(() => writeFile(join(directory, "test.json"), TokenServer.firstToken(true)))
      const server = yield* TokenServer.make((respond) => void setTimeout(respond, 100))
      const processes = yield* Effect.replicateEffect(startProcess(directory, server.url), 4, { concurrency: 2 })
      const outcomes = yield* Effect.forEach(processes, ({ calls }) => calls, { concurrency: "unbounded" })
      expect(outcomes).toEqual(Array.from({ length: 4 }, () => ({ succeeded: 8, failures: [] })))
      expect(server.tokenRequests).toEqual(["refresh-0"])
      expect(server.apiTokens).toEqual(Array.from({ length: 32 }, () => "access-1"))
      // Nothing keeps the processes running.
      expect(yield* Effect.forEach(processes, ({ exit }) => exit)).toEqual([0, 0, 0, 0])
      expect(yield* Effect.promise(() => readdir(directory))).toEqual(["test.json"])
      expect(yield* Effect.promise(() => readFile(join(directory, "test.json"), "utf8"))).toContain("refresh-1")
    }))

  test("refresh a rejected token once, for 16 calls of two processes", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* Effect.promise(() => writeFile(join(directory, "test.json"), TokenServer.firstToken(false)))
      const server = yield* TokenServer.make((respond) => void setTimeout(respond, 100))
      const processes = yield* Effect.replicateEffect(startProcess(directory, server.url), 2, { concurrency: 2 })
      const outcomes = yield* Effect.forEach(processes, ({ calls }) => calls, { concurrency: "unbounded" })
      expect(outcomes).toEqual(Array.from({ length: 2 }, () => ({ succeeded: 8, failures: [] })))
      expect(server.tokenRequests).toEqual(["refresh-0"])
    }))
})
