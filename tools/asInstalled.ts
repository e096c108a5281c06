import { readFileSync } from "node:fs"

/** A package in the version that is installed here, which is in npm's cache: `effect@3.22.4` for `effect`. */
export const asInstalled = (name: string): string => {
  const manifest = readFileSync(`node_modules/${name}/package.json`, "utf8")
  return `${name}@${(JSON.parse(manifest) as { readonly version: string }).version}`
}
