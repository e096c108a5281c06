import type { KnipConfig } from "knip"
import { entries } from "./tools/entries.js"

const config: KnipConfig = {
  entry: [
    ...entries.map(([, source]) => source),
    "test/package/*.ts",
    "test/**/*.test-d.ts",
    "test/support/*Process.ts",
    "examples/*.ts",
    "bench/**/*.ts",
    "tools/*.ts"
  ],
  project: ["{src,schemas,services,test,examples,bench,tools}/**/*.ts"],
  ignoreExportsUsedInFile: true,
  ignoreDependencies: [
    // tools/package.ts runs their commands.
    "@arethetypeswrong/cli",
    "publint",
    // Not a package here, but the name under which @effect/tsgo looks for its options in tsconfig.json.
    "@effect/language-service"
  ]
}

export default config
