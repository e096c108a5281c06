import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^effect-herald$/, replacement: at("./src/index.ts") },
      { find: /^effect-herald\/polympics$/, replacement: at("./services/polympics/index.ts") },
      { find: /^effect-herald\/polympics\/test$/, replacement: at("./test/servers/polympics/index.ts") },
      { find: /^effect-herald\/rate-limit$/, replacement: at("./src/RateLimit.ts") },
      { find: /^effect-herald\/cache$/, replacement: at("./src/HttpCache.ts") },
      { find: /^effect-herald\/cache-disk$/, replacement: at("./src/CacheDisk.ts") },
      { find: /^effect-herald\/cache-redis$/, replacement: at("./src/CacheRedis.ts") },
      { find: /^effect-herald\/oauth$/, replacement: at("./src/OAuth.ts") },
      { find: /^effect-herald\/loopback$/, replacement: at("./src/Loopback.ts") },
      { find: /^effect-herald\/token-store-redis$/, replacement: at("./src/TokenStoreRedis.ts") }
    ]
  },
  test: {
    include: ["test/**/*.test.ts"],
    // Properties and real sockets take long on a busy machine; only what hangs should fail for its time.
    testTimeout: 120_000,
    typecheck: { enabled: true, include: ["test/**/*.test-d.ts"] }
  }
})
