import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
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
import type { Token } from "effect-herald"
import { Authoriser, Deadline, Tokens, TokenStore } from "effect-herald"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Scripted from "../servers/scripted.js"
import * as Child from "./child.js"
import { Caller, once as unrepeated, status, stub, thing } from "./kit.js"
import { settle } from "./settle.js"
import * as TokenServer from "./tokenServer.js"
import { failure } from "./tokenServer.js"
import { yieldingAt } from "./yieldingAt.js"

const many = 500

/** Waits for as long as it takes. */
const until = (holds: () => boolean) =>
  Effect.repeat(
    Effect.promise(() => new Promise(setImmediate)),
    { until: holds }
  )

/** Tokens at this server, a store that has its first one, and a caller with them. */
const world = (server: { readonly url: URL }, expired: boolean, more: Partial<Tokens.Options> = {}) =>
  Effect.gen(function* () {
    const store = yield* TokenStore.makeMemory
    yield* store.save("test", TokenServer.first(expired))
    const tokens = yield* Effect.provideService(TokenServer.credentials(server.url, more), TokenStore.TokenStore, store)
    const context = yield* Layer.build(
      Authoriser.layer(Caller, { baseUrl: server.url, credentials: Effect.succeed(tokens) })
    )
    const call = thing().pipe(Effect.provide(context), Effect.provide(unrepeated))
    return {
      tokens,
      call,
      kept: Effect.map(
        store.load("test"),
        Option.getOrElse(() => "")
      )
    }
  })

const test = <E>(name: string, body: () => Effect.Effect<void, E, HttpClient.HttpClient | Scope.Scope>) =>
  it.scopedLive(name, () => Effect.provide(Effect.suspend(body), NodeHttpClient.layerUndici))

