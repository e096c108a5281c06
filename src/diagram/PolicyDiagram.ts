import { drawPolicy } from "../internal/diagram/policySvg.js"
import type { Explanation } from "../RetryPolicy.js"

/**
 * Draws the decisions of a retry policy, as `RetryPolicy.explain` returns them, as SVG for light and dark backgrounds. Each wait is a bar:
 * dark for its shortest time, and light from there to its longest. The SVG has a title and a description for screen readers, no script,
 * and no reference to another file. Of more than 48 attempts, those in the middle are left out.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { RetryPolicy } from "effect-herald"
 * import { PolicyDiagram } from "effect-herald/diagram"
 *
 * const svg = RetryPolicy.explain(RetryPolicy.standard, ["ECONNREFUSED", { status: 429, retryAfter: "3 seconds" }, 503]).pipe(
 *   Effect.map(PolicyDiagram.toSvg)
 * )
 * ```
 */
export const toSvg = (explanation: Explanation): string => drawPolicy(explanation)
