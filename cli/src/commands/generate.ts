import * as Effect from "effect/Effect"
import { GeneratedFiles } from "effect-herald/node"
import { Generator } from "effect-herald/spec/tools"
import { keyOf, openDocument, reportProblems } from "../document.js"
import { fileSystem } from "../fileSystem.js"
import type { Program } from "../Invocation.js"
import { noOperands, outDirectory, reportCheck, reportWritten } from "../outcome.js"
import { run } from "../run.js"

/** Writes a client in TypeScript. */
export const program: Program = async (invocation) => {
  noOperands(invocation)
  const { io, values } = invocation
  const directory = outDirectory(invocation)
  const opened = await run(openDocument(keyOf(values, io.env), io), invocation)
  const files = Generator.generate(opened.document, opened, { name: values.get("name") })
  await reportProblems(opened, invocation)
  const checks = values.has("check")
  const difference = await run(
    (checks ? GeneratedFiles.check(directory, files) : GeneratedFiles.write(directory, files)).pipe(
      Effect.provide(fileSystem)
    ),
    invocation
  )
  return checks
    ? await reportCheck(difference, directory, invocation)
    : await reportWritten(difference, directory, invocation)
}
