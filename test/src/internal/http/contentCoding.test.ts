import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib"
import { Body, Endpoint, Operation } from "effect-herald"
import * as Scripted from "../../../servers/scripted.js"
import { clients } from "../../../support/clients.js"
import { headsFrom } from "../../../support/heads.js"
import { at, Caller, once } from "../../../support/kit.js"

const text = `{"ok":true,"padding":"${"the quick brown fox jumps over the lazy dog; ".repeat(8)}"}`

/** `text`, compressed by `zstd -19`, with a checksum. Node 20 can't compress it. */
const zstd = Buffer.from(
  "KLUv/QRoZQIAUoQQGICrDgASMxKNIRoY5YZma0R4u0YnjRGgAdEdsF12HmVYm3TUZa0gxyzcLGHIbBT8BjcTa5NPZ9CtpZADOqNMf3soAQADDlRVFDyJAI8=",
  "base64"
)

/** The start of a Zstandard frame with a window of 1 GiB. */
const hugeWindow = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 20 << 3, ...Array.from({ length: 40 }, () => 0)])

const getJson = Operation.make(Caller, () => Endpoint.get("/", { success: Body.json() }))
const getText = Operation.make(Caller, () => Endpoint.get("/", { success: Body.text() }))
const getBytes = Operation.make(Caller, () => Endpoint.get("/", { success: Body.bytes() }))
const getStream = Operation.make(Caller, () => Endpoint.get("/", { success: Body.stream() }))

type Coded = readonly [header: string | ReadonlyArray<string>, bytes: Uint8Array]

const codings: Readonly<Record<string, Coded>> = {
  gzip: ["gzip", gzipSync(text)],
  "gzip in upper case": ["GZIP", gzipSync(text)],
  "x-gzip": ["x-gzip", gzipSync(text)],
  "gzip in two members": ["gzip", Buffer.concat([gzipSync(text.slice(0, 9)), gzipSync(text.slice(9))])],
  br: ["br", brotliCompressSync(text)],
  deflate: ["deflate", deflateSync(text)],
  "deflate without the zlib format": ["deflate", deflateRawSync(text)],
  zstd: ["zstd", zstd],
  identity: ["identity", Buffer.from(text)],
  "two codings": ["deflate, gzip", gzipSync(deflateSync(text))],
  "two codings in two headers": [["br", "gzip"], gzipSync(brotliCompressSync(text))],
  "a coding between empty members": [" ,, identity , gzip ,", gzipSync(text)],
  "gzip without content": ["gzip", Buffer.alloc(0)],
  "two codings without content": ["br, zstd", Buffer.alloc(0)]
}

