/**
 * One thing that is wrong with a value, and where. Values themselves are never part of an issue: what was refused may be
 * a secret.
 *
 * @example
 * ```ts
 * import type { Issue } from "effect-herald"
 *
 * const issue: Issue.Issue = { path: ["body", "name"], message: "is missing" }
 * ```
 */
export interface Issue {
  /** Where, outermost first: keys and array indices. Empty for the value as a whole. */
  readonly path: ReadonlyArray<string | number>
  readonly message: string
  /** The server's own code for it, if it gave one. */
  readonly code?: string | undefined
}

/** One line for a person: `body.accounts[1]: Account not found.` */
export const format = (issue: Issue): string => {
  const path = issue.path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : index === 0 ? key : `.${key}`))
    .join("")
  return path === "" ? issue.message : `${path}: ${issue.message}`
}
