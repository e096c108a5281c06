import { expect, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { version } from "../../../src/internal/version.js"

it("the version in the User-Agent is that of package.json", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
    readonly version: string
  }
  expect(version).toBe(manifest.version)
})
