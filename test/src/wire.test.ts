import { createServer, type AddressInfo } from "node:net"
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Body, Endpoint, Operation, Verbs } from "effect-herald"
import { fromApi, StreamPayload } from "effect-herald/http-api"
import { client } from "../support/client.js"
import { clients } from "../support/clients.js"
import { at, Caller, once } from "../support/kit.js"

/*
 * The bytes of a request of each kind of body, with each transport, by each way to make the call. `test/fixtures/wire.txt` shows
 * them.
 */

/** Captures the bytes of the first request, until they are complete, and responds with `"ok"`. */
const capture = Effect.gen(function* () {
  const received: Array<Buffer> = []
  const server = createServer((socket) => {
    socket.on("error", () => {})
    socket.on("data", (piece) => {
      received.push(piece)
      const text = Buffer.concat(received).toString("latin1")
      const [head = "", body] = text.split(/\r\n\r\n([^]*)/)
      const length = /^content-length: (\d+)$/im.exec(head)?.[1] ?? "0"
      const whole = /^transfer-encoding: chunked$/im.test(head)
        ? body?.endsWith("0\r\n\r\n")
        : body !== undefined && body.length >= Number(length)
      if (whole) {
        socket.end(
          'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4\r\nconnection: close\r\n\r\n"ok"'
        )
      }
    })
  })
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () => Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
  )
  const { port } = server.address() as AddressInfo
  return {
    url: new URL(`http://127.0.0.1:${port}/v1`),
    text: () => Buffer.concat(received).toString("latin1").replaceAll(`127.0.0.1:${port}`, "127.0.0.1")
  }
})

/** Joins the chunks of a body (RFC 9112, 7.1), since their sizes are up to the transport. */
const unchunked = (body: string): string => {
  let [rest, joined] = [body, ""]
  for (let size = Number.parseInt(rest, 16); size > 0; size = Number.parseInt(rest, 16)) {
    const start = rest.indexOf("\r\n") + 2
    joined += rest.slice(start, start + size)
    rest = rest.slice(start + size + 2)
  }
  return joined
}

/**
 * The request line, the headers in alphabetical order and the body, without the headers that a transport adds for itself. Bytes
 * that are not ASCII are escaped.
 */
