import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { Authoriser, RetryPolicy } from "effect-herald"
import { at, elapsing, once, status, stub, thing } from "./kit.js"

const home = new URL("https://api.test")
const ok = status(200)
const refused = status(401)

/** Credentials that are numbered: a refresh gives the next number, and the server takes numbers from `valid` on. */
const numbered = (refresh: Effect.Effect<boolean, Authoriser.AuthoriserFailure> = Effect.succeed(true)) => {
  let generation = 0
  const rejections: Array<number> = []
  const caller = at(home, {
    authorise: (request) =>
      Effect.sync(() => ({
        request: HttpClientRequest.setHeader(request, "x-generation", `${generation}`),
        generation
      })),
    rejected: (of) =>
      Effect.flatMap(refresh, (refreshes) =>
        Effect.sync(() => {
          rejections.push(of)
          if (of === generation && refreshes) generation += 1
          return of !== generation
        })
      )
  })
  return { caller, rejections, renew: () => (generation += 1) }
}

const sent = ({ requests }: ReturnType<typeof stub>) => requests.map(({ request }) => request.headers["x-generation"])

describe("a 401", () => {
  it.effect("has the credentials refreshed once and the request replayed once", () =>
    Effect.gen(function* () {
      for (const method of ["GET", "POST"] as const) {
        const client = stub([refused, ok])
        const { caller, rejections } = numbered()
        const answer = yield* Effect.provide(thing(method), Layer.mergeAll(caller, client.layer, once))
        expect(answer).toEqual({ ok: true })
        expect(sent(client)).toEqual(["0", "1"])
        expect(rejections).toEqual([0])
      }
    })
  )

  it.effect("to the refreshed credentials, too, ends the call", () =>
    Effect.gen(function* () {
      const client = stub([refused])
      const { caller, rejections } = numbered()
      const error = yield* Effect.flip(Effect.provide(thing(), Layer.mergeAll(caller, client.layer, once)))
      expect(error).toMatchObject({ status: 401, attempts: [{ number: 1, class: "Rejected", reason: "401" }] })
      expect(sent(client)).toEqual(["0", "1"])
      expect(rejections).toEqual([0])
    })
  )

  it.effect("is answered to with a replay once in a call, not once in an attempt", () =>
    Effect.gen(function* () {
      const client = stub([refused, status(503), refused, refused])
      const { caller, rejections } = numbered()
      const greedy = RetryPolicy.make({ schedule: Schedule.recurs(1), repeats: () => true })
      yield* Effect.flip(thing()).pipe(
        Effect.provide(Layer.mergeAll(caller, client.layer)),
        Effect.provideService(RetryPolicy.Current, greedy),
        elapsing
      )
      expect(sent(client)).toEqual(["0", "1", "1"])
      expect(rejections).toEqual([0])
    })
  )

  it.effect("is not replayed where there are no other credentials", () =>
    Effect.gen(function* () {
      const client = stub([refused, ok])
      const { caller } = numbered(Effect.succeed(false))
      const error = yield* Effect.flip(Effect.provide(thing(), Layer.mergeAll(caller, client.layer, once)))
      expect(error).toMatchObject({ _tag: "Unauthorised", status: 401 })
      expect(sent(client)).toEqual(["0"])
    })
  )

  it.effect("to nobody's credentials is not replayed", () =>
    Effect.gen(function* () {
      const client = stub([refused, ok])
      const error = yield* Effect.flip(Effect.provide(thing(), Layer.mergeAll(at(home), client.layer, once)))
      expect(error.status).toBe(401)
      expect(client.requests).toHaveLength(1)
    })
  )

  it.effect("that comes late, to credentials that were refreshed since, is replayed and refreshes nothing", () =>
    Effect.gen(function* () {
      const gate = yield* Effect.makeLatch(false)
      const client = stub([() => Effect.as(gate.await, refused()), refused, ok])
      const { caller } = numbered()
      const call = Effect.provide(thing(), Layer.mergeAll(caller, client.layer, once))
      const [late] = yield* Effect.all([call, Effect.andThen(call, gate.open)], { concurrency: "unbounded" })
      expect(late).toEqual({ ok: true })
      // First of one, then of the other, its replay, and the replay of the late one: with the same credentials.
      expect(sent(client)).toEqual(["0", "0", "1", "1"])
    })
  )
})

