import type { KnipConfig } from "knip"
import { entries } from "./tools/entries.js"

const config: KnipConfig = {
  workspaces: {
    ".": {
      entry: [
        ...entries.map(([, source]) => source),
        "test/package/*.ts",
        "test/runtimes/programs/*.ts",
        "test/**/*.test-d.ts",
        "test/support/*Process.ts",
        "examples/*.ts",
        "examples/browser/main.ts",
        "bench/**/*.ts",
        "tools/*.ts"
      ],
      project: ["{src,schemas,services,test,examples,bench,tools}/**/*.ts"]
    },
    cli: { entry: ["src/bin.ts"], project: ["src/**/*.ts"] },
    docs: {
      entry: ["source/*.paths.ts", "tools/*.ts"],
      project: ["{.vitepress,source,tools}/**/*.ts"],
      // docs/tools/reference.ts loads it by name.
      ignoreDependencies: ["typedoc-vitepress-theme"]
    }
  },
  ignoreExportsUsedInFile: true,
  // Programs of the system that tests run.
  ignoreBinaries: ["mkfifo", "openssl", "prlimit", "redis-server", "script"],
  ignoreDependencies: [
    // tools/annotatePure.ts loads it by name.
    "babel-plugin-annotate-pure-calls",
    // tools/package.ts runs the commands of these.
    "@arethetypeswrong/cli",
    "publint",
    // Tests read its documents by path.
    "@readme/oas-examples",
    // Not a package, but the name of the plugin in tsconfig.json whose options @effect/tsgo reads.
    "@effect/language-service"
  ]
}

export default config
