import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"
import { entries, pathOf } from "./tools/entries.js"

export default defineConfig({
  resolve: {
    alias: entries.map(([name, source]) => ({ find: new RegExp(`^${name}$`), replacement: pathOf(source) }))
  },
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    // Modules are loaded once in each worker, not once for each file: no module of the library has state.
    isolate: false,
    // Vitest leaves one core free by default.
    maxWorkers: availableParallelism(),
    setupFiles: ["test/support/eventLoopTurns.ts"],
    // Property tests and real sockets are slow on a busy machine. The limit is only for tests that hang.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    typecheck: { enabled: true, include: ["test/**/*.test-d.ts"] }
  }
})
