/**
 * Lets the event loop turn after each test. Tests without a wait run in one turn, all of a file. Where that takes more than a minute,
 * Vitest takes its own process for unresponsive, though its response is there, and the run fails.
 */
import { afterEach } from "@effect/vitest"

// Tests may replace the global one.
const { setImmediate } = globalThis

afterEach(() => new Promise<void>((resolve) => void setImmediate(resolve)))
