import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import type { Parameter } from "../../../../src/Descriptor.js"
import { requestOf } from "../../../../src/internal/descriptor/request.js"

/** Returns the texts of a request with one parameter: its path, query, and headers. */
const sent = (parameter: Omit<Parameter, "name"> & { readonly name?: string }, value: unknown) => {
  const name = parameter.name ?? "color"
  const request = requestOf(
    {
      name: "test",
      method: "GET",
      path: parameter.in === "path" ? `/x/{${name}}` : "/x",
      parameters: [{ name, ...parameter }],
      responses: {}
    },
    () => []
  )
  const part = parameter.in === "header" ? "headers" : parameter.in === "cookie" ? "cookies" : undefined
  const { headers, path, query } = request.partsOf(
    part === undefined ? { [name]: value } : { [part]: { [name]: value } }
  )
  const [text, search, fields] = [path, query, headers].map((one) =>
    Either.getOrElse(
      one as Either.Either<unknown, ReadonlyArray<{ readonly message: string }>>,
      (issues) => `issue: ${issues.map(({ message }) => message).join("; ")}`
    )
  )
  if (typeof text === "string" && text.startsWith("issue")) return text
  if (parameter.in === "path") return String(text).replace("/x/", "")
  if (parameter.in === "header") return (fields as Record<string, string>)[name]
  if (parameter.in === "cookie") return (fields as Record<string, string>)["cookie"]
  return String(search).replace("?", "")
}

const list = ["blue", "black", "brown"]
const object = { R: 100, G: 200, B: 150 }

describe("OpenAPI 3.1.1, 4.8.12.3: style examples", () => {
  // Style, explode, and the texts of the empty string, a string, an array, an object.
  const paths: ReadonlyArray<readonly [string, boolean, string, string, string]> = [
    ["matrix", false, ";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150"],
    ["matrix", true, ";color=blue", ";color=blue;color=black;color=brown", ";R=100;G=200;B=150"],
    ["label", false, ".blue", ".blue,black,brown", ".R,100,G,200,B,150"],
    ["label", true, ".blue", ".blue.black.brown", ".R=100.G=200.B=150"],
    ["simple", false, "blue", "blue,black,brown", "R,100,G,200,B,150"],
    ["simple", true, "blue", "blue,black,brown", "R=100,G=200,B=150"],
    ["pipeDelimited", false, "blue", "blue%7Cblack%7Cbrown", "R%7C100%7CG%7C200%7CB%7C150"],
    ["spaceDelimited", false, "blue", "blue%20black%20brown", "R%20100%20G%20200%20B%20150"],
    ["tabDelimited", false, "blue", "blue%09black%09brown", "R%09100%09G%09200%09B%09150"]
  ]
  it.each(paths)("in a path: %s, explode %s", (style, explode, text, array, properties) => {
    const parameter = { in: "path", style, explode } as Parameter
    expect(["blue", list, object].map((value) => sent({ ...parameter, name: "color" }, value))).toEqual([
      text,
      array,
      properties
    ])
  })

  const queries: ReadonlyArray<readonly [string, boolean, string, string, string]> = [
    ["form", false, "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"],
    ["form", true, "color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150"],
    ["spaceDelimited", false, "color=blue", "color=blue%20black%20brown", "color=R%20100%20G%20200%20B%20150"],
    ["pipeDelimited", false, "color=blue", "color=blue%7Cblack%7Cbrown", "color=R%7C100%7CG%7C200%7CB%7C150"],
    ["tabDelimited", false, "color=blue", "color=blue%09black%09brown", "color=R%09100%09G%09200%09B%09150"],
    ["spaceDelimited", true, "color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150"],
    [
      "deepObject",
      true,
      "color=blue",
      "color%5B%5D=blue&color%5B%5D=black&color%5B%5D=brown",
      "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"
    ],
    [
      "brackets",
      true,
      "color%5B%5D=blue",
      "color%5B%5D=blue&color%5B%5D=black&color%5B%5D=brown",
      "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"
    ]
  ]
  it.each(queries)("in a query: %s, explode %s", (style, explode, text, array, properties) => {
    const parameter = { in: "query", style, explode } as Parameter
    expect(["blue", list, object].map((value) => sent({ ...parameter, name: "color" }, value))).toEqual([
      text,
      array,
      properties
    ])
  })

  it("in a header: simple", () => {
    expect(
      [false, true].map((explode) => [list, object].map((value) => sent({ in: "header", explode }, value)))
    ).toEqual([
      ["blue,black,brown", "R,100,G,200,B,150"],
      ["blue,black,brown", "R=100,G=200,B=150"]
    ])
  })

  it.each(["form", "cookie"] as const)("in a cookie: %s", (style) => {
    expect(
      [false, true].map((explode) =>
        ["blue", list, object].map((value) => sent({ in: "cookie", style, explode }, value))
      )
    ).toEqual([
      ["color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"],
      ["color=blue", "color=blue; color=black; color=brown", "R=100; G=200; B=150"]
    ])
  })
})

