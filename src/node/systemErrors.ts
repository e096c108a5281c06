import * as Predicate from "effect/Predicate"

/** Returns the code of a system error, such as `ENOENT`. Undefined if there is none. */
export const codeOf = (error: unknown): string | undefined =>
  Predicate.hasProperty(error, "code") && Predicate.isString(error.code) ? error.code : undefined

/** Reports whether a process of this machine exists. */
export const isProcessAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // The process of another user exists, too.
    return codeOf(error) === "EPERM"
  }
}
