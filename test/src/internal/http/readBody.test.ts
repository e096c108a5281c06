import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { gzipSync } from "node:zlib"
import { Body, Endpoint, Operation } from "effect-herald"
import { decodeText } from "../../../../src/internal/http/charset.js"
import { contentOf } from "../../../../src/internal/http/contentCoding.js"
import { readResponse } from "../../../../src/internal/http/readBody.js"
import * as Scripted from "../../../servers/scripted.js"
import { clients } from "../../../support/clients.js"
import { at, Caller, Ok, once, thing } from "../../../support/kit.js"

describe.each(clients)("response bodies, with %s", (_, client) => {
  const failure = (behaviour: Scripted.Behaviour) =>
    Effect.flatMap(Scripted.make([behaviour]), ({ url }) =>
      Effect.flip(Effect.provide(thing(), Layer.mergeAll(at(url), once, client)))
    )
  const success = (behaviour: Scripted.Behaviour) =>
    Effect.flatMap(Scripted.make([behaviour]), ({ url }) =>
      Effect.provide(thing(), Layer.mergeAll(at(url), once, client))
    )
  const text = '{"ok":true}'

  it.scopedLive("an empty 404 has an empty `body`", () =>
    Effect.gen(function* () {
      expect(yield* failure(Scripted.respond({ status: 404 }))).toMatchObject({
        _tag: "NotFound",
        status: 404,
        body: ""
      })
    })
  )

  it.scopedLive("a 500 in plain text has its text as `body`", () =>
    Effect.gen(function* () {
      const response = Scripted.respond({
        status: 500,
        headers: { "content-type": "text/plain", "x-request-id": "r1" },
        body: "Internal Server Error"
      })
      expect(yield* failure(response)).toMatchObject({
        _tag: "ServerError",
        status: 500,
        body: "Internal Server Error",
        requestId: "r1"
      })
    })
  )

  it.scopedLive("an HTML page of a proxy is a ServerError for 502, and a DecodeError for 200", () =>
    Effect.gen(function* () {
      const page = `<html>${"<p>Bad Gateway</p>".repeat(500)}</html>`
      const headers = { "content-type": "text/html" }
      const bad = yield* failure(Scripted.respond({ status: 502, headers, body: page }))
      expect(bad).toMatchObject({ _tag: "ServerError", status: 502, body: page.slice(0, 1024) })
      const good = yield* failure(Scripted.respond({ headers, body: page }))
      expect(good).toMatchObject({ _tag: "DecodeError", reason: "Json", status: 200, body: page.slice(0, 1024) })
    })
  )

  it.scopedLive("incomplete JSON in a complete response is a DecodeError", () =>
    Effect.gen(function* () {
      expect(yield* failure(Scripted.respond({ body: '{"ok":tr' }))).toMatchObject({
        _tag: "DecodeError",
        reason: "Json"
      })
    })
  )

  it.scopedLive("an empty body where JSON is expected is a DecodeError", () =>
    Effect.gen(function* () {
      for (const behaviour of [Scripted.respond(), Scripted.chunked([])]) {
        expect(yield* failure(behaviour)).toMatchObject({
          _tag: "DecodeError",
          reason: "Json",
          issues: [{ path: [], message: "the body is empty" }]
        })
      }
    })
  )

  it.scopedLive("JSON of another shape is a DecodeError without the values", () =>
    Effect.gen(function* () {
      const error = yield* failure(Scripted.json({ ok: "hunter2", more: 1 }))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Shape", issues: [{ path: ["ok"] }] })
      expect(error.message).not.toContain("hunter2")
    })
  )

  it.scopedLive("an undeclared success status is a DecodeError", () =>
    Effect.gen(function* () {
      const only200 = Operation.make(Caller, () => Endpoint.get("/thing", { success: { 200: Ok } }))
      const { url } = yield* Scripted.make([Scripted.json({ ok: true }, { status: 202 })])
      const error = yield* Effect.flip(Effect.provide(only200(), Layer.mergeAll(at(url), once, client)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Status", status: 202 })
    })
  )

  it.scopedLive("a byte order mark is removed", () =>
    Effect.gen(function* () {
      const body = Buffer.from(`\ufeff${text}`)
      expect(yield* success(Scripted.respond({ body }))).toEqual({ ok: true })
      expect(yield* success(Scripted.chunked([body.subarray(0, 1), body.subarray(1)]))).toEqual({ ok: true })
    })
  )

  it.scopedLive("invalid UTF-8 is replaced", () =>
    Effect.gen(function* () {
      const body = Buffer.from([0x61, 0xff, 0xfe, 0x62])
      for (const behaviour of [Scripted.respond({ status: 400, body }), Scripted.chunked([body], { status: 400 })]) {
        expect(yield* failure(behaviour)).toMatchObject({ _tag: "BadRequest", body: "a\ufffd\ufffdb" })
      }
    })
  )

  it.scopedLive("the body of a 204 or a HEAD is not read", () =>
    Effect.gen(function* () {
      const head = Operation.make(Caller, () => Endpoint.head("/", { success: { 200: Body.empty() } }))
      const remove = Operation.make(Caller, () => Endpoint.delete("/", { success: { 204: Body.empty() } }))
      const length = { "content-length": `${1024 ** 4}` }
      const { url } = yield* Scripted.make(({ method }) =>
        method === "HEAD" ? Scripted.respond({ headers: length }) : Scripted.respond({ status: 204 })
      )
      for (const call of [head(), remove()]) {
        yield* Effect.provide(call, Layer.mergeAll(at(url), once, client))
      }
    })
  )

  it.scopedLive("a Content-Length beyond the limit is a DecodeError, and the body is not read", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.stalled("x", { headers: { "content-length": `${1024 ** 4}` } })])
      const error = yield* Effect.flip(Effect.provide(thing(), Layer.mergeAll(at(server.url), once, client)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Size", attempts: [{ class: "Final" }] })
      expect(error.message).not.toContain("undefined")
      yield* server.abandoned
    })
  )

  describe("content with a limit", () => {
    const maxBytes = 1024 * 1024
    const read = (behaviour: Scripted.Behaviour) =>
      Effect.gen(function* () {
        const server = yield* Scripted.make([behaviour])
        const { failure } = yield* Effect.provide(
          Effect.flatMap(HttpClient.get(server.url), (response) =>
            readResponse(response, Either.getOrThrow(contentOf(response)), maxBytes, "whole")
          ),
          client
        )
        return { server, failure }
      })

    it.scopedLive("fails with TooLarge for an endless body, and closes the connection", () =>
      Effect.gen(function* () {
        const { failure, server } = yield* read(Scripted.endless("x".repeat(64 * 1024)))
        expect(failure).toMatchObject({ _tag: "TooLarge" })
        yield* server.abandoned
      })
    )

    it.scopedLive("accepts a body of exactly the limit, and none that is a byte longer", () =>
      Effect.gen(function* () {
        const chunk = "x".repeat(maxBytes / 4)
        const four = [chunk, chunk, chunk, chunk]
        expect((yield* read(Scripted.chunked(four))).failure).toBeUndefined()
        expect((yield* read(Scripted.chunked([...four, "x"]))).failure).toBeDefined()
        expect((yield* read(Scripted.respond({ body: four.join("") }))).failure).toBeUndefined()
        expect((yield* read(Scripted.respond({ body: `${four.join("")}x` }))).failure).toBeDefined()
      })
    )

    it.scopedLive("counts decompressed bytes", () =>
      Effect.gen(function* () {
        const body = gzipSync("x".repeat(maxBytes * 4))
        const { failure } = yield* read(Scripted.respond({ headers: { "content-encoding": "gzip" }, body }))
        expect(failure).toMatchObject({ _tag: "TooLarge" })
      })
    )
  })
})

describe("text in chunks", () => {
  const read = (chunks: ReadonlyArray<Uint8Array>) => {
    const request = HttpClientRequest.get("https://api.test")
    const response = HttpClientResponse.fromWeb(request, new Response(streamOf(chunks)))
    return Effect.map(
      readResponse(response, { stream: () => response.stream, length: undefined }, 1000, "whole"),
      ({ bytes }) => decodeText(bytes)
    )
  }
  const streamOf = (chunks: ReadonlyArray<Uint8Array>) =>
    new ReadableStream({
      start: (controller) => {
        for (const chunk of chunks) controller.enqueue(chunk)
        controller.close()
      }
    })

  it.effect("joins characters that are split between chunks", () =>
    Effect.gen(function* () {
      const text = "日本👩‍🚀é"
      expect(yield* read([...Buffer.from(text)].map((byte) => Uint8Array.of(byte)))).toBe(text)
    })
  )

  it.effect("replaces an incomplete character at the end", () =>
    Effect.gen(function* () {
      expect(yield* read([Buffer.from("a日").subarray(0, 3)])).toBe("a\ufffd")
    })
  )
})
