import { HttpBody, HttpClient, HttpClientRequest } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Transport } from "effect-herald/node"
import * as scripted from "../../servers/scripted.js"

const bytes = (text: string) => new TextEncoder().encode(text)

const form = () => {
  const data = new FormData()
  data.append("name", "Bø\n")
  data.append("file", new File(["content"], 'a"b.txt', { type: "text/plain" }))
  return data
}

describe("a request body", () => {
  it.scoped.each<readonly [kind: string, body: () => HttpBody.HttpBody, received: string, type: string | undefined]>([
    ["none", () => HttpBody.empty, "", undefined],
    ["a text", () => HttpBody.text("häi"), "häi", "text/plain"],
    ["bytes", () => HttpBody.uint8Array(bytes("abc")), "abc", "application/octet-stream"],
    ["no bytes", () => HttpBody.uint8Array(bytes("")), "", "application/octet-stream"],
    ["a raw string", () => HttpBody.raw("abc"), "abc", undefined],
    ["a raw ArrayBuffer", () => HttpBody.raw(bytes("abc").buffer), "abc", undefined],
    ["a raw view", () => HttpBody.raw(new DataView(bytes("xabcx").buffer, 1, 3)), "abc", undefined],
    ["a raw Blob", () => HttpBody.raw(new Blob(["a", "bc"], { type: "text/x" })), "abc", "text/x"],
    ["raw URLSearchParams", () => HttpBody.raw(new URLSearchParams({ a: "1 2" })), "a=1+2", undefined],
    ["a raw ReadableStream", () => HttpBody.raw(new Blob(["abc"]).stream()), "abc", undefined],
    ["nothing raw", () => HttpBody.raw(null), "", undefined],
    ["a Stream", () => HttpBody.stream(Stream.make(bytes("a"), bytes(""), bytes("bc")), "text/x"), "abc", "text/x"],
    ["a Stream of a known length", () => HttpBody.stream(Stream.make(bytes("abc")), "text/x", 3), "abc", "text/x"],
    ["an empty Stream", () => HttpBody.stream(Stream.empty), "", "application/octet-stream"]
  ])("is sent: %s", ([, body, received, type]) =>
    Effect.gen(function* () {
      const server = yield* scripted.make([scripted.respond({ body: "ok" })])
      const response = yield* HttpClient.execute(HttpClientRequest.post(server.url, { body: body() }))
      expect(yield* response.text).toBe("ok")
      expect(server.requests[0]).toMatchObject({ body: received })
      expect(server.requests[0]?.headers["content-type"]).toBe(type)
    }).pipe(Effect.provide(Transport.layer()))
  )

  it.scoped("is sent: a form", () =>
    Effect.gen(function* () {
      const server = yield* scripted.make([scripted.respond({ body: "ok" })])
      yield* HttpClient.execute(HttpClientRequest.post(server.url, { body: HttpBody.formData(form()) }))
      const { body, headers } = server.requests[0]!
      expect(headers["content-length"]).toBe(String(Buffer.byteLength(body)))
      const parsed = yield* Effect.promise(() =>
        new Response(body, { headers: { "content-type": headers["content-type"]! } }).formData()
      )
      expect(parsed.get("name")).toBe("Bø\r\n")
      expect((parsed.get("file") as File).name).toBe('a"b.txt')
    }).pipe(Effect.provide(Transport.layer()))
  )
})
