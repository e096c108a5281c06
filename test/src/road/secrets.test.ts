import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { Authoriser } from "effect-herald"
import { scrubber } from "../../../src/road/secrets.js"
import { spellings } from "../spellings.js"

const plain = HttpClientRequest.get("https://api.test")
const of = (...secrets: ReadonlyArray<string>) =>
  scrubber(
    secrets.map((secret) => Redacted.make(secret)),
    undefined,
    undefined
  )

const dropped = "<redacted: it repeats a secret of this call>"

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

describe("scrubber", () => {
  it("drops a text that has a secret, in any spelling, and in a spelling of that", () => {
    fc.assert(
      fc.property(anySecret, spelling, escaping, (secret, one, other) => {
        expect(of(secret)(`before ${other(one(secret))} after`)).toBe(dropped)
      }),
      { numRuns: 1000 }
    )
  })

  it("leaves a text without secrets as it is, escapes and all", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), spelling, (text, spell) => {
        expect(of("Kx7 a secret q9Z")(spell(text.toWellFormed()))).toBe(spell(text.toWellFormed()))
      })
    )
  })

  it("finds what an authoriser put on the request, in whatever header", () => {
    const basic = Authoriser.basic(plain, { username: "A1", password: Redacted.make("pass:wörd") })
    const scrub = scrubber(undefined, plain, HttpClientRequest.setHeader(basic, "x-api-key", "the-key"))
    const credentials = Buffer.from("A1:pass:wörd").toString("base64")
    for (const secret of [`Basic ${credentials}`, credentials, "pass:wörd", "the-key"]) {
      expect(scrub(`it was ${secret}.`)).toBe(dropped)
    }
    expect(scrub("it was A1.")).toBe("it was A1.")
  })

  it("does not take the request's own headers for secrets", () => {
    const request = HttpClientRequest.setHeader(plain, "accept", "application/json")
    expect(scrubber(undefined, request, request)("application/json")).toBe("application/json")
  })

  it("finds what is redacted deep in an input", () => {
    const scrub = scrubber({ a: [{ b: { c: Redacted.make("hunter2") } }], d: "plain" }, undefined, undefined)
    expect(scrub("hunter2 plain")).toBe(dropped)
    expect(scrub("plain")).toBe("plain")
  })

  it("finds half of a secret at the end of a text", () => {
    const secret = "correct horse battery staple"
    for (let length = 4; length < secret.length; length += 1) {
      expect(of(secret)(`it was ${secret.slice(0, length)}`)).toBe(dropped)
    }
    expect(of(secret)("it was correct.")).toBe("it was correct.")
  })

  it("finds what is redacted in a collection, or as a whole", () => {
    const scrub = scrubber(
      [new Map([["key", Redacted.make("in a map")]]), new Set([Redacted.make({ deep: ["in an object"] })])],
      undefined,
      undefined
    )
    expect(scrub("it is in a map")).toBe(dropped)
    expect(scrub("it is in an object")).toBe(dropped)
  })

  it("finds what an authoriser put in the query", () => {
    const scrub = scrubber(undefined, plain, HttpClientRequest.setUrlParam(plain, "api_key", "k3y"))
    expect(scrub("/forecast?api_key=k3y")).toBe(dropped)
  })

  it("is not slowed by what a hostile server sends", () => {
    const scrub = of("\\\\\\\\secret\\\\\\\\", "%25%25%25", "&amp;amp;amp;")
    for (const piece of ["\\", "%25", "%", "&amp;", "&", "&#x", "\\u", "a"]) {
      expect(scrub(piece.repeat(1_000_000)).length).toBeLessThan(100_000)
    }
  })
})