describe("one flight", () => {
  test(`is for ${many} calls on a token that has expired`, () =>
    Effect.gen(function* () {
      const server = yield* TokenServer.make()
      const { call, kept } = yield* world(server, true)
      const answers = yield* Effect.replicateEffect(call, many, { concurrency: "unbounded" })
      expect(answers).toEqual(Array.from({ length: many }, () => ({ ok: true })))
      expect(server.asked).toEqual(["refresh-0"])
      expect(server.seen).toEqual(Array.from({ length: many }, () => "access-1"))
      expect(yield* kept).toContain("refresh-1")
    }))

  test(`is for ${many} calls that a 401 was answered to, each of which is repeated once`, () =>
    Effect.gen(function* () {
      const server = yield* TokenServer.make()
      const { call } = yield* world(server, false)
      const answers = yield* Effect.replicateEffect(call, many, { concurrency: "unbounded" })
      expect(answers).toEqual(Array.from({ length: many }, () => ({ ok: true })))
      expect(server.asked).toEqual(["refresh-0"])
      // None was sent with the old one after the new one was there but those that had it by then.
      const count = (token: string) => server.seen.filter((one) => one === token).length
      expect(count("access-1")).toBe(many)
      expect(count("access-0")).toBeLessThanOrEqual(many)
    }))

  for (const how of ["is interrupted", "is past its deadline"]) {
    test(`goes on where the call that began it ${how}, and its token is saved`, () =>
      Effect.gen(function* () {
        const answering = Deferred.unsafeMake<() => void>(FiberId.none)
        const server = yield* TokenServer.make((respond) => Deferred.unsafeDone(answering, Effect.succeed(respond)))
        const { call, kept } = yield* world(server, true)
        const first = yield* Effect.fork(
          how === "is interrupted" ? call : Effect.provideService(call, Deadline.Current, "300 millis")
        )
        const respond = yield* Deferred.await(answering)
        const others = yield* Effect.fork(Effect.replicateEffect(call, 5, { concurrency: "unbounded" }))
        yield* settle
        const exit = yield* how === "is interrupted" ? Fiber.interrupt(first) : Fiber.await(first)
        expect(Exit.isFailure(exit)).toBe(true)
        yield* Effect.sync(respond)
        expect(yield* Fiber.join(others)).toHaveLength(5)
        expect(server.asked).toEqual(["refresh-0"])
        expect(yield* kept).toContain("refresh-1")
        expect(server.seen).toEqual(Array.from({ length: 5 }, () => "access-1"))
      }))
  }

  test("goes on where all that wait for it are interrupted, and the next call needs no other", () =>
    Effect.gen(function* () {
      const answering = Deferred.unsafeMake<() => void>(FiberId.none)
      const server = yield* TokenServer.make((respond) => Deferred.unsafeDone(answering, Effect.succeed(respond)))
      const { call } = yield* world(server, true)
      const all = yield* Effect.fork(Effect.replicateEffect(call, 5, { concurrency: "unbounded" }))
      const respond = yield* Deferred.await(answering)
      yield* Fiber.interrupt(all)
      yield* Effect.sync(respond)
      expect(yield* call).toEqual({ ok: true })
      expect([server.asked, server.seen]).toEqual([["refresh-0"], ["access-1"]])
    }))

  test("that fails ends all that wait, and the next call begins another", () =>
    Effect.gen(function* () {
      const responds: Array<() => void> = []
      const server = yield* TokenServer.make((respond) => void responds.push(respond))
      let fails = true
      const { call } = yield* world(server, true, {
        refresh: undefined,
        grant: Effect.suspend(() =>
          fails ? failure("Unavailable", "away") : Effect.succeed({ accessToken: Redacted.make("access-1") })
        ).pipe(Effect.delay("50 millis"))
      })
      const results = yield* Effect.replicateEffect(Effect.either(call), 20, { concurrency: "unbounded" })
      expect(results.map((result) => Either.isLeft(result) && result.left._tag)).toEqual(
        Array.from({ length: 20 }, () => "AuthoriserError")
      )
      fails = false
      server.live.add("access-1")
      expect(yield* call).toEqual({ ok: true })
      expect(server.seen).toEqual(["access-1"])
    }))

  test("is had by one whose 401 comes while it is in the air", () =>
    Effect.gen(function* () {
      const answering = Deferred.unsafeMake<() => void>(FiberId.none)
      const server = yield* TokenServer.make((respond) => Deferred.unsafeDone(answering, Effect.succeed(respond)))
      const { call } = yield* world(server, false)
      const first = yield* Effect.fork(call)
      const respond = yield* Deferred.await(answering)
      // What has no good token waits before it is sent.
      const second = yield* Effect.fork(call)
      yield* settle
      yield* Effect.sync(respond)
      expect([yield* Fiber.join(first), yield* Fiber.join(second)]).toEqual([{ ok: true }, { ok: true }])
      expect(server.asked).toEqual(["refresh-0"])
      expect(server.seen).toEqual(["access-0", "access-1", "access-1"])
    }))
})

