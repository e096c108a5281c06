import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { spawnSync } from "node:child_process"
import { shellQuote, toCurl } from "../../cli/src/curl.js"

describe("shellQuote", () => {
  it("makes one word of a text, which bash reads as it was", () => {
    const texts = [
      "",
      "a b",
      "it's",
      "$(touch x)",
      "`id`",
      "a\\b",
      "!!",
      "~",
      "*",
      "a\nb\tc",
      "\u001b[31m1",
      "日本\u0085",
      "#x",
      "-n",
      ...fc.sample(fc.fullUnicodeString(), 200).map((text) => text.replace(/\0|\p{Cs}/gu, ""))
    ]
    const script = `printf '%s\\0' ${texts.map(shellQuote).join(" ")}`
    const { stdout } = spawnSync("bash", ["-c", script], { encoding: "utf8" })
    expect(stdout.split("\0").slice(0, -1)).toEqual(texts)
    expect(script).not.toMatch(/\p{Cc}/u)
  })
})

describe("toCurl", () => {
  it("prints a request, one option a line", () => {
    expect(
      toCurl({
        method: "POST",
        url: "https://api.example/pets?tag[]=a",
        headers: [
          ["content-type", "application/json"],
          ["x-empty", ""]
        ],
        body: '{"name":"O\'Brien"}'
      })
    ).toBe(
      [
        "curl 'https://api.example/pets?tag[]=a'",
        "--request POST",
        "--globoff",
        "--header 'content-type: application/json'",
        "--header 'x-empty;'",
        `--data-raw '{"name":"O'\\''Brien"}'`
      ].join(" \\\n  ")
    )
    expect(toCurl({ method: "GET", url: "https://api.example/a", headers: [] })).toBe("curl https://api.example/a")
    expect(toCurl({ method: "HEAD", url: "https://api.example/a/..", headers: [] })).toBe(
      "curl https://api.example/a/.. \\\n  --head \\\n  --path-as-is"
    )
    expect(toCurl({ method: "PUT", url: "https://api.example/a", headers: [], body: { bytes: 3 } })).toContain(
      "--data-binary @FILE # 3 bytes"
    )
  })
})
