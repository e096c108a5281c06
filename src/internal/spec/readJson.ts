import * as Effect from "effect/Effect"
import type { Json } from "../../Shape.js"
import type { Correction, Document } from "./model.js"
import type { Problem } from "../../spec/Problem.js"
import { DocumentError } from "./DocumentError.js"
import { describeForeign } from "./foreign.js"
import { loadFiles } from "./loadFiles.js"
import { isFields } from "./node.js"
import type { Source } from "./source.js"
import { readDocument, specificationOf } from "./readDocument.js"

/** Applies corrections, in order. */
const correct = (
  json: unknown,
  corrections: ReadonlyArray<Correction> | undefined
): { readonly json: unknown; readonly problems: ReadonlyArray<Problem> } => {
  const problems: Array<Problem> = []
  let corrected = json
  for (const correction of corrections ?? []) {
    // Parsed from text, or given as JSON.
    const result = correction(corrected as Json)
    corrected = result.json
    problems.push(...result.problems)
  }
  return { json: corrected, problems }
}

/** Reads a document that was parsed, and the files that it refers to. */
export const readJson = <R>(source: Source<R>): Effect.Effect<Document, DocumentError, R> =>
  Effect.suspend(() => {
    const { location } = source
    const { json, problems } = correct(source.json, source.corrections)
    const version = specificationOf(json)
    if (version === undefined || !isFields(json)) {
      return new DocumentError({
        message: `${location ?? "The document"} is ${describeForeign(json)}.`,
        source: location
      })
    }
    const found = version.problem === undefined ? [] : [version.problem]
    return Effect.map(loadFiles(source, json), (files) => {
      const position: Document["position"] = (problem) =>
        problem.source === undefined || problem.source === location
          ? source.position?.(problem.pointer)
          : files.positions.get(problem.source)?.(problem.pointer)
      const reader = {
        ...files.reader,
        specification: version.specification,
        inline: new Map(),
        named: new Map(),
        bare: new Map(),
        targets: new Map(),
        ends: new Map(),
        schemaEnds: new Map(),
        cycles: { allOf: new Map(), anyOf: new Map(), any: new Map() },
        names: new Set<string>(),
        problems: new WeakMap()
      }
      return readDocument(reader, json, [...source.problems, ...problems, ...found, ...files.problems], position)
    })
  })