describe("a 401", () => {
  test("that comes late, to the token before, has nothing refreshed, and its call is repeated with the new one", () =>
    Effect.gen(function* () {
      const server = yield* TokenServer.make()
      const late = Deferred.unsafeMake<void>(FiberId.none)
      let [sent, seen] = [0, ""]
      const api = yield* Scripted.make(({ headers }) => {
        const token = headers.authorization ?? ""
        seen += `${token.slice(-1)}`
        const behaviour = token.endsWith("access-1") ? Scripted.json({ ok: true }) : Scripted.answer({ status: 401 })
        if ((sent += 1) > 1) return behaviour
        return (response, received) => {
          Effect.runPromise(Deferred.await(late)).then(
            () => behaviour(response, received),
            () => {}
          )
        }
      })
      const { tokens } = yield* world(server, false)
      const context = yield* Layer.build(
        Authoriser.layer(Caller, { baseUrl: api.url, credentials: Effect.succeed(tokens) })
      )
      const call = thing().pipe(Effect.provide(context), Effect.provide(unrepeated))
      const slow = yield* Effect.fork(call)
      yield* until(() => sent === 1)
      expect(yield* call).toEqual({ ok: true })
      yield* Deferred.succeed(late, undefined)
      expect(yield* Fiber.join(slow)).toEqual({ ok: true })
      expect(yield* call).toEqual({ ok: true })
      expect(server.asked).toEqual(["refresh-0"])
      expect(seen).toBe("00111")
    }))

  test("to the refreshed token, too, ends the call, after two requests", () =>
    Effect.gen(function* () {
      const server = yield* TokenServer.make()
      const api = yield* Scripted.make([Scripted.answer({ status: 401 })])
      const { tokens } = yield* world(server, false)
      const context = yield* Layer.build(
        Authoriser.layer(Caller, { baseUrl: api.url, credentials: Effect.succeed(tokens) })
      )
      const call = Effect.flip(thing().pipe(Effect.provide(context)))
      expect(yield* call).toMatchObject({ _tag: "Unauthorised" })
      expect([api.requests.length, server.asked.length]).toEqual([2, 1])
      expect(yield* call).toMatchObject({ _tag: "Unauthorised" })
      expect([api.requests.length, server.asked.length]).toEqual([4, 2])
      const errors = yield* Effect.replicateEffect(call, 50, { concurrency: "unbounded" })
      expect(errors.map(({ _tag }) => _tag)).toEqual(Array.from({ length: 50 }, () => "Unauthorised"))
      expect(api.requests.length).toBeLessThanOrEqual(4 + 2 * 50)
      expect(server.most()).toBe(1)
      expect(server.asked.length).toBeLessThanOrEqual(2 + 50)
    }))
})

describe("a layer that is closed amid a flight", () => {
  const accessToken = Redacted.make("new")

  it.live("ends those that wait with a failure", () =>
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
            (one: Effect.Effect<unknown, Token.TokenFailure, HttpClient.HttpClient>) => Effect.exit(one)
          ),
          { concurrency: "unbounded" }
        )
      )
      yield* settle
      yield* Scope.close(scope, Exit.void)
      const closed = Exit.fail(failure("Unavailable", "the layer of the tokens is closed"))
      expect(yield* Fiber.join(waiting)).toEqual([closed, closed, closed, closed])
      expect(interrupted).toBe(1)
      expect(yield* Effect.exit(tokens.token())).toEqual(closed)
    }).pipe(Effect.provide(stub([status(200)]).layer))
  )

  it.live("waits for a refresh that is under way, whose token is saved", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const store = yield* TokenStore.makeMemory
      yield* store.save("test", TokenServer.first(true))
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
      // Nobody holds it any more.
      yield* Effect.scoped(store.lock("test"))
    }).pipe(Effect.provide(stub([status(200)]).layer))
  )
})

/** Tokens without anything that takes time: a store in memory that has one which expired, and a server that rotates. */
const still = (more: Partial<Tokens.Options> = {}) =>
  Effect.gen(function* () {
    const store = yield* TokenStore.makeMemory
    yield* store.save("test", TokenServer.first(true))
    const live = new Set(["refresh-0"])
    const counts = { asked: 0, underWay: 0, most: 0, reused: 0, flights: 0, mostFlights: 0 }
    /** Of these tokens there is one at a time that wants the lock, or has it. */
    const flying = Effect.acquireRelease(
      Effect.sync(() => void (counts.mostFlights = Math.max(counts.mostFlights, (counts.flights += 1)))),
      () => Effect.sync(() => (counts.flights -= 1))
    )
    const watched = { ...store, lock: (name: string) => Effect.zipRight(flying, store.lock(name)) }
    /** A server, which others run besides. */
    const ask = <E>(answer: () => Effect.Effect<Token.Granted, E>) =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          counts.asked += 1
          counts.most = Math.max(counts.most, (counts.underWay += 1))
        }),
        () => Effect.zipRight(Effect.yieldNow(), Effect.suspend(answer)),
        () => Effect.sync(() => (counts.underWay -= 1))
      )
    const next = Effect.sync((): Token.Granted => {
      const [access, refresh] = [`access-${counts.asked}`, `refresh-${counts.asked}`]
      live.add(refresh)
      return { accessToken: Redacted.make(access), refreshToken: Redacted.make(refresh), expiresIn: 3600 }
    })
    const tokens = yield* Tokens.make({
      name: "test",
      identity: "app",
      grant: ask(() => next),
      refresh: (token) =>
        ask(() => {
          if (live.delete(Redacted.value(token))) return next
          counts.reused += 1
          return failure("Refused")
        }),
      ...more
    }).pipe(Effect.provideService(TokenStore.TokenStore, watched))
    const present = Effect.map(tokens.authorise(HttpClientRequest.get("https://api.test")), (authorised) => ({
      generation: authorised.generation,
      token: authorised.request.headers["authorization"]
    }))
    return { tokens, counts, present, store }
  })

