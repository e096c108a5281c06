import { describe, expect, it } from "vitest"
import { linkTarget } from "../../../../src/internal/pagination/linkHeader.js"

describe("the target of a link", () => {
  it.each([
    // RFC 8288, 3.5
    [`<http://example.com/TheBook/chapter2>; rel="previous"; title="previous chapter"`, undefined],
    [`</>; rel="http://example.net/foo"`, undefined],
    [`</terms>; rel="copyright"; anchor="#foo"`, undefined],
    [
      `</TheBook/chapter2>; rel="previous"; title*=UTF-8'de'letztes%20Kapitel, ` +
        `</TheBook/chapter4>; rel="next"; title*=UTF-8'de'n%c3%a4chstes%20Kapitel`,
      "/TheBook/chapter4"
    ],
    [`<http://example.org/>; rel="start http://example.net/relation/other next"`, "http://example.org/"],
    // GitHub
    [
      `<https://api.github.com/repositories/1300192/issues?page=2>; rel="prev", ` +
        `<https://api.github.com/repositories/1300192/issues?page=4>; rel="next"`,
      "https://api.github.com/repositories/1300192/issues?page=4"
    ],
    // Both forms of values, and whitespace around every sign.
    ["<a>;rel=next", "a"],
    ["<a> ; rel = next", "a"],
    [`\t<a>\t;\trel\t=\t"next"\t`, "a"],
    ["<a>; REL=NEXT", "a"],
    [`<a>; rel="\\next"`, "a"],
    [`<a>; rel="prev  next"`, "a"],
    ["<>; rel=next", ""],
    // Delimiters within a target, and within a quoted value.
    ["<a?b=1,2;c>; rel=next", "a?b=1,2;c"],
    [`<a>; title="x, <b>; rel=next"; rel=prev, <c>; rel=next`, "c"],
    [`<a>; title="\\", <b>; rel=next"; rel=prev, <c>; rel=next`, "c"],
    [`<a>; title="a=b"; rel=next`, "a"],
    // Parameters without a value.
    ["<a>; rel=preload; crossorigin, <b>; rel=next", "b"],
    ["<a>; rel, <b>; rel=next", "b"],
    ["<a>;; rel=next;", "a"],
    // Only the first `rel` counts (3.3).
    ["<a>; rel=prev; rel=next, <b>; rel=next", "b"],
    ["<a>; rel=next; rel=prev", "a"],
    // Only the first link with the relation counts.
    ["<a>; rel=next, <b>; rel=next", "a"],
    // Empty elements of the list (RFC 9110, 5.6.1.2).
    [", ,<a>; rel=prev,, <b>; rel=next", "b"],
    // A link with another context is not a link of this page (3.2).
    [`<a>; rel=next; anchor="/other", <b>; rel=next`, "b"],
    // Other names that contain it.
    ["<a>; rel=next-archive", undefined],
    ["<a>; rev=next", undefined],
    ["<a>; xrel=next", undefined],
    // What is no link ends the search.
    ["", undefined],
    ["next", undefined],
    ["<a", undefined],
    [`<a>; rel="prev" x, <b>; rel=next`, undefined],
    [`<a>; rel="next`, "a"],
    [`<a>; rel="next\\`, "a"]
  ])("of %s is %s", (field, target) => {
    expect(linkTarget(field, "next")).toBe(target)
  })

  it("has the relation that is asked for, in any case", () => {
    expect(linkTarget("<a>; rel=next, <b>; rel=Older", "older")).toBe("b")
    expect(linkTarget("<a>; rel=next, <b>; rel=older", "OLDER")).toBe("b")
  })

  it("is found in time linear to the length of the field", () => {
    const started = performance.now()
    for (const piece of [" ", ",", ";", "<a>;", `<a>; rel="`, `\\"`, "<", "=", `"`])
      linkTarget(`<a>${piece.repeat(100_000)}`, "next")
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
