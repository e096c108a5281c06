import { Markdown } from "effect-herald/spec/tools"
import { keyOf, openDocument, reportProblems } from "../document.js"
import type { Program } from "../Invocation.js"
import { noOperands, outDirectory, reportCheck, reportWritten } from "../outcome.js"
import { checkPages, writePages } from "../pages.js"
import { run } from "../run.js"

/** Writes Markdown: a page for each resource, and an index. */
export const program: Program = async (invocation) => {
  noOperands(invocation)
  const { io, values } = invocation
  const directory = outDirectory(invocation)
  const opened = await run(openDocument(keyOf(values, io.env), io), invocation)
  const pages = Markdown.ofDocument(opened.document, opened)
  await reportProblems(opened, invocation)
  return values.has("check")
    ? await reportCheck(await checkPages(directory, pages), directory, invocation)
    : await reportWritten(await writePages(directory, pages), directory, invocation)
}
