/** The pages that people read: README.md, and those of the documentation site that are written by hand. */
import { readdirSync } from "node:fs"
import { join } from "node:path"

const generated = /^(node_modules|reference|\.vitepress)\//

/** Paths from the root of the project, sorted. */
export const pages: ReadonlyArray<string> = [
  "README.md",
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".md") && !generated.test(name))
    .sort()
    .map((name) => join("docs", name))
]
