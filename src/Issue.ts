/**
 * A problem with a value: its path and a message. An issue never contains the value itself, which may be a secret.
 *
 * @example
 * ```ts
 * import type { Issue } from "effect-herald"
 *
 * const issue: Issue.Issue = { path: ["body", "name"], message: "is missing" }
 * ```
 */
export interface Issue {
  /** The keys and array indices that lead to the problem, outermost first. Empty for the value as a whole. */
  readonly path: ReadonlyArray<string | number>
  readonly message: string
  /** The server's code for the problem, if it gave one. */
  readonly code?: string | undefined
}

/** Formats an issue as one line: `body.accounts[1]: Account not found.` */
export const format = (issue: Issue): string => {
  const path = issue.path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : index === 0 ? key : `.${key}`))
    .join("")
  return path === "" ? issue.message : `${path}: ${issue.message}`
}
