/** Runs before each file of tests. */
import { afterEach } from "vitest"

// Vitest's worker reports each test, and fails the run if it does not read the acknowledgement within a minute. Tests that wait for no timer
// and no socket never let it read, also if each of them is short.
afterEach(() => new Promise<void>((resolve) => void setImmediate(resolve)))
