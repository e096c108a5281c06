import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { gzipSync } from "node:zlib"
import { Operation } from "effect-herald"
import { readBody } from "../../../src/road/readBody.js"
import * as Scripted from "../../servers/scripted.js"
import { at, Caller, clients, once, thing } from "../kit.js"

describe.each(clients)("answers, by %s", (name, client) => {
  const failure = (behaviour: Scripted.Behaviour) =>
    Effect.flatMap(Scripted.make([behaviour]), ({ url }) =>
      Effect.flip(Effect.provide(thing(), Layer.mergeAll(at(url), once, client)))
    )
  const success = (behaviour: Scripted.Behaviour) =>
    Effect.flatMap(Scripted.make([behaviour]), ({ url }) =>
      Effect.provide(thing(), Layer.mergeAll(at(url), once, client))
    )
  const text = '{"ok":true}'

  it.scopedLive("an empty 404", () =>
    Effect.gen(function* () {
      expect(yield* failure(Scripted.answer({ status: 404 }))).toMatchObject({
        _tag: "ClientError",
        status: 404,
        body: ""
      })
    })
  )

  it.scopedLive("a 500 in plain text", () =>
    Effect.gen(function* () {
      const answer = Scripted.answer({
        status: 500,
        headers: { "content-type": "text/plain", "x-request-id": "r1" },
        body: "Internal Server Error"
      })
      expect(yield* failure(answer)).toMatchObject({
        _tag: "ServerError",
        status: 500,
        body: "Internal Server Error",
        requestId: "r1"
      })
    })
  )

  it.scopedLive("a proxy's page, with 502 and with 200", () =>
    Effect.gen(function* () {
      const page = `<html>${"<p>Bad Gateway</p>".repeat(500)}</html>`
      const headers = { "content-type": "text/html" }
      const bad = yield* failure(Scripted.answer({ status: 502, headers, body: page }))
      expect(bad).toMatchObject({ _tag: "ServerError", status: 502, body: page.slice(0, 1024) })
      const good = yield* failure(Scripted.answer({ headers, body: page }))
      expect(good).toMatchObject({ _tag: "DecodeError", reason: "Json", status: 200, body: page.slice(0, 1024) })
    })
  )

  it.scopedLive("half of a JSON text, in a whole answer", () =>
    Effect.gen(function* () {
      expect(yield* failure(Scripted.answer({ body: '{"ok":tr' }))).toMatchObject({
        _tag: "DecodeError",
        reason: "Json"
      })
    })
  )

  it.scopedLive("nothing, where something is due", () =>
    Effect.gen(function* () {
      for (const behaviour of [Scripted.answer(), Scripted.chunked([])]) {
        expect(yield* failure(behaviour)).toMatchObject({
          _tag: "DecodeError",
          reason: "Json",
          issues: [{ path: [], message: "the body is empty" }]
        })
      }
    })
  )

  it.scopedLive("another shape, told without the values", () =>
    Effect.gen(function* () {
      const error = yield* failure(Scripted.json({ ok: "hunter2", more: 1 }))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Shape", issues: [{ path: ["ok"] }] })
      expect(error.message).not.toContain("hunter2")
    })
  )

  it.scopedLive("another status of success", () =>
    Effect.gen(function* () {
      expect(yield* failure(Scripted.json({ ok: true }, { status: 202 }))).toMatchObject({
        _tag: "DecodeError",
        reason: "Status",
        status: 202
      })
    })
  )

  it.scopedLive("a byte order mark is not part of the text", () =>
    Effect.gen(function* () {
      const body = Buffer.from(`\ufeff${text}`)
      expect(yield* success(Scripted.answer({ body }))).toEqual({ ok: true })
      expect(yield* success(Scripted.chunked([body.subarray(0, 1), body.subarray(1)]))).toEqual({ ok: true })
    })
  )

  it.scopedLive("invalid UTF-8 shows as such, and breaks nothing", () =>
    Effect.gen(function* () {
      const body = Buffer.from([0x61, 0xff, 0xfe, 0x62])
      for (const behaviour of [Scripted.answer({ status: 400, body }), Scripted.chunked([body], { status: 400 })]) {
        expect(yield* failure(behaviour)).toMatchObject({ _tag: "ClientError", body: "a\ufffd\ufffdb" })
      }
    })
  )

  // Undici asks for no compression and undoes none; fetch does both.
  it.scopedLive("gzip is undone, or told as what it is", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([
        Scripted.answer({ headers: { "content-encoding": "gzip" }, body: gzipSync(text) })
      ])
      const result = yield* Effect.either(Effect.provide(thing(), Layer.mergeAll(at(url), once, client)))
      if (String(requests[0]?.headers["accept-encoding"] ?? "").includes("gzip")) {
        expect(result).toMatchObject({ _tag: "Right", right: { ok: true } })
      } else {
        expect(result).toMatchObject({ _tag: "Left", left: { _tag: "DecodeError", reason: "Json" } })
      }
    })
  )

  it.scopedLive("a 204 and a HEAD have no body to read", () =>
    Effect.gen(function* () {
      const bodiless = (method: "HEAD" | "DELETE") =>
        Operation.make(
          Caller,
          () =>
            HttpApiEndpoint.make(method)("bodiless", "/").addSuccess(
              method === "HEAD" ? HttpApiSchema.Empty(200) : HttpApiSchema.NoContent
            ),
          () => ({})
        )()
      const length = { "content-length": `${1024 ** 4}` }
      const { url } = yield* Scripted.make(({ method }) =>
        method === "HEAD" ? Scripted.answer({ headers: length }) : Scripted.answer({ status: 204 })
      )
      for (const method of ["HEAD", "DELETE"] as const) {
        yield* Effect.provide(bodiless(method), Layer.mergeAll(at(url), once, client))
      }
    })
  )

  it.scopedLive("more than is ever read, by what it says of itself", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.stalled("x", { headers: { "content-length": `${1024 ** 4}` } })])
      const error = yield* Effect.flip(Effect.provide(thing(), Layer.mergeAll(at(server.url), once, client)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Size", attempts: [{ class: "Final" }] })
      expect(error.message).not.toContain("undefined")
      yield* server.abandoned
    })
  )

  describe("a body beyond a limit", () => {
    const most = 1024 * 1024
    const read = (behaviour: Scripted.Behaviour) =>
      Effect.gen(function* () {
        const server = yield* Scripted.make([behaviour])
        const result = yield* Effect.provide(
          Effect.flatMap(HttpClient.get(server.url), (response) => Effect.either(readBody(response, most))),
          client
        )
        return { server, result }
      })

    it.scopedLive("that never ends is given up, and its connection closed", () =>
      Effect.gen(function* () {
        const { result, server } = yield* read(Scripted.endless("x".repeat(64 * 1024)))
        expect(result).toMatchObject({ _tag: "Left", left: { _tag: "TooLarge" } })
        yield* server.abandoned
      })
    )

    it.scopedLive("is one byte longer", () =>
      Effect.gen(function* () {
        const piece = "x".repeat(most / 4)
        const four = [piece, piece, piece, piece]
        expect((yield* read(Scripted.chunked(four))).result).toMatchObject({ _tag: "Right" })
        expect((yield* read(Scripted.chunked([...four, "x"]))).result).toMatchObject({ _tag: "Left" })
        expect((yield* read(Scripted.answer({ body: four.join("") }))).result).toMatchObject({ _tag: "Right" })
        expect((yield* read(Scripted.answer({ body: `${four.join("")}x` }))).result).toMatchObject({ _tag: "Left" })
      })
    )

    it.scopedLive("is counted as it is unpacked", () =>
      Effect.gen(function* () {
        const body = gzipSync("x".repeat(most * 4))
        const { result } = yield* read(Scripted.answer({ headers: { "content-encoding": "gzip" }, body }))
        expect(result._tag).toBe(name === "fetch" ? "Left" : "Right")
      })
    )
  })
})

describe("a body that comes in pieces", () => {
  const read = (pieces: ReadonlyArray<Uint8Array>) =>
    readBody(HttpClientResponse.fromWeb(HttpClientRequest.get("https://api.test"), new Response(streamed(pieces))))
  const streamed = (pieces: ReadonlyArray<Uint8Array>) =>
    new ReadableStream({
      start: (controller) => {
        for (const piece of pieces) controller.enqueue(piece)
        controller.close()
      }
    })

  it.effect("has a character whole that came in several", () =>
    Effect.gen(function* () {
      const text = "日本👩‍🚀é"
      expect(yield* read([...Buffer.from(text)].map((byte) => Uint8Array.of(byte)))).toBe(text)
    })
  )

  it.effect("shows that it ends amid a character", () =>
    Effect.gen(function* () {
      expect(yield* read([Buffer.from("a日").subarray(0, 3)])).toBe("a\ufffd")
    })
  )
})
