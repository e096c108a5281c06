import { defineConfig } from "vitest/config"
import { entries, pathOf } from "./tools/entries.js"

export default defineConfig({
  resolve: {
    alias: entries.map(([name, source]) => ({ find: new RegExp(`^${name}$`), replacement: pathOf(source) }))
  },
  test: {
    include: ["test/**/*.test.ts"],
    // Properties and real sockets take long on a busy machine; only what hangs should fail for its time.
    testTimeout: 120_000,
    typecheck: { enabled: true, include: ["test/**/*.test-d.ts"] }
  }
})