describe.each(clients)("content codings, with %s", (name, client) => {
  const provide = (url: URL) => Layer.mergeAll(at(url), once, client)
  const coded = ([header, body]: Coded, framing: "length" | "chunked", status = 200): Scripted.Behaviour => {
    const headers = { "content-encoding": header, "content-type": "application/json" }
    return framing === "length"
      ? Scripted.respond({ status, headers, body })
      : Scripted.chunked([body.subarray(0, 3), body.subarray(3, 4), body.subarray(4)], { status, headers })
  }

  describe.each(Object.entries(codings))("%s", (_, coding) => {
    const empty = coding[1].length === 0

    it.scopedLive.each(["length", "chunked"] as const)("is undone, for a body by %s", (framing) =>
      Effect.gen(function* () {
        const { url } = yield* Scripted.make([coded(coding, framing)])
        const expected = empty ? "" : text
        expect(yield* Effect.provide(getText(), provide(url))).toBe(expected)
        if (!empty) expect(yield* Effect.provide(getJson(), provide(url))).toEqual(JSON.parse(text))
        expect(Buffer.from(yield* Effect.provide(getBytes(), provide(url))).toString()).toBe(expected)
        const chunks = yield* Stream.runCollect(Stream.decodeText(Stream.unwrap(getStream()))).pipe(
          Effect.provide(provide(url))
        )
        expect(Chunk.join(chunks, "")).toBe(expected)
      })
    )

    it.scopedLive("is undone for an error", () =>
      Effect.gen(function* () {
        const { url } = yield* Scripted.make([coded(coding, "length", 422)])
        const error = yield* Effect.flip(Effect.provide(getJson(), provide(url)))
        expect(error).toMatchObject({ _tag: "UnprocessableContent", body: empty ? "" : text })
      })
    )
  })

  const compressed = Object.entries(codings).filter(([, [header, body]]) => body.length > 0 && header !== "identity")

  it.scopedLive.each(compressed)("content that is cut short is a TransportError: %s", ([, [header, body]]) =>
    Effect.gen(function* () {
      for (const cut of [1, 4, 8, Math.floor(body.length / 2)]) {
        const { url } = yield* Scripted.make([coded([header, body.subarray(0, body.length - cut)], "length")])
        for (const call of [getText(), getBytes(), Stream.runDrain(Stream.unwrap(getStream()))]) {
          const error = yield* Effect.flip(Effect.provide(call, provide(url)))
          expect(error).toMatchObject({ _tag: "TransportError", reason: "corrupt content" })
          expect(error.message).toContain("the content of the response is corrupt or cut short")
        }
      }
    })
  )

  it.scopedLive.each([
    ["gzip", "no gzip at all"],
    ["br", "\u0007\u0007 no brotli"],
    ["deflate", "no deflate"],
    ["zstd", "no zstd at all, and long enough"],
    ["zstd", hugeWindow]
  ])("content that is not of its coding is a TransportError: %s", ([header, body]) =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([
        Scripted.respond({ headers: { "content-encoding": header as string }, body: body as string | Uint8Array })
      ])
      expect(yield* Effect.flip(Effect.provide(getText(), provide(url)))).toMatchObject({
        _tag: "TransportError",
        reason: "corrupt content"
      })
    })
  )

  it.scopedLive("content that is corrupt in a response with a final status leaves the status' own error", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([coded(["gzip", gzipSync(text).subarray(0, 40)], "length", 404)])
      expect(yield* Effect.flip(Effect.provide(getText(), provide(url)))).toMatchObject({ _tag: "NotFound" })
    })
  )

  it.scopedLive("an unknown coding is a DecodeError, and the status' own error where it is not a success", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make(({ target }) =>
        coded(["gzip, compress", Buffer.from("x")], "length", target === "/" ? 200 : 403)
      )
      const error = yield* Effect.flip(Effect.provide(getText(), provide(url)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Coding", attempts: [{ class: "Final" }] })
      expect(error.message).toContain("the content coding compress is not known")
      const forbidden = yield* Effect.flip(Effect.provide(getText(), provide(new URL("/sub", url))))
      expect(forbidden).toMatchObject({ _tag: "Forbidden", body: "" })
    })
  )

  it.scopedLive("more than 64 MiB of decoded content is a DecodeError", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([coded(["gzip", gzipSync(Buffer.alloc(65 * 1024 * 1024))], "length")])
      const error = yield* Effect.flip(Effect.provide(getBytes(), provide(url)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Size" })
    })
  )

  it.scopedLive.each([0, 1000])(
    "a call that is interrupted while its content stalls after %i bytes ends, and closes the connection",
    (sent) =>
      Effect.gen(function* () {
        const noise = Buffer.from(Array.from({ length: 4000 }, (_, index) => (index * 7919 + index * index) % 256))
        const piece = gzipSync(noise).subarray(0, sent)
        const server = yield* Scripted.make([
          (response) => {
            response.writeHead(200, { "content-encoding": "gzip" }).flushHeaders()
            response.write(piece)
          }
        ])
        const head = yield* headsFrom(server.url)
        for (const call of [getText(), Stream.runDrain(Stream.unwrap(getStream()))]) {
          const fiber = yield* Effect.fork(Effect.provide(call, provide(server.url)))
          yield* head
          const exit = yield* Fiber.interrupt(fiber)
          expect(Exit.isInterrupted(exit)).toBe(true)
          yield* server.abandoned
        }
      })
  )

  it.scopedLive("the coding is a header of the response, under its own name", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([coded(["gzip", gzipSync(text)], "length")])
      const { headers } = yield* Effect.provide(getText.withResponse(), provide(url))
      expect(headers["content-encoding"]).toBe("gzip")
      expect(Object.keys(headers).filter((header) => header.startsWith("effect"))).toEqual([])
    })
  )

  it.scopedLive("a Stream that is abandoned closes the connection", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        Scripted.endless(gzipSync(Buffer.alloc(1024 * 1024, name)), { headers: { "content-encoding": "gzip" } })
      ])
      yield* Effect.provide(Stream.runDrain(Stream.take(Stream.unwrap(getStream()), 1)), provide(server.url))
      yield* server.abandoned
    })
  )
})
