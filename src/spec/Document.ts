import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import { DocumentError } from "../internal/spec/DocumentError.js"
import type { Correction, Document } from "../internal/spec/model.js"
import { parseText } from "../internal/spec/parseText.js"
import { readJson } from "../internal/spec/readJson.js"
import { readUrl as readUrlText } from "../internal/spec/readUrl.js"

export type {
  Correction,
  Document,
  DocumentBody,
  DocumentMediaType,
  DocumentOperation,
  DocumentParameter,
  DocumentResponse,
  OAuthFlow,
  OperationDetails,
  SecurityScheme,
  Server
} from "../internal/spec/model.js"
export { DocumentError }

/** The options of reading a document. */
export interface Options<R = never> {
  /** The file or URL of the document. References and servers are relative to it. */
  readonly source?: string | undefined
  /** Reads the other files that the document refers to, by path or URL. Default: references to other files are problems. */
  readonly read?: ((location: string) => Effect.Effect<string, DocumentError, R>) | undefined
  /** The corrections, which are applied in order before anything is read. */
  readonly corrections?: ReadonlyArray<Correction> | undefined
}

/** Reads a document from JSON, such as a module or a cache has. The value is not copied: it must not be changed. */
export const fromJson = <R = never>(
  json: unknown,
  options: Options<R> = {}
): Effect.Effect<Document, DocumentError, R> =>
  readJson<R>({
    json,
    problems: [],
    location: options.source,
    read: options.read,
    corrections: options.corrections
  })

/**
 * Reads a document from a text: Swagger 2.0, or OpenAPI 3.0, 3.1 or 3.2, as JSON or YAML. Fails if the text is no such document.
 * A part that can't be used is no failure: see `problems` of the document.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Document } from "effect-herald/spec"
 *
 * const paths = (text: string) =>
 *   Effect.map(Document.parse(text), ({ operations }) => operations.map(({ method, path }) => `${method} ${path}`))
 * ```
 */
export const parse = <R = never>(text: string, options: Options<R> = {}): Effect.Effect<Document, DocumentError, R> =>
  Effect.flatMap(parseText(text, options.source), ({ json, position, problems }) =>
    readJson<R>({
      json,
      problems,
      location: options.source,
      text,
      position,
      read: options.read,
      corrections: options.corrections
    })
  )

/**
 * Reads a document, and the files that it refers to, from a file or URL.
 *
 * @example
 * ```ts
 * import { Document } from "effect-herald/spec"
 * import { DocumentFiles } from "effect-herald/node"
 *
 * const document = Document.load("openapi.yaml", { read: DocumentFiles.read })
 * ```
 */
export const load = <R>(
  location: string,
  options: {
    /** Reads a file, by path or URL. */
    readonly read: (location: string) => Effect.Effect<string, DocumentError, R>
    readonly corrections?: ReadonlyArray<Correction> | undefined
  }
): Effect.Effect<Document, DocumentError, R> =>
  Effect.flatMap(options.read(location), (text) => parse(text, { ...options, source: location }))

/**
 * Reads the text of a document from a URL, without credentials. Follows redirects, retries as every call does, and fails if the
 * text has more than 64 MiB. It can be the `read` of `load`, for documents whose files are all on the web.
 *
 * @example
 * ```ts
 * import { FetchHttpClient } from "@effect/platform"
 * import { Effect } from "effect"
 * import { Document } from "effect-herald/spec"
 *
 * const document = Document.load("https://pets.example/openapi.json", { read: Document.readUrl }).pipe(
 *   Effect.provide(FetchHttpClient.layer)
 * )
 * ```
 */
export const readUrl: (url: string) => Effect.Effect<string, DocumentError, HttpClient> = readUrlText
