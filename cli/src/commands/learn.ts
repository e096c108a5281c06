import type { Shape } from "effect-herald/spec"
import { Learn } from "effect-herald/spec/tools"
import { keyOf, openDocument } from "../document.js"
import { exitCodes } from "../exitCodes.js"
import { usage } from "../Failure.js"
import type { Invocation, Program } from "../Invocation.js"
import { parseJson } from "../jsonText.js"
import { noOperands } from "../outcome.js"
import { writeError } from "../report.js"
import { run } from "../run.js"
import { toJson } from "../text/json.js"
import { toFile } from "../call/output.js"
import { decodeText, readInput } from "../values.js"

/** Writes an overlay that corrects the response types of a document. */
export const program: Program = async (invocation) => {
  noOperands(invocation)
  const { io, values } = invocation
  const from = values.get("from")
  if (values.has("examples") === (from !== undefined)) {
    throw usage(
      "herald learn needs something to learn from: --examples or --from FILE.",
      "--examples are those that the document records; --from is a file of mismatches, JSON, one a line."
    )
  }
  const mismatches = from === undefined ? undefined : await readMismatches(from, invocation)
  const { document } = await run(openDocument(keyOf(values, io.env), io), invocation)
  const overlay = mismatches === undefined ? Learn.fromExamples(document) : Learn.fromMismatches(document, mismatches)
  // JSON is YAML, too.
  const text = `${toJson(overlay, { pretty: true })}\n`
  const out = values.get("out")
  if (out === undefined) await io.stdout.write(text)
  else await toFile(out, text)
  const count = overlay.actions.length
  const summary = count === 0 ? "Nothing to correct" : `${count} ${count === 1 ? "correction" : "corrections"}`
  await writeError(io, `${summary}${out === undefined ? "" : `, written to ${out}`}.\n`)
  return exitCodes.ok
}

const readMismatches = async (from: string, { io }: Invocation): Promise<ReadonlyArray<Learn.SeenMismatch>> => {
  const where = from === "-" ? "The standard input" : from
  const text = decodeText(await readInput(from, io, "--from"), where)
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return []
    let value: unknown
    try {
      value = parseJson(line)
    } catch {
      throw usage(`${where}:${index + 1} is not JSON.`, mismatchAdvice)
    }
    if (!isMismatch(value)) throw usage(`${where}:${index + 1} is no mismatch.`, mismatchAdvice)
    return [value]
  })
}

const mismatchAdvice =
  'A line is a mismatch, such as {"operation":"GET /pets/{id}","status":200,"pointer":"/tag","kind":"null","found":"null"}.'

const kinds: ReadonlySet<Shape.MismatchKind> = new Set<Shape.MismatchKind>([
  "type",
  "null",
  "missing",
  "enum",
  "unknown",
  "syntax",
  "empty",
  "undeclared"
])

const isMismatch = (value: unknown): value is Learn.SeenMismatch => {
  if (typeof value !== "object" || value === null) return false
  const { count, found, kind, operation, pointer, schema, status } = value as Record<string, unknown>
  const isOptional = (field: unknown, type: string) => field === undefined || typeof field === type
  return (
    typeof operation === "string" &&
    typeof status === "number" &&
    typeof pointer === "string" &&
    typeof kind === "string" &&
    // The set has all kinds.
    kinds.has(kind as Shape.MismatchKind) &&
    isOptional(found, "string") &&
    isOptional(schema, "string") &&
    isOptional(count, "number")
  )
}
