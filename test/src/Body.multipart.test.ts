import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Body, Content, Endpoint, Operation } from "effect-herald"
import * as Scripted from "../servers/scripted.js"
import { client } from "../support/client.js"
import { clients } from "../support/clients.js"
import { at, Caller, forAll, once } from "../support/kit.js"

const utf8 = (text: string) => new TextEncoder().encode(text)

const upload = Operation.make(Caller, () =>
  Endpoint.post("/form", { body: Body.multipart({ title: Schema.String, files: Schema.Array(Body.file) }) })
)

/** Splits a form by its boundary alone, as a server does: returns the head and the content of each part. */
const split = ({ body, headers }: Scripted.Received) => {
  const boundary = headers["content-type"]!.replace(/^multipart\/form-data; boundary=/, "")
  const [preamble, ...parts] = body.split(`--${boundary}`)
  expect([preamble, parts.at(-1)]).toEqual(["", "--\r\n"])
  return parts.slice(0, -1).map((part) => {
    const end = part.indexOf("\r\n\r\n")
    return { head: part.slice(2, end).split("\r\n"), content: part.slice(end + 4, -2) }
  })
}

const part = (text: string, name: string, type?: string) =>
  Content.filePart(Content.fromBytes(utf8(text)), { name, type })

const hostile = [
  ["a quotation mark", 'a"; filename="b', "a%22; filename=%22b"],
  ["line breaks", "a\r\nX-Evil: 1\r\n\r\nb", "a%0D%0AX-Evil: 1%0D%0A%0D%0Ab"],
  ["a lone line feed", "a\nb", "a%0Ab"],
  ["a NUL", "a.php\u0000.png", "a.php%00.png"],
  ["a lone surrogate", "a\ud800b", "a\ufffdb"],
  ["other writing", "фото é 📷.png", "фото é 📷.png"],
  ["a path", "../../etc/passwd", "../../etc/passwd"],
  ["a backslash", "C:\\a", "C:\\a"],
  ["nothing", "", "blob"],
  ["a hundred thousand characters", "x".repeat(100_000), "x".repeat(100_000)]
] as const

describe("a form", () => {
  it.scopedLive.each(hostile)("has a file whose name has %s, and no further header or part", ([, name, sent]) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.respond({ status: 204 })])
      yield* Effect.provide(upload({ body: { title: "t", files: [part("content", name)] } }), [
        at(server.url),
        client,
        once
      ])
      const parts = split(server.requests[0]!)
      expect(parts.map(({ content }) => content)).toEqual(["t", "content"])
      expect(parts[1]?.head).toEqual([
        `Content-Disposition: form-data; name="files"; filename="${sent}"`,
        "Content-Type: application/octet-stream"
      ])
    })
  )

  it.scopedLive.each([
    ["with line breaks", "text/plain\r\nX-Evil: 1", "application/octet-stream"],
    ["with a NUL", "text/\u0000", "application/octet-stream"],
    ["that is empty", "", "application/octet-stream"],
    ["with parameters", 'text/plain; charset="utf-8"', 'text/plain; charset="utf-8"']
  ])("has a file of a type %s", ([, type, sent]) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.respond({ status: 204 })])
      yield* Effect.provide(upload({ body: { title: "t", files: [part("c", "a", type)] } }), [
        at(server.url),
        client,
        once
      ])
      expect(split(server.requests[0]!)[1]?.head.slice(1)).toEqual([`Content-Type: ${sent}`])
    })
  )

  it.scopedLive("is what a parser reads, for any fields and files", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.respond({ status: 204 })])
      const text = fc.string({ unit: "binary" })
      yield* forAll(
        fc.record({
          title: text,
          files: fc.array(fc.record({ name: text, content: fc.uint8Array() }), { maxLength: 4 })
        }),
        ({ files, title }) =>
          Effect.gen(function* () {
            const given = files.map(({ content, name }, index) =>
              index % 2 === 0
                ? new File([content as BlobPart], name)
                : Content.filePart(
                    Content.make(() => Stream.make(content)),
                    { name }
                  )
            )
            yield* upload({ body: { title, files: given } })
            const { bytes, headers } = server.requests.at(-1)!
            const response = new Response(Buffer.from(bytes), { headers: { "content-type": headers["content-type"]! } })
            const form = yield* Effect.promise(() => response.formData())
            // The parser takes U+FEFF at the start for a byte order mark.
            expect(form.get("title")).toBe(title.replaceAll(/\r\n?|\n/g, "\r\n").replace(/^\ufeff/, ""))
            const received = form.getAll("files") as ReadonlyArray<File>
            for (const [index, { content }] of files.entries()) {
              const bytes = yield* Effect.promise(() => received[index]!.arrayBuffer())
              expect([...new Uint8Array(bytes)]).toEqual([...content])
            }
            expect(received).toHaveLength(files.length)
          }).pipe(Effect.provide(Layer.mergeAll(at(server.url), client, once))),
        { numRuns: 40 }
      )
    })
  )

  it.effect("refuses a file whose size is no number of bytes", () =>
    Effect.gen(function* () {
      for (const size of [-1, 1.5, Number.NaN, Infinity, 2 ** 53]) {
        const file = Content.filePart(
          Content.make(() => Stream.make(utf8("a")), { size }),
          { name: "a" }
        )
        const error = yield* Effect.flip(
          Effect.provide(upload({ body: { title: "t", files: [file] } }), [
            at(new URL("https://api.test")),
            client,
            once
          ])
        )
        expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path: ["body", "files"] }] })
      }
    })
  )

  it.effect("refuses names of fields and texts with lone surrogates, and values that are none", () =>
    Effect.gen(function* () {
      const loose = Operation.make(Caller, () => Endpoint.post("/form", { body: Body.multipart() }))
      for (const body of [{ "\ud800": "a" }, { a: "\ud800" }, { a: {} }, "text", { a: Content.fromBytes(utf8("a")) }]) {
        // JavaScript permits these.
        const error = yield* Effect.flip(
          Effect.provide(loose({ body: body as never }), [at(new URL("https://api.test")), client, once])
        )
        expect(error._tag).toBe("EncodeError")
      }
    })
  )
})

describe.each(clients)("a form, with %s", (_, client) => {
  it.scopedLive("has a length if all of its files have one, and is chunked otherwise", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.respond({ status: 204 })])
      const unknown = Content.filePart(Content.once(Stream.make(utf8("c"))), { name: "c" })
      const sent = (files: ReadonlyArray<Blob | Content.FilePart>) =>
        Effect.map(Effect.provide(upload({ body: { title: "t", files } }), [at(server.url), client, once]), () =>
          server.requests.at(-1)!
        )
      for (const files of [[], [new Blob(["a"])], [new File(["a"], "a"), part("b", "b"), new Blob([])]]) {
        const { bytes, headers } = yield* sent(files)
        expect(headers["content-length"]).toBe(String(bytes.length))
      }
      const received = yield* sent([new Blob(["a"]), unknown])
      expect(received.headers).toMatchObject({ "transfer-encoding": "chunked" })
      expect(split(received).map(({ content }) => content)).toEqual(["t", "a", "c"])
    })
  )
})