/** Runs this in a scope of its own that is left open, by a scheduler's tasks alone. */
const begin = <A, E>(
  effect: Effect.Effect<A, E, HttpClient.HttpClient | Scope.Scope>,
  scheduler: Scheduler.Scheduler
) =>
  Effect.runFork(
    effect.pipe(
      Effect.provide(stub([status(200)]).layer),
      Effect.provideService(Scope.Scope, Effect.runSync(Scope.make()))
    ),
    { scheduler }
  )

const made = (more: Partial<Tokens.Options> = {}) => Effect.runSync(Effect.scoped(stillOpen(more)))

/** As `still`, but for a scope that nobody closes. */
const stillOpen = (more: Partial<Tokens.Options>) =>
  Effect.provideService(still(more), Scope.Scope, Effect.runSync(Scope.make()))

/** What a call presents. */
interface Presented {
  readonly generation: number
  readonly token: string | undefined
}

type Begin = (call: Effect.Effect<Presented, unknown, HttpClient.HttpClient>) => Fiber.RuntimeFiber<Presented, unknown>

/** Runs what is left. */
const drain = (tasks: { readonly next: () => unknown }) => {
  for (let time = 0; time < 200; time += 1) tasks.next()
}

describe("at whatever step one yields to another", () => {
  /**
   * Has one begin and yield at each of its steps, or of those of its flight; the other begins there, and either does all that it can, or
   * takes turns. What is to be at the end is checked then.
   */
  const everywhere = (check: (begins: Begin, follows: Begin) => () => void): number => {
    let step = 0
    for (let steps = Infinity; step < steps;) {
      step += 1
      for (const order of ["in turn", "the other first"]) {
        const one = yieldingAt(step)
        const other = order === "in turn" ? one : yieldingAt(-1)
        const ends = check(
          (effect) => {
            const fiber = begin(effect, one.scheduler)
            for (let time = 0; time < 200 && one.steps() < step; time += 1) one.next()
            return fiber
          },
          (effect) => begin(effect, other.scheduler)
        )
        drain(other)
        drain(one)
        drain(other)
        drain(one)
        ends()
        steps = one.steps()
      }
    }
    return step
  }

  const exitOf = <A, E>(fiber: Fiber.RuntimeFiber<A, E>) => {
    const exit = fiber.unsafePoll()
    if (exit === null) throw new Error("it does not end")
    return Exit.getOrElse(exit, (cause) => {
      throw new Error(String(cause))
    })
  }

  it("two calls have one token request between them", () => {
    const steps = everywhere((begins, follows) => {
      const { counts, present } = made()
      const fibers = [begins(present), follows(present)]
      return () => {
        expect(fibers.map(exitOf)).toEqual([1, 2].map(() => ({ generation: 1, token: "Bearer access-1" })))
        expect(counts).toEqual({ asked: 1, underWay: 0, most: 1, reused: 0, flights: 0, mostFlights: 1 })
      }
    })
    expect(steps).toBeGreaterThan(50)
  })

  it("two that want a new one at once have one token request between them, or one each", () => {
    everywhere((begins, follows) => {
      const { counts, tokens } = made()
      const access = Effect.map(tokens.token({ forceNew: true }), ({ accessToken }) => ({
        generation: 0,
        token: Redacted.value(accessToken)
      }))
      const fibers = [begins(access), follows(access)]
      return () => {
        // Each has what was granted after it asked.
        expect(new Set(fibers.map((fiber) => exitOf(fiber).token)).size).toBe(counts.asked)
        expect(counts).toMatchObject({ underWay: 0, most: 1, flights: 0, mostFlights: 1 })
      }
    })
  })

  it("two calls that a 401 was answered to have one token request between them", () => {
    everywhere((begins, follows) => {
      const { counts, present, tokens } = made()
      const warm = yieldingAt(-1)
      begin(present, warm.scheduler)
      drain(warm)
      const before = counts.asked
      const again = Effect.zipRight(
        Effect.filterOrDieMessage(tokens.rejected(1), (refreshed) => refreshed, "it was not refreshed"),
        present
      )
      const fibers = [begins(again), follows(again)]
      return () => {
        expect(fibers.map(exitOf)).toEqual([1, 2].map(() => ({ generation: 2, token: "Bearer access-2" })))
        expect([before, counts]).toMatchObject([1, { asked: 2, most: 1, reused: 0 }])
      }
    })
  })

  it("an interruption of one leaves the other its token", () => {
    everywhere((begins, follows) => {
      const { counts, present, store } = made()
      const first = begins(present)
      const second = follows(present)
      first.unsafeInterruptAsFork(FiberId.none)
      return () => {
        expect(exitOf(second)).toEqual({ generation: 1, token: "Bearer access-1" })
        expect(first.unsafePoll()).not.toBe(null)
        expect(counts).toMatchObject({ asked: 1, underWay: 0 })
        // The lock is nobody's.
        Effect.runSync(Effect.scoped(store.lock("test")))
      }
    })
  })

  it("nobody has a token that was forgotten before it asked", () => {
    everywhere((begins, follows) => {
      const { present, tokens, store } = made()
      const forgets = Effect.zipRight(tokens.forget, present)
      const fibers = [begins(forgets), follows(present)]
      return () => {
        const [after] = fibers.map(exitOf)
        const kept = String(Option.getOrThrow(Effect.runSync(store.load("test"))))
        expect(after!.token).not.toBe("Bearer access-0")
        expect(kept).not.toContain("first")
        expect(`Bearer ${String((JSON.parse(kept) as { access_token: unknown }).access_token)}`).toBe(after!.token)
      }
    })
  })
})

