import type { HttpClient } from "@effect/platform/HttpClient"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Runtime from "effect/Runtime"
import type { Parameter, Style } from "../../../../src/Descriptor.js"
import { json, type Received, make as scripted } from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { described } from "../../../support/described.js"
import { at, type Caller, once } from "../../../support/kit.js"

/*
 * Every value that a path, query, header or cookie can carry arrives as it was: a server decodes the request by the style, and the values
 * are the same.
 */

type Value = string | ReadonlyArray<string> | Readonly<Record<string, string>>
type Decode = (received: Received, of: "text" | "list" | "object") => unknown

/** Splits, and then decodes, as a server does for a style whose separator is not percent-encoded. */
const split = (text: string, separator: string, decode = decodeURIComponent) => text.split(separator).map(decode)

const toObject = (pairs: ReadonlyArray<ReadonlyArray<string>>) =>
  Object.fromEntries(pairs.map(([name = "", value = ""]) => [name, value]))

/** Joins texts by twos. */
const inTurn = (texts: ReadonlyArray<string>) =>
  toObject(Array.from({ length: texts.length / 2 }, (_, index) => texts.slice(2 * index, 2 * index + 2)))

const pathOf = ({ target }: Received) => target.slice("/v1/x/".length)

const pairsOf = (text: string, separator: string) =>
  text
    .split(separator)
    .filter((pair) => pair !== "")
    .map((pair) => {
      const end = pair.indexOf("=")
      return end < 0
        ? [decodeURIComponent(pair), ""]
        : [decodeURIComponent(pair.slice(0, end)), decodeURIComponent(pair.slice(end + 1))]
    })

const queryOf = ({ target }: Received) => target.replace(/^[^?]*\??/, "")

/** Returns the value of the parameter `p` by pairs that may be of it or of its properties. */
const byPairs = (pairs: ReadonlyArray<ReadonlyArray<string>>, of: "text" | "list" | "object") => {
  const values = pairs.map(([, value = ""]) => value)
  return of === "text" ? values[0] : of === "list" ? values : toObject(pairs)
}

const joined =
  (textOf: (received: Received) => string, separator: string, decode = decodeURIComponent): Decode =>
  (received, of) => {
    const text = textOf(received)
    const texts = split(text, separator, decode)
    return of === "text" ? decode(text) : of === "list" ? texts : inTurn(texts)
  }

/** The value of the pair `p=...`, undecoded. */
const valueIn = (text: string, separator: string) => {
  const pair = text.split(separator).find((one) => one.startsWith("p="))
  return pair === undefined ? "" : pair.slice(2)
}

const cookieOf = ({ headers }: Received) => headers.cookie ?? ""
const headerOf = ({ headers }: Received) => String(headers["p"] ?? "")
const same = (text: string) => text

/** Decodes first, as servers do for a separator that is percent-encoded. */
const decodedFirst =
  (textOf: (received: Received) => string, separator: string): Decode =>
  (received, of) => {
    const text = decodeURIComponent(textOf(received))
    return of === "text" ? text : of === "list" ? text.split(separator) : inTurn(text.split(separator))
  }

const bracketed: Decode = (received, of) => {
  const pairs = pairsOf(queryOf(received), "&")
  const values = pairs.map(([, value = ""]) => value)
  return of === "text"
    ? values[0]
    : of === "list"
      ? values
      : toObject(pairs.map(([name = "", value = ""]) => [name.slice(2, -1), value]))
}

const text = fc.string({ unit: "grapheme" })
const fullText = fc.string({
  unit: fc
    .integer({ min: 0, max: 0x10ffff })
    .filter((code) => code < 0xd800 || code > 0xdfff)
    .map((code) => String.fromCodePoint(code))
})
const anyText = fc.oneof(
  text,
  fullText,
  fc.string({ unit: "binary-ascii" }),
  fc.constantFrom("a,b", "a.b", "a;b", "a=b&c", "%41", "+", " ", "../x", "a/b", "?#[]@")
)
const without = (pattern: RegExp) => anyText.filter((one) => !pattern.test(one))
const headerText = fc
  .string({ unit: fc.constantFrom(...'abc;=&%"\\/é ÿ\t'.split("")) })
  .filter((one) => one === one.trim())
const headerItem = headerText.filter((one) => !one.includes(","))
const cookieText = fc.string({ unit: fc.constantFrom(..."abc!#$%&'*+-./:=<>?@[]^_`{|}~".split("")) })

interface Case {
  readonly place: Parameter["in"]
  readonly style: Style
  readonly explode: boolean
  readonly decode: Decode
  readonly text: fc.Arbitrary<string>
  readonly item: fc.Arbitrary<string>
  readonly key?: fc.Arbitrary<string>
}

/** Texts that are not empty, and no segment of dots. */
const segment = anyText.filter((one) => !/^\.{0,2}$/.test(one))
const inPath = { place: "path", text: segment, item: segment } as const
const inQuery = { place: "query", text: anyText, item: anyText } as const

