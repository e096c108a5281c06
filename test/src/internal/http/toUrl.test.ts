import { expect, it } from "@effect/vitest"
import { toUrl } from "../../../../src/internal/http/toUrl.js"

it("a text is a URL, with any characters, however often it is asked", () => {
  const texts = ["https://api.test/a", "https://ä.test/", "https://api.test/ü?é#ß", "https://日本.test/ä"]
  const wrong = new Set<string>()
  // Node 20 optimizes `URL.canParse` after some thousand calls, and is wrong from then on.
  for (let round = 0; round < 20_000; round += 1)
    for (const text of texts) if (toUrl(text) === undefined) wrong.add(text)
  expect(wrong).toEqual(new Set())
  expect(["", "a", "https://", "https://a b/"].filter((text) => toUrl(text) !== undefined)).toEqual([])
  expect(toUrl("/ä", "https://api.test")?.href).toBe("https://api.test/%C3%A4")
})
