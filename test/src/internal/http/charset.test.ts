import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Body, Endpoint, Operation } from "effect-herald"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { at, Caller, once } from "../../../support/kit.js"

const getText = Operation.make(Caller, () => Endpoint.get("/", { success: Body.text() }))
const getJson = Operation.make(Caller, () => Endpoint.get("/", { success: Body.json() }))

const utf16 = (text: string, order: "le" | "be") => {
  const bytes = Buffer.from(text, "utf16le")
  return order === "le" ? bytes : bytes.swap16()
}

type Row = readonly [what: string, contentType: string | undefined, bytes: Uint8Array, text: string]

const texts: ReadonlyArray<Row> = [
  ["no content type", undefined, Buffer.from("é€"), "é€"],
  ["no charset", "text/plain", Buffer.from("é€"), "é€"],
  ["utf-8", "text/plain; charset=utf-8", Buffer.from("é€"), "é€"],
  ["iso-8859-1, which is windows-1252", "text/plain; charset=iso-8859-1", Buffer.from([0xe9, 0x80]), "é€"],
  ["latin1, a label of it", "text/plain;charset=latin1", Buffer.from([0xe9]), "é"],
  ["a label in upper case and quotes", 'text/plain; format=flowed; Charset="ISO-8859-2"', Buffer.from([0xb1]), "ą"],
  ["a label in single quotes", "text/html; charset='windows-1251'", Buffer.from([0xcf]), "П"],
  ["shift_jis", "text/csv; charset=Shift_JIS", Buffer.from([0x93, 0xfa]), "日"],
  ["gbk", "text/plain; charset=gbk", Buffer.from([0xc4, 0xe3]), "你"],
  ["utf-16le", "text/plain; charset=utf-16le", utf16("日", "le"), "日"],
  ["a charset that is not known", "text/plain; charset=nonsense", Buffer.from("é"), "é"],
  ["an empty charset", "text/plain; charset=", Buffer.from("é"), "é"],
  ["a mark of UTF-8", "text/plain", Buffer.from("\ufeffé"), "é"],
  ["a mark of UTF-8 against the charset", "text/plain; charset=iso-8859-1", Buffer.from("\ufeffé"), "é"],
  ["a mark of UTF-16LE", "text/plain", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16("é", "le")]), "é"],
  ["a mark of UTF-16BE", "text/plain", Buffer.concat([Buffer.from([0xfe, 0xff]), utf16("é", "be")]), "é"],
  ["an incomplete last character", "text/plain", Buffer.from("a日").subarray(0, 3), "a\ufffd"],
  ["a mark alone", "text/plain", Buffer.from("\ufeff"), ""],
  ["half a mark", "text/plain", Buffer.from([0xef, 0xbb]), "\ufffd"],
  ["a second mark", "text/plain", Buffer.from("\ufeff\ufeffa"), "\ufeffa"]
]

const jsons: ReadonlyArray<Row> = [
  ["no content type", undefined, Buffer.from('"é"'), "é"],
  ["a mark", "application/json", Buffer.from('\ufeff"é"'), "é"],
  ["UTF-8 against its charset", "application/json; charset=iso-8859-1", Buffer.from('"é"'), "é"],
  ["its charset", "application/json; charset=iso-8859-1", Buffer.from([0x22, 0xe9, 0x22]), "é"],
  ["its charset, for a suffix", "application/problem+json;charset=windows-1252", Buffer.from([0x22, 0x80, 0x22]), "€"],
  ["UTF-16 with a mark", "application/json", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16('"é"', "le")]), "é"],
  ["malformed UTF-8 without a charset", "application/json", Buffer.from([0x22, 0xe9, 0x22]), "\ufffd"]
]

describe("text of a response", () => {
  const received = (
    row: Row,
    call: Effect.Effect<unknown, unknown, Effect.Effect.Context<ReturnType<typeof getText>>>
  ) =>
    Effect.gen(function* () {
      const [, contentType, bytes] = row
      const headers = contentType === undefined ? {} : { "content-type": contentType }
      const split = [bytes.subarray(0, 1), bytes.subarray(1)]
      for (const behaviour of [Scripted.respond({ headers, body: bytes }), Scripted.chunked(split, { headers })]) {
        const { url } = yield* Scripted.make([behaviour])
        expect(yield* Effect.provide(call, Layer.mergeAll(at(url), once, client))).toBe(row[3])
      }
    })

  it.scopedLive.each(texts)("is decoded by its mark, its charset, or as UTF-8: %s", (row) => received(row, getText()))
  it.scopedLive.each(jsons)("JSON is UTF-8, or has its charset: %s", (row) => received(row, getJson()))

  it.scopedLive("the body of an error is decoded alike", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([
        Scripted.respond({
          status: 404,
          headers: { "content-type": "text/plain; charset=iso-8859-1" },
          body: Uint8Array.of(0xe9)
        })
      ])
      const error = yield* Effect.flip(Effect.provide(getJson(), Layer.mergeAll(at(url), once, client)))
      expect(error).toMatchObject({ _tag: "NotFound", body: "é" })
    })
  )
})
