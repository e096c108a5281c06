/**
 * Marks the top-level calls of the built modules as pure, so that bundlers drop the operations, schemas and errors that a program
 * does not use. Effect's own packages are built in this way.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { transformSync } from "@babel/core"

const modules = readdirSync("dist", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"))
for (const name of modules) {
  const path = join("dist", name)
  const built = transformSync(readFileSync(path, "utf8"), {
    babelrc: false,
    configFile: false,
    plugins: ["annotate-pure-calls"]
  })
  if (typeof built?.code !== "string") throw new Error(`${path} has no code`)
  writeFileSync(path, `${built.code}\n`)
}
console.log(`marked pure calls in ${modules.length} modules`)
