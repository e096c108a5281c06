import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { Document } from "effect-herald/spec"
import { correctionsOf } from "../../../../services/civis/correctionsOf.js"

const fixture = (name: string): string =>
  readFileSync(new URL(`../../../fixtures/civis/${name}`, import.meta.url), "utf8")

/** The text of a part of Civis' specification. */
export const specificationText = fixture("specification.json")

/** The rows of a table, by the names of its columns. */
export const table = (name: "methods.tsv" | "nameExceptions.tsv"): ReadonlyArray<Readonly<Record<string, string>>> => {
  const [head = "", ...lines] = fixture(name).trimEnd().split("\n")
  const columns = head.split("\t")
  return lines.map((line) => {
    const cells = line.split("\t")
    return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? ""]))
  })
}

/** The specification, without corrections. */
export const readSpecification = Effect.orDie(Document.parse(specificationText))

/** The specification, with Civis' corrections. */
export const readCorrected = Effect.orDie(
  Effect.flatMap(correctionsOf, (corrections) => Document.parse(specificationText, { corrections }))
)
