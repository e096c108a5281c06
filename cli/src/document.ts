import * as Effect from "effect/Effect"
import { DocumentFiles } from "effect-herald/node"
import { Convention, Document, Names, Overlay, type Problem } from "effect-herald/spec"
import type { DocumentKey } from "./completion/CompletionData.js"
import { civis, documentKey, isUrl } from "./documentKey.js"
import { usage } from "./Failure.js"
import type { Invocation } from "./Invocation.js"
import type { Io } from "./Io.js"
import { didYouMean } from "./nearest.js"
import type { Values } from "./options.js"
import type { Json } from "./shapes.js"
import { oneLine } from "./text/visible.js"
import { quoted } from "./values.js"

/** A document with the names of its operations. */
export interface Opened {
  readonly key: DocumentKey
  readonly document: Document.Document
  readonly operations: ReadonlyArray<Convention.NamedOperation>
  /** The files that were read. */
  readonly files: ReadonlyArray<string>
  /** The actions of overlays that no longer apply. */
  readonly warnings: ReadonlyArray<string>
  /** The operations that have another name than their convention gives them. */
  readonly problems: ReadonlyArray<Problem.Problem>
}

/** Returns the document that the options name. Fails if none does. */
export const keyOf = (values: Values, env: Io["env"]): DocumentKey => {
  const key = documentKey(
    { spec: values.get("spec"), overlays: values.all("overlay"), convention: values.get("convention") },
    env
  )
  if (key !== undefined) return key
  throw usage(
    "No document is named.",
    "Give --spec with a file or a URL, or set HERALD_SPEC.",
    "--spec civis is the document of Civis, read with the key in CIVIS_API_KEY."
  )
}

/**
 * Reads the document of a key, with its overlays, and names its operations. Fails with a `DocumentError` or an `OverlayError`. Needs an
 * `HttpClient` for documents from the network.
 */
export const openDocument = (key: DocumentKey, io: Pick<Io, "env" | "stderr">) =>
  Effect.gen(function* () {
    const files: Array<string> = []
    const warnings: Array<string> = []
    const read = (location: string) =>
      Effect.tap(DocumentFiles.read(location), () => {
        if (!isUrl(location)) files.push(location)
      })
    const corrections = yield* Effect.forEach(key.overlays, (location) =>
      Effect.map(
        Effect.flatMap(read(location), (text) =>
          Effect.flatMap(Overlay.parse(text, { source: location }), (overlay) =>
            Overlay.correction(overlay, { source: location })
          )
        ),
        (correct) => (json: Json) => {
          const applied = correct(json)
          for (const { message, pointer } of applied.problems) warnings.push(`${location}#${pointer}: ${message}`)
          return applied
        }
      )
    )
    // Loaded only for Civis: it is large.
    const forCivis = key.convention === civis ? yield* Effect.promise(() => import("./civis.js")) : undefined
    const document =
      key.spec === civis && forCivis !== undefined
        ? yield* corrected((yield* forCivis.specification(io)).document, corrections)
        : yield* Document.load(key.spec, { read, corrections })
    const { operations, problems } = Names.make(document, forCivis?.convention ?? Convention.standard)
    return { key, document, operations, problems, files, warnings }
  })

/** Applies further corrections to a document. */
const corrected = (document: Document.Document, corrections: ReadonlyArray<Document.Correction>) =>
  corrections.length === 0
    ? Effect.succeed(document)
    : Document.fromJson(document.json, { source: document.source, corrections })

/** Returns a place in a document for a message: `petstore.yaml:12:5`, or the pointer where line and column are not known. */
export const placeOf = (document: Document.Document, problem: Pick<Problem.Problem, "pointer" | "source">): string => {
  const file = problem.source ?? document.source ?? ""
  const position = document.position(problem)
  return position === undefined
    ? `${file}#${problem.pointer}`
    : `${file}:${position.line}:${position.column} (${problem.pointer})`
}

/** The problems that are listed; a document may have thousands. */
const mostProblems = 20

/** Warns of all problems of a document and its names. */
export const reportProblems = async (
  { document, problems, warnings }: Opened,
  { warn }: Pick<Invocation, "warn">
): Promise<void> => {
  const texts = [...document.problems(), ...problems].map(
    (problem) => `${placeOf(document, problem)}: ${problem.message}`
  )
  // The problems of a document include those of its overlays.
  const all = [...new Set([...warnings, ...texts])]
  for (const text of all.slice(0, mostProblems)) await warn(text)
  if (all.length > mostProblems) await warn(`${all.length - mostProblems} more problems of the document are not shown.`)
}

/** A resource with its operations. */
export interface Resource {
  readonly name: string
  readonly summary: string
  readonly operations: ReadonlyArray<Convention.NamedOperation>
}

/** Groups operations by resource, in alphabetical order. The summary is the description of the resource's tag. */
export const resourcesOf = ({
  document,
  operations
}: Pick<Opened, "document" | "operations">): ReadonlyArray<Resource> => {
  const groups = new Map<string, Array<Convention.NamedOperation>>()
  for (const operation of operations) {
    const group = groups.get(operation.resource)
    if (group === undefined) groups.set(operation.resource, [operation])
    else group.push(operation)
  }
  const descriptions = new Map(document.tags.map(({ description, name }) => [name, description]))
  return [...groups]
    .map(([name, operations]) => {
      const tag = operations[0]!.operation.tags[0]
      return { name, operations, summary: firstSentence((tag === undefined ? undefined : descriptions.get(tag)) ?? "") }
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** Returns the first line of a description, without Markdown's marks. */
export const firstSentence = (text: string): string => {
  const line = text.trim().split(/\n\s*\n|\r?\n/)[0] ?? ""
  return oneLine(
    line
      .replace(/^#+\s*/, "")
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replace(/[*`]/g, "")
  )
}

/** Returns the summary of an operation, in one line. It is empty if the document has none. */
export const summaryOf = ({ operation }: Convention.NamedOperation): string => {
  const text = firstSentence(operation.summary ?? operation.description ?? "")
  return operation.deprecated ? `(deprecated) ${text}`.trim() : text
}

/** Finds a resource. A misspelt name fails with the nearest names. */
export const findResource = (resources: ReadonlyArray<Resource>, name: string): Resource => {
  const found = resources.find((resource) => resource.name === name)
  if (found !== undefined) return found
  const names = resources.map((resource) => resource.name)
  throw usage(
    `There is no resource ${quoted(name)}.${didYouMean(name, names)}`,
    names.length <= 12 ? `Resources: ${names.join(", ")}.` : `\`herald list\` shows the ${names.length} resources.`
  )
}

/** Finds an operation by resource and method. A former name of the method is found too. */
export const findOperation = (
  resources: ReadonlyArray<Resource>,
  resourceName: string,
  methodName: string
): Convention.NamedOperation => {
  const resource = findResource(resources, resourceName)
  const found =
    resource.operations.find(({ method }) => method === methodName) ??
    resource.operations.find(({ aliases }) => aliases?.includes(methodName) === true)
  if (found !== undefined) return found
  const names = resource.operations.map(({ method }) => method)
  throw usage(
    `The resource ${resource.name} has no method ${quoted(methodName)}.${didYouMean(methodName, names)}`,
    names.length <= 12
      ? `Methods: ${names.join(", ")}.`
      : `\`herald list ${resource.name}\` shows its ${names.length} methods.`
  )
}
