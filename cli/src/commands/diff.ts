import * as Effect from "effect/Effect"
import { Diff } from "effect-herald/spec/tools"
import { openDocument } from "../document.js"
import { civis } from "../documentKey.js"
import { exitCodes } from "../exitCodes.js"
import { usage } from "../Failure.js"
import type { Program } from "../Invocation.js"
import { run } from "../run.js"
import { toJson } from "../text/json.js"
import { visible } from "../text/visible.js"

/** Shows what changed between two documents. */
export const program: Program = async (invocation) => {
  const { io, operands, values } = invocation
  const [before, after, ...more] = operands
  if (before === undefined || after === undefined || more.length > 0) {
    throw usage("herald diff compares two documents: herald diff OLD NEW.", "`herald help diff` shows how it is used.")
  }
  const open = (spec: string) =>
    openDocument({ spec, overlays: [], convention: spec === civis ? civis : undefined }, io)
  const [one, other] = await run(Effect.all([open(before), open(after)]), invocation)
  const changes = Diff.compare(one.document, other.document)
  const text = values.has("json") ? changes.map((change) => `${toJson(change)}\n`).join("") : Diff.print(changes)
  await io.stdout.write(values.has("json") ? text : visible(text.endsWith("\n") ? text : `${text}\n`))
  const failing = values.get("fail-on")
  const fails =
    failing === "any" ? changes.length > 0 : failing === "breaking" && changes.some(({ level }) => level === "breaking")
  return fails ? exitCodes.failed : exitCodes.ok
}
