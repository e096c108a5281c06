import { homedir } from "node:os"
import { join } from "node:path"
import type { Io } from "./Io.js"

/** Returns a directory for what can be made again (XDG Base Directory Specification). */
export const cacheDirectory = (env: Io["env"], name: string): string => {
  const cache = env["XDG_CACHE_HOME"]
  // The specification has relative paths ignored.
  const base = cache === undefined || !cache.startsWith("/") ? join(env["HOME"] ?? homedir(), ".cache") : cache
  return join(base, "herald", name)
}
