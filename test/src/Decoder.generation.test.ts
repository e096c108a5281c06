import { describe, expect, it } from "@effect/vitest"
import { build } from "esbuild"
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"

/** Prints whether the process forbids generated code, and what the closures of a schema return, without Schema. */
const script = `
  import * as Schema from "effect/Schema"
  import { compile } from "../../src/internal/decoder/compile.js"

  const renamed = Schema.propertySignature(Schema.NumberFromString).pipe(Schema.fromKey("the_id"))
  const decode = compile(
    Schema.Array(
      Schema.Union(
        Schema.TaggedStruct("A", { id: renamed, names: Schema.Record({ key: Schema.String, value: Schema.Trim }) }),
        Schema.TaggedStruct("B", { at: Schema.optionalWith(Schema.Date, { default: () => new Date(0) }) })
      )
    ).ast
  )
  let forbidden = false
  try {
    new Function("")
  } catch {
    forbidden = true
  }
  const value = decode([{ _tag: "A", the_id: "1", names: { a: " b " } }, { _tag: "B" }])
  console.log(JSON.stringify({ forbidden, value }))
`

describe("a compiled schema", () => {
  it("decodes where code can't be generated from strings", async () => {
    const { outputFiles } = await build({
      stdin: { contents: script, resolveDir: fileURLToPath(new URL(".", import.meta.url)), loader: "ts" },
      bundle: true,
      write: false,
      platform: "node",
      format: "esm"
    })
    const flags = ["--disallow-code-generation-from-strings", "--input-type=module", "-"]
    const printed = execFileSync(process.execPath, flags, { input: outputFiles[0]!.text, encoding: "utf8" })
    expect(JSON.parse(printed)).toEqual({
      forbidden: true,
      value: [
        { _tag: "A", id: 1, names: { a: "b" } },
        { _tag: "B", at: "1970-01-01T00:00:00.000Z" }
      ]
    })
  })
})
