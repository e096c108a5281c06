/**
 * Makes the pictures of the documentation, and the same timeline as text: the life of a request, the decisions of a retry policy, and the
 * timeline of a call that fails. With `--check` it fails if a committed one differs. `npm run bench -- call --docs` makes the others.
 */
import { readFileSync, writeFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { RetryPolicy } from "effect-herald"
import { PolicyDiagram, Timeline } from "effect-herald/diagram"
import { withGeneratedPart } from "./generatedPart.js"
import { failedCall } from "./pictures/failedCall.js"
import { drawLifeOfARequest } from "./pictures/lifeOfARequest.js"

const page = "docs/guides/timelines.md"

const contents: Effect.Effect<Readonly<Record<string, string>>> = Effect.gen(function* () {
  // The failures of the example in docs/guides/retries.md.
  const outcomes = ["ECONNREFUSED", { status: 429, retryAfter: "3 seconds" }, 503, 503] as const
  const explanation = yield* RetryPolicy.explain(RetryPolicy.standard, outcomes, { method: "POST" })
  const timeline = yield* failedCall
  return {
    "docs/images/life-of-a-request.svg": drawLifeOfARequest(),
    "docs/images/retry-policy.svg": PolicyDiagram.toSvg(explanation),
    "docs/images/timeline.svg": Timeline.toSvg(timeline),
    [page]: withGeneratedPart(page, "timeline", `\`\`\`text\n${Timeline.toText(timeline)}\n\`\`\``)
  }
})

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

const changed = Object.entries(await Effect.runPromise(contents)).filter(([path, content]) => read(path) !== content)
if (!process.argv.includes("--check")) {
  for (const [path, content] of changed) writeFileSync(path, content)
  console.log(changed.length === 0 ? "all pictures are up to date" : changed.map(([path]) => path).join("\n"))
} else if (changed.length > 0) {
  console.error(`run \`npm run docs:pictures\`, since these differ: ${changed.map(([path]) => path).join(", ")}`)
  process.exitCode = 1
}
