/** The pages that people read: README.md, and those of the documentation site that are written by hand. */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** Generated pages, and routes that make pages from files of the repository. */
const notWritten = /^(node_modules|reference|source|\.vitepress)\//

/** Paths from the root of the project, sorted. */
export const pages: ReadonlyArray<string> = [
  "README.md",
  ...readdirSync(fileURLToPath(new URL("../docs", import.meta.url)), { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".md") && !notWritten.test(name))
    .sort()
    .map((name) => join("docs", name))
]
