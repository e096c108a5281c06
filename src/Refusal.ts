import type { Issue } from "./Issue.js"

/**
 * What an error schema of an endpoint decodes to: how the API's statuses and bodies map to the error family. The tag is
 * that of the error the operation fails with; an operation's error channel lists the tags of its endpoint's error schemas
 * and no others. A 4xx that none of them decodes is a `ClientError`.
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { Schema } from "effect"
 *
 * // {"detail": "..."} with status 403 is `Forbidden`
 * const Forbidden = Schema.Struct({ detail: Schema.String }).pipe(Schema.attachPropertySignature("_tag", "Forbidden"))
 *
 * export const close = () => HttpApiEndpoint.post("close", "/close").addError(Forbidden, { status: 403 })
 * ```
 */
export interface Refusal<Tag extends RefusalTag = RefusalTag> {
  readonly _tag: Tag
  /** What the server said, for a person. */
  readonly detail?: string | undefined
  /** What the server found wrong, piece by piece. */
  readonly issues?: ReadonlyArray<Issue> | undefined
}

/** The errors of the family that an endpoint declares, because only the API can tell which of them it has. */
export type RefusalTag = "Unauthorised" | "Forbidden" | "NotFound" | "Conflict" | "DataError"