const cases: ReadonlyArray<Case> = [
  { ...inPath, style: "simple", explode: false, decode: joined(pathOf, ",") },
  {
    ...inPath,
    style: "simple",
    explode: true,
    decode: (received, of) =>
      of === "object"
        ? toObject(
            pathOf(received)
              .split(",")
              .map((pair) => split(pair, "="))
          )
        : joined(pathOf, ",")(received, of)
  },
  { ...inPath, style: "label", explode: false, decode: joined((received) => pathOf(received).slice(1), ",") },
  {
    ...inPath,
    style: "label",
    explode: true,
    decode: (received, of) => {
      const text = pathOf(received).slice(1)
      return of === "text"
        ? decodeURIComponent(text)
        : of === "list"
          ? split(text, ".")
          : toObject(text.split(".").map((pair) => split(pair, "=")))
    }
  },
  {
    ...inPath,
    style: "matrix",
    explode: false,
    decode: joined((received) => pathOf(received).slice(";p=".length), ",")
  },
  { ...inPath, style: "matrix", explode: true, decode: (received, of) => byPairs(pairsOf(pathOf(received), ";"), of) },
  {
    ...inPath,
    style: "pipeDelimited",
    explode: false,
    item: segment.filter((one) => !one.includes("|")),
    decode: decodedFirst(pathOf, "|")
  },
  { ...inQuery, style: "form", explode: false, decode: joined((received) => valueIn(queryOf(received), "&"), ",") },
  { ...inQuery, style: "form", explode: true, decode: (received, of) => byPairs(pairsOf(queryOf(received), "&"), of) },
  {
    ...inQuery,
    style: "spaceDelimited",
    explode: false,
    item: without(/ /),
    decode: decodedFirst((received) => valueIn(queryOf(received), "&"), " ")
  },
  {
    ...inQuery,
    style: "pipeDelimited",
    explode: false,
    item: without(/\|/),
    decode: decodedFirst((received) => valueIn(queryOf(received), "&"), "|")
  },
  {
    ...inQuery,
    style: "tabDelimited",
    explode: false,
    item: without(/\t/),
    decode: decodedFirst((received) => valueIn(queryOf(received), "&"), "\t")
  },
  { ...inQuery, style: "deepObject", explode: true, key: without(/^$|[[\]]/), decode: bracketed },
  { ...inQuery, style: "brackets", explode: true, key: without(/^$|[[\]]/), decode: bracketed },
  {
    place: "header",
    style: "simple",
    explode: false,
    text: headerText,
    item: headerItem,
    decode: joined(headerOf, ",", same)
  },
  {
    place: "header",
    style: "simple",
    explode: true,
    text: headerText,
    item: headerItem,
    key: headerItem.filter((one) => !one.includes("=")),
    decode: (received, of) =>
      of === "object"
        ? toObject(
            headerOf(received)
              .split(",")
              .map((pair) => pair.split(/=([^]*)/))
          )
        : joined(headerOf, ",", same)(received, of)
  },
  {
    place: "cookie",
    style: "form",
    explode: false,
    text: anyText,
    item: anyText,
    decode: joined((received) => valueIn(cookieOf(received), "; "), ",")
  },
  {
    place: "cookie",
    style: "form",
    explode: true,
    text: anyText,
    item: anyText,
    key: without(/^$/),
    decode: (received, of) => byPairs(pairsOf(cookieOf(received), "; "), of)
  },
  {
    place: "cookie",
    style: "cookie",
    explode: false,
    text: cookieText,
    item: cookieText,
    decode: joined((received) => valueIn(cookieOf(received), "; "), ",", same)
  },
  {
    place: "cookie",
    style: "cookie",
    explode: true,
    text: cookieText,
    item: cookieText,
    key: fc.string({ unit: fc.constantFrom(..."abc!#$%&'*+-.^_`|~".split("")), minLength: 1 }),
    decode: (received, of) =>
      byPairs(
        cookieOf(received)
          .split("; ")
          .map((pair) => pair.split(/=([^]*)/)),
        of
      )
  }
]

const kinds = ["text", "list", "object"] as const

it.scopedLive.each(cases.flatMap((one) => kinds.map((of) => ({ ...one, of }))))(
  "$place $style explode $explode: every $of arrives as it was",
  ({ decode, explode, item, key = item, of, place, style, text }) =>
    Effect.gen(function* () {
      const server = yield* scripted([json(null)])
      const operation = described({
        path: place === "path" ? "/x/{p}" : "/x",
        parameters: [{ name: "p", in: place, style, explode }]
      })
      const keyOf = key.filter((one) => one !== "__proto__" && (place !== "cookie" || one !== ""))
      const values: fc.Arbitrary<Value> =
        of === "text"
          ? text
          : of === "list"
            ? fc.array(item, { minLength: 1, maxLength: 4 })
            : fc.dictionary(keyOf, item, { minKeys: 1, maxKeys: 4 })
      const part = place === "header" ? "headers" : place === "cookie" ? "cookies" : undefined
      const checkAll = Effect.flatMap(Effect.runtime<Caller | HttpClient>(), (runtime) => {
        const call = (value: Value) =>
          Effect.gen(function* () {
            yield* operation(part === undefined ? { p: value } : { [part]: { p: value } })
            expect(decode(server.requests.at(-1)!, of)).toEqual(value)
          }).pipe(Runtime.runPromise(runtime))
        return Effect.promise(() => fc.assert(fc.asyncProperty(values, call), { numRuns: 50 }))
      })
      yield* Effect.provide(checkAll, [client, at(new URL("v1", server.url)), once])
    })
)
