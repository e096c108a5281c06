import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { FailureClass } from "../../../../src/Attempt.js"
import { classifyStatus, classifyTransport } from "../../../../src/internal/call/classify.js"
import * as Scripted from "../../../servers/scripted.js"
import { clients } from "../../../support/clients.js"
import { at, once, thing } from "../../../support/kit.js"

describe("classifyStatus", () => {
  const table: ReadonlyArray<
    readonly [statuses: ReadonlyArray<number>, withoutRetryAfter: FailureClass, withRetryAfter: FailureClass]
  > = [
    [[401, 408, 425, 429], "Rejected", "Rejected"],
    [[413], "Final", "Rejected"],
    [[503], "Ambiguous", "Rejected"],
    [[500, 502, 504, 507], "Ambiguous", "Ambiguous"],
    // Registered, and the same however often the request is sent.
    [[501, 505, 506, 508, 510, 511], "Final", "Final"],
    // Not registered, and so treated as a 500. The last are no valid statuses.
    [[509, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530, 598, 599, 600, 999], "Ambiguous", "Ambiguous"],
    // Not registered, and so treated as a 400, a 300 or a 200.
    [[299, 399, 419, 420, 444, 460, 499], "Final", "Final"]
  ]
  const listed = new Set(table.flatMap(([statuses]) => statuses))

  it.each(table)("returns for %j: %s, and with a Retry-After: %s", (statuses, withoutRetryAfter, withRetryAfter) => {
    for (const status of statuses) {
      expect(classifyStatus(status, false)).toBe(withoutRetryAfter)
      expect(classifyStatus(status, true)).toBe(withRetryAfter)
    }
  })

  it("returns Ambiguous for every other status from 500, and Final for every other status below", () => {
    const others = Array.from({ length: 1000 }, (_, status) => status).filter((status) => !listed.has(status))
    for (const status of others) {
      const expected = status < 500 ? "Final" : "Ambiguous"
      expect([classifyStatus(status, false), classifyStatus(status, true)]).toEqual([expected, expected])
    }
  })
})

describe("classifyTransport", () => {
  const system = (code: string, syscall?: string) =>
    Object.assign(new Error(code), { code, ...(syscall && { syscall }) })
  const wrapped = (cause: unknown) => Object.assign(new TypeError("fetch failed"), { cause })

  it.each([
    system("UND_ERR_INVALID_ARG"),
    system("UND_ERR_NOT_SUPPORTED"),
    system("ERR_INVALID_CHAR"),
    system("ERR_INVALID_HTTP_TOKEN"),
    system("ERR_INVALID_PROTOCOL"),
    system("ERR_INVALID_URL"),
    system("ERR_INVALID_ARG_TYPE"),
    system("ERR_HTTP_INVALID_HEADER_VALUE"),
    system("ERR_UNESCAPED_CHARACTERS"),
    new Error("bad port"),
    new TypeError("'TRACE' HTTP method is unsupported."),
    new TypeError("Request with GET/HEAD method cannot have body."),
    new TypeError("Failed to execute 'fetch' on 'Window': Invalid name"),
    new TypeError("Window.fetch: a b is an invalid header name.")
  ])("returns Final for %s, with which a transport refuses a request", (cause) => {
    const { code = "TypeError" } = cause as { readonly code?: string }
    expect(classifyTransport(cause, "send")).toEqual({ class: "Final", timedOut: false, reason: code })
    expect(classifyTransport(wrapped(cause), "send").class).toBe("Final")
    expect(classifyTransport(cause, "read").class).toBe("Ambiguous")
  })

  it.each([
    // A part of the body may have been written, or all of it.
    system("UND_ERR_REQ_CONTENT_LENGTH_MISMATCH"),
    system("ERR_HTTP_CONTENT_LENGTH_MISMATCH"),
    system("ERR_INVALID_STATE"),
    // Failed connections in browsers.
    new TypeError("Failed to fetch"),
    new TypeError("NetworkError when attempting to fetch resource."),
    new TypeError("Load failed")
  ])("returns Ambiguous for %s, which may come late", (cause) => {
    expect(classifyTransport(cause, "send").class).toBe("Ambiguous")
  })

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
  ])("returns NotSent for %s", (cause) => {
    expect(classifyTransport(cause, "send").class).toBe("NotSent")
    expect(classifyTransport(wrapped(cause), "send").class).toBe("NotSent")
  })

  it.each([
    system("ECONNRESET", "read"),
    system("EPIPE", "write"),
    system("ETIMEDOUT", "read"),
    // An established connection ends like this when its host becomes unreachable.
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
  ])("returns Ambiguous for %s", (cause) => {
    expect(classifyTransport(cause, "send").class).toBe("Ambiguous")
    expect(classifyTransport(wrapped(cause), "send").class).toBe("Ambiguous")
  })

  it("returns Ambiguous for every failure after the response began", () => {
    expect(classifyTransport(system("ECONNREFUSED", "connect"), "read").class).toBe("Ambiguous")
  })

  it.each(["ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"])(
    "marks %s as a timeout",
    (code) => {
      expect(classifyTransport(system(code), "send")).toMatchObject({ timedOut: true, reason: code })
    }
  )

  it("terminates for a cause that contains itself", () => {
    const cause: { cause?: unknown } = {}
    cause.cause = cause
    expect(classifyTransport(cause, "send")).toEqual({ class: "Ambiguous", timedOut: false, reason: "unknown" })
  })
})

describe.each(clients)("real transport failures, with %s", (_, client) => {
  const failure = (url: URL) => thing("POST").pipe(Effect.flip, Effect.provide(Layer.mergeAll(at(url), once, client)))

  it.scopedLive("a closed port is NotSent", () =>
    Effect.gen(function* () {
      expect(yield* failure(yield* Scripted.closedPort)).toMatchObject({
        _tag: "TransportError",
        reason: "ECONNREFUSED",
        attempts: [{ number: 1, class: "NotSent", verdict: "not retried by policy", reason: "ECONNREFUSED" }]
      })
    })
  )

  it.live("an unknown host name is NotSent", () =>
    Effect.gen(function* () {
      const error = yield* failure(new URL("http://name.invalid"))
      expect(error).toMatchObject({ _tag: "TransportError", attempts: [{ class: "NotSent" }] })
      expect(["ENOTFOUND", "EAI_AGAIN"]).toContain(error._tag === "TransportError" && error.reason)
    })
  )

  // Nothing was written here, but damaged records after a request cause the same error.
  it.scopedLive("a failed TLS handshake is Ambiguous", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.respond()])
      const error = yield* failure(new URL(`https://${url.host}`))
      expect(error).toMatchObject({ _tag: "TransportError", attempts: [{ class: "Ambiguous" }] })
      expect(requests).toEqual([])
    })
  )

  it.scopedLive.each([
    ["reset", Scripted.reset],
    ["closed", Scripted.hangUp]
  ] as const)("a connection %s before the response is Ambiguous", ([, behaviour]) =>
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
  )("a connection that breaks during the response is Ambiguous ($framing, $how)", (options) =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([Scripted.cutShort({ body: '{"ok":', ...options })])
      const error = yield* failure(url)
      expect(error).toMatchObject({ _tag: "TransportError", attempts: [{ class: "Ambiguous", verdict: "unsafe" }] })
      expect(error.message).toContain("within the response")
    })
  )
})