/** Whole numbers below a bound, which a seed decides (xorshift). */
const chance = (seed: number) => {
  let state = seed || 1
  return (bound: number) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % bound
  }
}

describe("whatever the order", () => {
  type Step = "call" | "refused" | "load" | "new" | "forget" | "interrupted" | "failing"

  it("there is one token request at a time, each call has an end, and no refresh token is used twice", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom<Step>(
            "call",
            "call",
            "refused",
            "refused",
            "load",
            "new",
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
        (steps, seed) => {
          const draw = chance(seed)
          const tasks: Array<() => void> = []
          const scheduler: Scheduler.Scheduler = {
            scheduleTask: (task) => void tasks.push(task),
            shouldYield: () => (draw(50) === 0 ? 0 : false)
          }
          let failing = 0
          const { counts, present, store, tokens } = made({
            probe: () =>
              Effect.suspend(() => {
                if (failing === 0) return Effect.succeed(true)
                failing -= 1
                return failure("Unavailable")
              })
          })
          const bodies: Record<Step, Effect.Effect<unknown, unknown, HttpClient.HttpClient>> = {
            call: present,
            refused: Effect.flatMap(present, ({ generation }) => Effect.zip(tokens.rejected(generation), present)),
            load: tokens.token({ forceLoad: true }),
            new: tokens.token({ forceNew: true }),
            forget: tokens.forget,
            interrupted: present,
            failing: Effect.zipRight(
              Effect.sync(() => (failing += 1)),
              present
            )
          }
          const run = () => {
            const [task] = tasks.splice(draw(tasks.length), 1)
            task?.()
          }
          const fibers = steps.map((step) => {
            const fiber = begin(bodies[step], scheduler)
            for (let count = draw(10); count > 0; count -= 1) run()
            if (step === "interrupted") fiber.unsafeInterruptAsFork(FiberId.none)
            return fiber
          })
          for (let count = 0; tasks.length > 0; count += 1) {
            if (count > 100_000) throw new Error("it does not end")
            run()
          }
          const exits = fibers.map((fiber) => fiber.unsafePoll())
          for (const [index, exit] of exits.entries()) {
            expect(exit, `${steps[index]} has no end`).not.toBe(null)
            if (steps[index] === "interrupted") continue
            const failed = exit !== null && Exit.isFailure(exit) ? String(exit.cause) : ""
            expect(
              failed === "" || (steps.includes("failing") && failed.includes("as the test wants it")),
              failed
            ).toBe(true)
          }
          expect(counts).toMatchObject({ underWay: 0, reused: 0 })
          expect(Math.max(counts.most, counts.mostFlights)).toBeLessThanOrEqual(1)
          if (!steps.includes("new") && !steps.includes("forget")) {
            expect(counts.asked).toBeLessThanOrEqual(1 + steps.filter((step) => step === "refused").length)
          }
          Effect.runSync(Effect.scoped(store.lock("test")))
        }
      ),
      { numRuns: 500 }
    )
  })
})

