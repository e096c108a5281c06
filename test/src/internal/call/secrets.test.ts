import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { Credentials } from "effect-herald"
import { makeScrubber } from "../../../../src/internal/call/secrets.js"
import { spellings } from "../../../support/secretSpellings.js"

const plain = HttpClientRequest.get("https://api.test")
/** Scrubs texts of a call with these secrets in its input. */
const scrubbing = (...secrets: ReadonlyArray<string>) =>
  makeScrubber(
    secrets.map((secret) => Redacted.make(secret)),
    undefined,
    undefined
  ).text

const replacement = "<redacted: it repeats a secret of this call>"

const anySecret = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 30 }).filter((text) => text.isWellFormed() && !text.includes("\0")),
    fc.string({ unit: fc.constantFrom(..."\"\\/&<>'+ %=;#xu0041né日\n\t👩"), maxLength: 30 })
  )
  .map((text) => `Kx7${text}q9Z`)
const spelling = fc.constantFrom(...Object.values(spellings))
const escaping = fc.constantFrom(
  ...Object.entries(spellings).flatMap(([name, spell]) => (name.includes("base64") ? [] : spell))
)

describe("a scrubber", () => {
  it("replaces a text that has a secret, in any spelling, and in a spelling of that spelling", () => {
    fc.assert(
      fc.property(anySecret, spelling, escaping, (secret, one, other) => {
        expect(scrubbing(secret)(`before ${other(one(secret))} after`)).toBe(replacement)
      }),
      { numRuns: 1000 }
    )
  })

  it("leaves a text without secrets unchanged, with its escapes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), spelling, (text, spell) => {
        expect(scrubbing("Kx7 a secret q9Z")(spell(text.toWellFormed()))).toBe(spell(text.toWellFormed()))
      })
    )
  })

  it("finds credentials in any header of the authorized request", () => {
    const basic = Credentials.setBasic(plain, { username: "A1", password: Redacted.make("pass:wörd") })
    const { text } = makeScrubber(undefined, plain, HttpClientRequest.setHeader(basic, "x-api-key", "the-key"))
    const credentials = Buffer.from("A1:pass:wörd").toString("base64")
    for (const secret of [`Basic ${credentials}`, credentials, "pass:wörd", "the-key"]) {
      expect(text(`it was ${secret}.`)).toBe(replacement)
    }
    expect(text("it was A1.")).toBe("it was A1.")
  })

  it("finds the user name of Basic credentials without a password", () => {
    const basic = Credentials.setBasic(plain, { username: "the-api-key", password: Redacted.make("") })
    const { text } = makeScrubber(undefined, plain, basic)
    expect(text("no such key: the-api-key")).toBe(replacement)
    expect(text("it was A1.")).toBe("it was A1.")
  })

  it("does not treat the plain request's own headers as secrets", () => {
    const request = HttpClientRequest.setHeader(plain, "accept", "application/json")
    expect(makeScrubber(undefined, request, request).text("application/json")).toBe("application/json")
  })

  it("finds Redacted values deep in an input", () => {
    const { text } = makeScrubber({ a: [{ b: { c: Redacted.make("hunter2") } }], d: "plain" }, undefined, undefined)
    expect(text("hunter2 plain")).toBe(replacement)
    expect(text("plain")).toBe("plain")
  })

  it("finds the beginning of a secret at the end of a text that was cut short", () => {
    const secret = "correct horse battery staple"
    for (let length = 4; length < secret.length; length += 1) {
      expect(scrubbing(secret)(`it was ${secret.slice(0, length)}`)).toBe(replacement)
    }
    expect(scrubbing(secret)("it was correct.")).toBe("it was correct.")
  })

  it("finds Redacted values in a Map and a Set, and the texts of a Redacted object", () => {
    const { text } = makeScrubber(
      [new Map([["key", Redacted.make("in a map")]]), new Set([Redacted.make({ deep: ["in an object"] })])],
      undefined,
      undefined
    )
    expect(text("it is in a map")).toBe(replacement)
    expect(text("it is in an object")).toBe(replacement)
  })

  it("finds credentials in the query", () => {
    const { text } = makeScrubber(undefined, plain, HttpClientRequest.setUrlParam(plain, "api_key", "k3y9"))
    expect(text("/forecast?api_key=k3y9")).toBe(replacement)
  })

  const short = ["", "a", " ", "b", "é", "😀", "ab", "/a", "abc", "url", "12", "4.2", "日本語"]
  it.each(short)("does not search for a secret of fewer than 4 characters, in any spelling: %j", (secret) => {
    const basic = Credentials.setBasic(plain, { username: "A1", password: Redacted.make(secret) })
    const scrub = makeScrubber(
      { secret: Redacted.make(secret), deep: Redacted.make([secret]) },
      plain,
      HttpClientRequest.setHeaders(HttpClientRequest.setUrlParam(basic, "key", secret), { "x-api-key": secret })
    )
    for (const spell of Object.values(spellings)) {
      for (const text of [spell(secret), `URL invalid, extra characters found after valid URL: '${spell(secret)} b'`]) {
        expect(scrub.text(text)).toBe(text)
        expect(scrub.json({ [text]: [text] })).toEqual({ [text]: [text] })
      }
    }
    expect(scrub.json([12, 4.2, 0, true, null])).toEqual([12, 4.2, 0, true, null])
  })

  it("searches for a secret of 4 characters, in any spelling", () => {
    for (const secret of ["abcd", "日本語で", "482913", "a/+b"]) {
      for (const spell of Object.values(spellings))
        expect(scrubbing(secret)(`it is ${spell(secret)}!`)).toBe(replacement)
    }
  })

  it("is fast for texts of nested escapes", () => {
    const scrub = scrubbing("\\\\\\\\secret\\\\\\\\", "%25%25%25", "&amp;amp;amp;")
    for (const piece of ["\\", "%25", "%", "&amp;", "&", "&#x", "\\u", "a"]) {
      expect(scrub(piece.repeat(1_000_000)).length).toBeLessThan(100_000)
    }
  })
})

describe("a scrubber of JSON", () => {
  const { json } = makeScrubber({ token: Redacted.make("hunter2") }, undefined, undefined)

  it("replaces each key with a secret in it, but not one that only begins like it", () => {
    expect(json({ "is hunter2": 1, hunter: 2, deep: [{ hunter2: 3 }] })).toEqual({
      [replacement]: 1,
      hunter: 2,
      deep: [{ [replacement]: 3 }]
    })
  })

  it("replaces each text with a secret in it, and leaves other values", () => {
    expect(json({ a: ["is hunter2", 1, null], b: { c: "hunter2", d: true }, e: "plain" })).toEqual({
      a: [replacement, 1, null],
      b: { c: replacement, d: true },
      e: "plain"
    })
  })

  it("replaces a number that is a secret", () => {
    const scrub = makeScrubber([Redacted.make("482913"), Redacted.make("12")], undefined, undefined).json
    expect(scrub({ a: 482_913, b: 4_829_130, c: [12, 0, null, true] })).toEqual({
      a: replacement,
      b: 4_829_130,
      c: [12, 0, null, true]
    })
  })

  it("returns the value itself if the call has no secret", () => {
    const value = { a: "hunter2" }
    expect(makeScrubber({ plain: "hunter2" }, plain, plain).json(value)).toBe(value)
  })
})