describe("an authoriser that fails", () => {
  const failure = new Authoriser.AuthoriserFailure({ reason: "Expired", message: "sign in anew" })

  it.effect("ends the call before anything is sent, and is not asked again", () =>
    Effect.gen(function* () {
      const client = stub([ok])
      let asked = 0
      const caller = at(home, {
        authorise: () =>
          Effect.suspend(() => {
            asked += 1
            return Effect.fail(failure)
          })
      })
      const error = yield* Effect.flip(Effect.provide(thing(), Layer.merge(caller, client.layer)))
      expect(error).toMatchObject({
        _tag: "AuthoriserError",
        reason: "Expired",
        operation: "thing",
        attempts: [{ class: "Final", verdict: "final", reason: "Expired" }]
      })
      expect(error.message).toContain("sign in anew")
      expect([asked, client.requests.length]).toEqual([1, 0])
    })
  )

  it.effect("to refresh ends the call", () =>
    Effect.gen(function* () {
      const client = stub([refused, ok])
      const { caller } = numbered(Effect.fail(failure))
      const error = yield* Effect.flip(Effect.provide(thing(), Layer.mergeAll(caller, client.layer, once)))
      expect(error).toMatchObject({ _tag: "AuthoriserError", reason: "Expired" })
      expect(client.requests).toHaveLength(1)
    })
  )
})

describe("hold", () => {
  it.effect("wraps each attempt, to the last byte of its answer, and no wait", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const note = (event: string) => Effect.sync(() => void events.push(event))
      const body = new ReadableStream(
        {
          pull: (controller) => {
            events.push("read")
            controller.enqueue(new TextEncoder().encode('{"ok":true}'))
            controller.close()
          }
        },
        { highWaterMark: 0 }
      )
      const client = stub([status(503, { "retry-after": "1" }), () => new Response(body)])
      const caller = at(home, {
        hold: (attempt) => note("enter").pipe(Effect.zipRight(attempt), Effect.ensuring(note("leave")))
      })
      yield* thing().pipe(Effect.provide(Layer.merge(caller, client.layer)), elapsing)
      expect(events).toEqual(["enter", "leave", "enter", "read", "leave"])
    })
  )
})

describe("basic", () => {
  it("is RFC 7617, in UTF-8", () => {
    const request = Authoriser.basic(HttpClientRequest.get("https://api.test"), {
      username: "Aladdin",
      password: Redacted.make("open sesame: é日")
    })
    const [scheme, encoded = ""] = (request.headers["authorization"] ?? "").split(" ")
    expect(scheme).toBe("Basic")
    expect(Buffer.from(encoded, "base64").toString()).toBe("Aladdin:open sesame: é日")
  })

  it("is the header of RFC 7617's example", () => {
    const credentials = { username: "Aladdin", password: Redacted.make("open sesame") }
    expect(Authoriser.basic(HttpClientRequest.get("/"), credentials).headers["authorization"]).toBe(
      "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    )
  })
})

describe("parseBaseUrl", () => {
  it.each(["https://api.test", "http://127.0.0.1:8000/v1/", new URL("https://api.test/a%20b")])("takes %s", (text) => {
    expect(Either.getOrThrow(Authoriser.parseBaseUrl(text)).href).toBe(new URL(text).href)
  })

  it.each([
    "",
    "api.test",
    "/v1",
    "ftp://api.test",
    "javascript:hunter2",
    "https://user:hunter2@api.test",
    "https://hunter2@api.test",
    "https://api.test?key=hunter2",
    "https://api.test#hunter2",
    "https://hunter2 hunter2"
  ])("refuses %j, and does not repeat it", (text) => {
    const refusal = Either.flip(Authoriser.parseBaseUrl(text))
    expect(Either.isRight(refusal)).toBe(true)
    expect(String(Either.getOrThrow(refusal))).not.toContain("hunter2")
  })
})