describe("RFC 6570, 3.2: expansions", () => {
  const values = {
    count: ["one", "two", "three"],
    hello: "Hello World!",
    half: "50%",
    var: "value",
    v: "6",
    who: "fred",
    base: "http://example.com/home/",
    path: "/foo/bar",
    list: ["red", "green", "blue"],
    keys: { semi: ";", dot: ".", comma: "," },
    empty: "",
    empty_keys: {}
  }
  type Name = keyof typeof values
  const expansions: ReadonlyArray<readonly [string, Parameter["in"], string, boolean, Name, string]> = [
    ["{var}", "path", "simple", false, "var", "value"],
    ["{hello}", "path", "simple", false, "hello", "Hello%20World%21"],
    ["{half}", "path", "simple", false, "half", "50%25"],
    ["{list}", "path", "simple", false, "list", "red,green,blue"],
    ["{list*}", "path", "simple", true, "list", "red,green,blue"],
    ["{keys}", "path", "simple", false, "keys", "semi,%3B,dot,.,comma,%2C"],
    ["{keys*}", "path", "simple", true, "keys", "semi=%3B,dot=.,comma=%2C"],
    ["{.who}", "path", "label", false, "who", ".fred"],
    ["{.half}", "path", "label", false, "half", ".50%25"],
    ["{.list}", "path", "label", false, "list", ".red,green,blue"],
    ["{.list*}", "path", "label", true, "list", ".red.green.blue"],
    ["{.keys}", "path", "label", false, "keys", ".semi,%3B,dot,.,comma,%2C"],
    // The RFC leaves the dot of a value, which no server could tell from one between values.
    ["{.keys*}", "path", "label", true, "keys", ".semi=%3B.dot=%2E.comma=%2C"],
    ["{;who}", "path", "matrix", false, "who", ";who=fred"],
    ["{;half}", "path", "matrix", false, "half", ";half=50%25"],
    ["{;empty}", "path", "matrix", false, "empty", ";empty"],
    ["{;list}", "path", "matrix", false, "list", ";list=red,green,blue"],
    ["{;list*}", "path", "matrix", true, "list", ";list=red;list=green;list=blue"],
    ["{;keys}", "path", "matrix", false, "keys", ";keys=semi,%3B,dot,.,comma,%2C"],
    ["{;keys*}", "path", "matrix", true, "keys", ";semi=%3B;dot=.;comma=%2C"],
    ["{?who}", "query", "form", true, "who", "who=fred"],
    ["{?half}", "query", "form", true, "half", "half=50%25"],
    ["{?empty}", "query", "form", true, "empty", "empty="],
    ["{?list}", "query", "form", false, "list", "list=red,green,blue"],
    ["{?list*}", "query", "form", true, "list", "list=red&list=green&list=blue"],
    ["{?keys}", "query", "form", false, "keys", "keys=semi,%3B,dot,.,comma,%2C"],
    ["{?keys*}", "query", "form", true, "keys", "semi=%3B&dot=.&comma=%2C"],
    ["{?empty_keys*}", "query", "form", true, "empty_keys", ""]
  ]
  it.each(expansions)("%s in a %s", (_, place, style, explode, name, expected) => {
    expect(sent({ in: place, style, explode, name } as Parameter, values[name])).toBe(expected)
  })

  const reserved: ReadonlyArray<readonly [string, Parameter["in"], Name | "percent", string]> = [
    ["{+var}", "path", "var", "value"],
    ["{+hello}", "path", "hello", "Hello%20World!"],
    ["{+half}", "path", "half", "50%25"],
    // OpenAPI 3.2 forbids a slash in the value of a path parameter.
    ["{+path}", "path", "path", "%2Ffoo%2Fbar"],
    ["{+list}", "path", "list", "red,green,blue"],
    ["{+keys}", "path", "keys", "semi,;,dot,.,comma,%2C"],
    ["{?+base}", "query", "base", "base=http://example.com/home/"],
    ["{?+half}", "query", "half", "half=50%25"],
    ["{?+percent}", "query", "percent", "percent=50%25%20a%26b"]
  ]
  it.each(reserved)("%s: reserved characters as they are, in a %s", (_, place, name, expected) => {
    const value = name === "percent" ? "50%25 a&b" : values[name]
    expect(sent({ in: place, allowReserved: true, explode: false, name } as Parameter, value)).toBe(expected)
  })
})

