import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { FailureClass } from "../../../src/Attempt.js"
import { classifyStatus, classifyTransport } from "../../../src/road/classify.js"
import * as Scripted from "../../servers/scripted.js"
import { at, clients, once, thing } from "../kit.js"

describe("classifyStatus", () => {
  const table: ReadonlyArray<readonly [statuses: ReadonlyArray<number>, without: FailureClass, with_: FailureClass]> = [
    [[401, 408, 425, 429], "Rejected", "Rejected"],
    [[413], "Final", "Rejected"],
    [[503], "Ambiguous", "Rejected"],
    [[500, 502, 504], "Ambiguous", "Ambiguous"]
  ]
  const listed = new Set(table.flatMap(([statuses]) => statuses))

  it.each(table)("%j: %s, with Retry-After %s", (statuses, without, with_) => {
    for (const status of statuses) {
      expect(classifyStatus(status, false)).toBe(without)
      expect(classifyStatus(status, true)).toBe(with_)
    }
  })

  it("any other is final", () => {
    const others = Array.from({ length: 1000 }, (_, status) => status).filter((status) => !listed.has(status))
    for (const status of others) {
      expect([classifyStatus(status, false), classifyStatus(status, true)]).toEqual(["Final", "Final"])
    }
  })
})

describe("classifyTransport", () => {
  const system = (code: string, syscall?: string) =>
    Object.assign(new Error(code), { code, ...(syscall && { syscall }) })
  const within = (cause: unknown) => Object.assign(new TypeError("fetch failed"), { cause })

  it.each([
    system("ECONNREFUSED", "connect"),
    system("ENOTFOUND", "getaddrinfo"),
    system("EAI_AGAIN", "getaddrinfo"),
    system("EHOSTUNREACH", "connect"),
    system("ETIMEDOUT", "connect"),
    system("UND_ERR_CONNECT_TIMEOUT"),
    system("DEPTH_ZERO_SELF_SIGNED_CERT"),
    system("CERT_HAS_EXPIRED"),
    system("UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    system("ERR_TLS_CERT_ALTNAME_INVALID"),
    Object.assign(system("ECONNRESET"), {
      message: "Client network socket disconnected before secure TLS connection was established"
    }),
    new AggregateError([system("ECONNREFUSED", "connect"), system("ENETUNREACH", "connect")])
  ])("nothing was written: %s", (cause) => {
    expect(classifyTransport(cause, "send").class).toBe("NotSent")
    expect(classifyTransport(within(cause), "send").class).toBe("NotSent")
  })

  it.each([
    system("ECONNRESET", "read"),
    system("EPIPE", "write"),
    system("ETIMEDOUT", "read"),
    // What a connection ends with when its host goes out of reach after the request was written.
    system("EHOSTUNREACH", "read"),
    system("ENETUNREACH", "write"),
    system("UND_ERR_SOCKET"),
    system("UND_ERR_HEADERS_TIMEOUT"),
    system("UND_ERR_BODY_TIMEOUT"),
    new AggregateError([system("ECONNREFUSED", "connect"), system("ECONNRESET", "read")]),
    new AggregateError([]),
    new TypeError("Failed to fetch"),
    new Error("ECONNREFUSED"),
    Object.assign(new Error(), { code: 111 }),
    "ECONNREFUSED",
    undefined,
    null
  ])("something may have been: %s", (cause) => {
    expect(classifyTransport(cause, "send").class).toBe("Ambiguous")
    expect(classifyTransport(within(cause), "send").class).toBe("Ambiguous")
  })

  it("once an answer has begun, nothing is certain", () => {
    expect(classifyTransport(system("ECONNREFUSED", "connect"), "read").class).toBe("Ambiguous")
  })

  it.each(["ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"])(
    "%s is a timeout",
    (code) => {
      expect(classifyTransport(system(code), "send")).toMatchObject({ timedOut: true, reason: code })
    }
  )

  it("a cause within itself ends", () => {
    const cause: { cause?: unknown } = {}
    cause.cause = cause
    expect(classifyTransport(cause, "send")).toEqual({ class: "Ambiguous", timedOut: false, reason: "unknown" })
  })
})

describe.each(clients)("real failures, by %s", (_, client) => {
  const failure = (url: URL) => thing("POST").pipe(Effect.flip, Effect.provide(Layer.mergeAll(at(url), once, client)))

  it.scopedLive("a port where nobody listens", () =>
    Effect.gen(function* () {
      expect(yield* failure(yield* Scripted.closedPort)).toMatchObject({
        _tag: "TransportError",
        reason: "ECONNREFUSED",
        attempts: [{ number: 1, class: "NotSent", verdict: "declined", reason: "ECONNREFUSED" }]
      })
    })
  )

  it.live("a name that does not exist", () =>
    Effect.gen(function* () {
      const error = yield* failure(new URL("http://name.invalid"))
      expect(error).toMatchObject({ _tag: "TransportError", attempts: [{ class: "NotSent" }] })
      expect(["ENOTFOUND", "EAI_AGAIN"]).toContain(error._tag === "TransportError" && error.reason)
    })
  )

  // Nothing was written here; but the same error ends a connection whose records are damaged after that.
  it.scopedLive("TLS with a server that speaks none", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.answer()])
      const error = yield* failure(new URL(`https://${url.host}`))
      expect(error).toMatchObject({ _tag: "TransportError", attempts: [{ class: "Ambiguous" }] })
      expect(requests).toEqual([])
    })
  )

  it.scopedLive.each([
    ["reset", Scripted.reset],
    ["closed", Scripted.hangUp]
  ] as const)("%s before the answer", ([, behaviour]) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([behaviour])
      expect(yield* failure(url)).toMatchObject({
        _tag: "TransportError",
        status: undefined,
        attempts: [{ class: "Ambiguous", verdict: "unsafe" }]
      })
      expect(requests).toHaveLength(1)
    })
  )

  it.scopedLive.each(
    (["length", "chunked"] as const).flatMap((framing) => (["end", "reset"] as const).map((how) => ({ framing, how })))
  )("amid the answer: $framing, $how", (options) =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([Scripted.cutShort({ body: '{"ok":', ...options })])
      const error = yield* failure(url)
      expect(error).toMatchObject({ _tag: "TransportError", attempts: [{ class: "Ambiguous", verdict: "unsafe" }] })
      expect(error.message).toContain("amid the answer")
    })
  )
})
