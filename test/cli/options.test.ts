import { describe, expect, it } from "@effect/vitest"
import { Failure, usage } from "../../cli/src/Failure.js"
import { among, type Option, operandsOf, parse, parseCount, parseDuration, valuesOf } from "../../cli/src/options.js"

const options: ReadonlyArray<Option> = [
  { name: "spec", value: "FILE", help: "" },
  { name: "header", short: "H", value: "NAME:VALUE", many: true, help: "" },
  { name: "include", short: "i", help: "" },
  { name: "archived", negatable: true, help: "" },
  { name: "color", value: "WHEN", choices: ["auto", "never"], help: "" }
]

const parsed = (...args: ReadonlyArray<string>) =>
  parse(args, { find: among(options), unknown: (text) => usage(`unknown ${text}`) })

const values = (...args: ReadonlyArray<string>) => valuesOf(parsed(...args).arguments)

const failure = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof Failure) return error.message
    throw error
  }
  throw new Error("no failure")
}

describe("parse", () => {
  it("reads values after a space, after =, and joined to a letter", () => {
    expect(values("--spec", "a.yaml").get("spec")).toBe("a.yaml")
    expect(values("--spec=a=b").get("spec")).toBe("a=b")
    expect(values("--spec=").get("spec")).toBe("")
    expect(values("-iHa:b", "-H", "c:d").all("header")).toEqual(["a:b", "c:d"])
    expect(values("-iHa:b").has("include")).toBe(true)
  })

  it("reads negative numbers and a lone dash as operands and values", () => {
    expect(operandsOf(parsed("-5", "-", "-.5").arguments)).toEqual(["-5", "-", "-.5"])
    expect(values("--spec", "-").get("spec")).toBe("-")
    expect(values("--spec", "-7").get("spec")).toBe("-7")
  })

  it("reads everything after -- as operands", () => {
    expect(operandsOf(parsed("a", "--", "--spec", "-i", "--").arguments)).toEqual(["a", "--spec", "-i", "--"])
  })

  it("notices a value that is forgotten", () => {
    expect(failure(() => parsed("--spec", "--include"))).toContain("--spec needs a value")
    expect(failure(() => parsed("--spec"))).toContain("--spec=FILE")
    expect(failure(() => parsed("-H"))).toContain("-H needs a value")
  })

  it("refuses unknown options, and values of switches", () => {
    expect(failure(() => parsed("--pge=1"))).toBe("unknown --pge")
    expect(failure(() => parsed("-ix"))).toBe("unknown -x")
    expect(failure(() => parsed("--include=yes"))).toContain("takes no value")
    expect(failure(() => parsed("--no-include"))).toBe("unknown --no-include")
    expect(failure(() => parsed("--__proto__"))).toBe("unknown --__proto__")
  })

  it("reads switches that have a value", () => {
    expect(values("--archived").get("archived")).toBe("true")
    expect(values("--no-archived").get("archived")).toBe("false")
    expect(values("--archived=false").get("archived")).toBe("false")
    expect(values("--archived", "false").get("archived")).toBe("false")
    expect(operandsOf(parsed("--archived", "no").arguments)).toEqual(["no"])
  })

  it("stops after an operand, and leaves the rest as it is", () => {
    const { arguments: before, rest } = parse(["-i", "a", "b", "--x", "c"], {
      find: among(options),
      unknown: () => usage(""),
      stopAfter: (operands) => operands.length === 2
    })
    expect(operandsOf(before)).toEqual(["a", "b"])
    expect(rest).toEqual(["--x", "c"])
  })
})

describe("valuesOf", () => {
  it("refuses options that are given twice, and values that are no choice", () => {
    expect(failure(() => values("--spec", "a", "--spec", "b"))).toBe("--spec is given twice.")
    expect(values("-i", "-i").has("include")).toBe(true)
    expect(failure(() => values("--color", "red"))).toBe('--color must be one of auto, never, not "red".')
  })
})

describe("parseDuration", () => {
  it("reads units, of which seconds are the default", () => {
    expect(["500ms", "30s", "2m", "1h", "1.5", "10 s"].map((text) => parseDuration("timeout", text))).toEqual([
      500, 30_000, 120_000, 3_600_000, 1500, 10_000
    ])
    for (const text of ["", "0", "-1", "1d", "s", "1e3", "99999h"]) {
      expect(failure(() => parseDuration("timeout", text))).toContain("--timeout must be a duration")
    }
  })
})

describe("parseCount", () => {
  it("reads whole numbers", () => {
    expect(parseCount("retries", "0", 0)).toBe(0)
    for (const text of ["-1", "1.5", "", "1e3", "99999999999999999999"]) {
      expect(failure(() => parseCount("retries", text, 0))).toContain("whole number from 0 up")
    }
  })
})