describe("A value that a place can't hold as it is", () => {
  it("is percent-encoded where servers split before they decode", () => {
    expect(sent({ in: "query", explode: false }, ["a,b", "c&d", "é", "", "+"])).toBe("color=a%2Cb,c%26d,%C3%A9,,%2B")
    expect(sent({ in: "path" }, ["a,b", "../x", "?#"])).toBe("a%2Cb,..%2Fx,%3F%23")
    expect(sent({ in: "cookie", explode: false }, ["a,b", "c;d", "e f", "50%", "k="])).toBe(
      "color=a%2Cb,c%3Bd,e%20f,50%25,k="
    )
  })

  it.each([
    ["a space between spaces", { in: "query", style: "spaceDelimited" }, ["a b"]],
    ["a pipe between pipes", { in: "query", style: "pipeDelimited" }, ["a|b"]],
    ["a comma in the item of a header", { in: "header" }, ["a,b"]],
    ["a line break in a header", { in: "header" }, "a\r\nb: c"],
    ["whitespace at the end of a header", { in: "header" }, "a "],
    ["a character that headers lack", { in: "header" }, "€"],
    ["a semicolon in a plain cookie", { in: "cookie", style: "cookie" }, "a;b=c"],
    ["a comma in the item of a plain cookie", { in: "cookie", style: "cookie", explode: false }, ["a,b"]],
    ["a lone surrogate", { in: "query" }, "\ud800"],
    ["a lone surrogate in a path", { in: "path" }, "\ud800"],
    ["an empty path value", { in: "path" }, ""],
    ["an empty list in a path", { in: "path" }, []],
    ["a dot", { in: "path" }, "."],
    ["two dots", { in: "path" }, ".."],
    ["a label that makes two dots", { in: "path", style: "label" }, "."],
    ["a bracket in a name", { in: "query", style: "deepObject" }, { "a]b": 1 }],
    ["an equals sign in a name in a header", { in: "header", explode: true }, { "a=b": 1 }]
  ] as ReadonlyArray<readonly [string, Omit<Parameter, "name">, unknown]>)("%s is an issue", (_, parameter, value) => {
    expect(sent(parameter, value)).toMatch(/^issue: /)
  })
})

describe("Nothing", () => {
  it.each(["query", "header", "cookie"] as const)("undefined, null and an empty list are left out: %s", (place) => {
    expect([undefined, null, [], [null, undefined]].map((value) => sent({ in: place }, value) || undefined)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined
    ])
  })

  it("absent items and properties are left out", () => {
    expect(sent({ in: "query" }, ["a", null, undefined, "b"])).toBe("color=a&color=b")
    expect(sent({ in: "query", style: "deepObject" }, { a: null, b: undefined, c: 1 })).toBe("color%5Bc%5D=1")
  })
})

describe("deepObject", () => {
  it("nests objects and arrays", () => {
    const value = { a: { b: { c: 1 } }, list: ["x", "y"], items: [{ id: 1, tags: ["t"] }, { id: 2 }] }
    expect(decodeURIComponent(sent({ in: "query", style: "deepObject" }, value) ?? "")).toBe(
      "color[a][b][c]=1&color[list][]=x&color[list][]=y&color[items][0][id]=1&color[items][0][tags][]=t&color[items][1][id]=2"
    )
  })
})

describe("brackets", () => {
  it("are not added twice", () => {
    expect(sent({ in: "query", style: "brackets", wire: "color[]" }, ["a", "b"])).toBe("color%5B%5D=a&color%5B%5D=b")
  })
})

describe("content", () => {
  it("is JSON in every place", () => {
    const value = { a: ["é", null, 12345678901234567890n] }
    const json = '{"a":["é",null,12345678901234567890]}'
    const content = "application/json"
    expect(decodeURIComponent(sent({ in: "query", content }, value) ?? "")).toBe(`color=${json}`)
    expect(decodeURIComponent(sent({ in: "path", content }, value) ?? "")).toBe(json)
    expect(sent({ in: "header", content }, value)).toBe(json.replace("é", "\\u00e9"))
    expect(decodeURIComponent(sent({ in: "cookie", content }, value) ?? "")).toBe(`color=${json}`)
    expect(sent({ in: "query", content }, null)).toBe("color=null")
    expect(sent({ in: "query", content }, undefined)).toBe("")
    expect(sent({ in: "query", content }, "text")).toBe("color=%22text%22")
  })

  it("is the whole query", () => {
    expect(sent({ in: "querystring", content: "application/json" }, { a: 1 })).toBe("%7B%22a%22%3A1%7D")
    expect(
      sent({ in: "querystring", content: "application/x-www-form-urlencoded" }, { a: 1, b: ["x", "y"], c: " &" })
    ).toBe("a=1&b=x&b=y&c=%20%26")
  })
})