const normalized = (text: string): string => {
  const [head = "", body = ""] = text.split(/\r\n\r\n([^]*)/)
  const [line = "", ...headers] = head.split("\r\n")
  const ofTransport = /^(?:connection|accept-encoding|accept-language|sec-fetch-mode):/
  const chunked = /^transfer-encoding: chunked$/im.test(head)
  const shown = headers
    .map((header) => header.replace(/^[^:]+/, (name) => name.toLowerCase()))
    .filter((header) => !ofTransport.test(header))
    .toSorted()
  return [line, ...shown, "", chunked ? unchunked(body) : body]
    .join("\n")
    .replace(/^user-agent: .+$/m, "user-agent: <library>")
    .replaceAll(/-{4,}formdata-[\w-]+|-{4,}WebKitFormBoundary\w+/g, (boundary) =>
      boundary.endsWith("--") ? "<boundary>--" : "<boundary>"
    )
    .replaceAll("--<boundary>", "<boundary>")
    .replaceAll("\r\n", "\n")
    .replace(/^(content-length: )\d+(?=[^]*<boundary>)/m, "$1<length>")
    .replaceAll(/[^\n -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`)
}

const verbs = Verbs.make(Caller)
const fields = { title: "Räv & co", tags: ["a b", "c"] }
const Fields = Schema.Struct({ title: Schema.String, tags: Schema.Array(Schema.String) })
const formFields = { title: fields.title, "a b": "*~'()" }
const FormFields = Schema.Struct({ title: Schema.String, "a b": Schema.String })
const bytes = Uint8Array.of(0, 0x7f, 0xff, 0x0a)
const pieces = () => Stream.make(new TextEncoder().encode("one,"), new TextEncoder().encode("two"))
const form = () => {
  const data = new FormData()
  data.append("title", fields.title)
  data.append("file", new File(["a,b"], "a.csv", { type: "text/csv" }))
  return data
}

const { get, post } = HttpApiEndpoint
const path = Schema.Struct({ id: Schema.String })
const urlParams = Schema.Struct({ q: Schema.String, page: Schema.NumberFromString })
const api = HttpApi.make("wire").add(
  HttpApiGroup.make("wire", { topLevel: true })
    .add(get("none", "/things/:id").setPath(path).setUrlParams(urlParams).addSuccess(Schema.String))
    .add(post("empty", "/things").addSuccess(Schema.String))
    .add(post("json", "/things").setPayload(Fields).addSuccess(Schema.String))
    .add(
      post("form", "/things")
        .setPayload(HttpApiSchema.withEncoding(FormFields, { kind: "UrlParams" }))
        .addSuccess(Schema.String)
    )
    .add(
      post("text", "/things")
        .setPayload(HttpApiSchema.Text({ contentType: "text/plain; charset=utf-8" }))
        .addSuccess(Schema.String)
    )
    .add(post("bytes", "/things").setPayload(HttpApiSchema.Uint8Array()).addSuccess(Schema.String))
    .add(post("stream", "/things").setPayload(StreamPayload()).addSuccess(Schema.String))
    .add(
      post("multipart", "/things")
        .setPayload(HttpApiSchema.Multipart(Schema.Struct({ title: Schema.String })))
        .addSuccess(Schema.String)
    )
)
const operations = fromApi(Caller, api)

const operation = (body: Body.Any) =>
  Operation.make(
    Caller,
    // The body is a value here, so that the types can't tell its input.
    () =>
      Endpoint.make("POST", "/things", { body, success: Schema.String }) as Endpoint.Endpoint<
        { readonly body: unknown },
        string,
        never
      >
  )

const getThing = Operation.make(Caller, () =>
  Endpoint.get("/things/{id}", {
    query: { q: Schema.String, page: Schema.Number },
    success: Schema.String
  })
)
const postNothing = Operation.make(Caller, () => Endpoint.post("/things", { success: Schema.String }))

type Call = () => Effect.Effect<unknown, unknown, Effect.Effect.Context<ReturnType<typeof verbs.get>>>

/** The same request, as a verb, an operation and an operation of an `HttpApi`. */
const requests: Readonly<Record<string, readonly [verb: Call, operation: Call, fromApi: Call]>> = {
  none: [
    () => verbs.get("/things/{id}", { path: { id: "a b/c" }, query: { q: "it's (1+1) ~*%", page: 2 } }),
    () => getThing({ id: "a b/c", q: "it's (1+1) ~*%", page: 2 }),
    () => operations.none({ path: { id: "a b/c" }, urlParams: { q: "it's (1+1) ~*%", page: 2 } })
  ],
  empty: [() => verbs.post("/things"), () => postNothing(), () => operations.empty()],
  json: [
    () => verbs.post("/things", { json: fields }),
    () => operation(Body.json(Fields))({ body: fields }),
    () => operations.json({ payload: fields })
  ],
  form: [
    () => verbs.post("/things", { form: formFields }),
    () => operation(Body.form(FormFields))({ body: formFields }),
    () => operations.form({ payload: formFields })
  ],
  text: [
    () => verbs.post("/things", { text: fields.title }),
    () => operation(Body.text())({ body: fields.title }),
    () => operations.text({ payload: fields.title })
  ],
  bytes: [
    () => verbs.post("/things", { bytes }),
    () => operation(Body.bytes())({ body: bytes }),
    () => operations.bytes({ payload: bytes })
  ],
  stream: [
    () => verbs.post("/things", { stream: pieces() }),
    () => operation(Body.stream())({ body: pieces() }),
    () => operations.stream({ payload: pieces() })
  ],
  multipart: [
    () => verbs.post("/things", { multipart: form() }),
    () => operation(Body.multipart())({ body: form() }),
    () => operations.multipart({ payload: form() })
  ]
}

const sent = (call: Call, client: (typeof clients)[number][1]) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { text, url } = yield* capture
      expect(yield* Effect.provide(call(), Layer.mergeAll(at(url), once, client))).toBe("ok")
      return text()
    })
  )

describe.each(Object.entries(requests))("a request with the body %s", (kind, calls) => {
  it.live.each(["a verb", "an operation", "an operation of an HttpApi"].map((way, index) => [way, index] as const))(
    "is the same with every transport, by %s",
    ([, index]) =>
      Effect.gen(function* () {
        for (const [, client] of clients) {
          const text = yield* expected(kind)
          expect(`${kind}:\n${normalized(yield* sent(calls[index]!, client))}\n`).toBe(text)
        }
      })
  )
})

/** The request as the first transport sends it for a verb. The last test compares it with the fixture. */
const expected = (kind: string) =>
  Effect.map(sent(requests[kind]![0], client), (text) => `${kind}:\n${normalized(text)}\n`)

it.live("requests are those of the fixture", () =>
  Effect.gen(function* () {
    const all = yield* Effect.forEach(Object.keys(requests), expected)
    yield* Effect.promise(() => expect(all.join("\n")).toMatchFileSnapshot("../fixtures/wire.txt"))
  })
)