describe("processes that share a directory", () => {
  const child = (directory: string, server: URL) =>
    Effect.map(
      Child.start(new URL("tokenProcess.ts", import.meta.url), ["call", directory, server.href]),
      ({ ask, exit }) => ({
        // The script is ours.
        go: Effect.map(ask("go"), (said) => said as TokenServer.Outcome),
        exit
      })
    )

  const temporary = Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "herald-tokens-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
  )

  test("four of them, with 32 calls, refresh an expired token once, by a refresh token that is taken once", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      yield* Effect.promise(() => writeFile(join(directory, "test.json"), TokenServer.first(true)))
      const server = yield* TokenServer.make((respond) => void setTimeout(respond, 100))
      const processes = yield* Effect.replicateEffect(child(directory, server.url), 4, { concurrency: 2 })
      const outcomes = yield* Effect.forEach(processes, ({ go }) => go, { concurrency: "unbounded" })
      expect(outcomes).toEqual(Array.from({ length: 4 }, () => ({ succeeded: 8, failures: [] })))
      expect(server.asked).toEqual(["refresh-0"])
      expect(server.seen).toEqual(Array.from({ length: 32 }, () => "access-1"))
      // They end by themselves: nothing is left that keeps them running.
      expect(yield* Effect.forEach(processes, ({ exit }) => exit)).toEqual([0, 0, 0, 0])
      expect(yield* Effect.promise(() => readdir(directory))).toEqual(["test.json"])
      expect(yield* Effect.promise(() => readFile(join(directory, "test.json"), "utf8"))).toContain("refresh-1")
    }))

  test("refresh it once, too, where a server refuses it before its time", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      yield* Effect.promise(() => writeFile(join(directory, "test.json"), TokenServer.first(false)))
      const server = yield* TokenServer.make((respond) => void setTimeout(respond, 100))
      const processes = yield* Effect.replicateEffect(child(directory, server.url), 2, { concurrency: 2 })
      const outcomes = yield* Effect.forEach(processes, ({ go }) => go, { concurrency: "unbounded" })
      expect(outcomes).toEqual(Array.from({ length: 2 }, () => ({ succeeded: 8, failures: [] })))
      expect(server.asked).toEqual(["refresh-0"])
    }))
})
