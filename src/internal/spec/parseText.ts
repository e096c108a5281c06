import * as Effect from "effect/Effect"
import { parse as parseJson } from "../http/json.js"
import { DocumentError } from "./DocumentError.js"
import { describeText } from "./foreign.js"
import { jsonLocator } from "./jsonPositions.js"
import type { Parsed } from "./parsed.js"
import { lineOf } from "./positions.js"
import { messageOf } from "../messageOf.js"

/** The largest text, in characters, that is read as YAML after it was found not to be JSON. */
const maxSecondTry = 1_000_000

const named = (source: string | undefined): string => source ?? "The document"

const syntaxError = (text: string, source: string | undefined, error: unknown): DocumentError => {
  const reason = messageOf(error)
  const offset = /position (\d+)/.exec(reason)?.[1]
  // V8 names no position for a text that ends too early.
  const position = lineOf(text)(offset === undefined ? text.length : Number(offset))
  return new DocumentError({
    message: `${named(source)} is not valid JSON at line ${position.line}, column ${position.column}: ${reason}`,
    source,
    ...position
  })
}

const asYaml = (text: string, source: string | undefined): Effect.Effect<Parsed, DocumentError> =>
  Effect.flatMap(
    Effect.promise(() => import("./yaml.js")),
    ({ parseYaml }) => parseYaml(text, source)
  )

/** Parses JSON or YAML. YAML is tried where the text does not start as JSON does, or is short and not valid JSON. */
export const parseText = (written: string, source: string | undefined): Effect.Effect<Parsed, DocumentError> =>
  Effect.suspend(() => {
    const text = written.startsWith("\uFEFF") ? written.slice(1) : written
    const isJson = /^\s*[[{]/.test(text)
    if (isJson) {
      try {
        return Effect.succeed({ json: parseJson(text), problems: [], position: jsonLocator(text) })
      } catch (error) {
        const failure = syntaxError(text, source, error)
        return text.length > maxSecondTry ? failure : Effect.mapError(asYaml(text, source), () => failure)
      }
    }
    const found = describeText(text)
    return found === undefined
      ? asYaml(text, source)
      : new DocumentError({ message: `${named(source)} is ${found}.`, source })
  })
