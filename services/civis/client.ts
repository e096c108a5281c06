import type { HttpClient } from "@effect/platform/HttpClient"
import * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Client from "../../src/spec/Client.js"
import * as Document from "../../src/spec/Document.js"
import { Authoriser } from "./Authoriser.js"
import { convention } from "./convention.js"
import { correctionsOf } from "./correctionsOf.js"
import { type FetchError, Specifications } from "./Specifications.js"

/** Options of `spec`, and of `client` for the specification of the server. */
export interface SpecOptions {
  /** Fetches the specification anew, and replaces the cached one. Default: false. */
  readonly forceRefresh?: boolean | undefined
  /**
   * Whether a person works in this process: a cached specification is then used for 15 minutes, and otherwise for 24 hours. Default: true
   * in the REPLs of Node and Deno, which define the accessor `_error` on `globalThis`, and false elsewhere, on a terminal, too.
   */
  readonly interactive?: boolean | undefined
}

/** Options of `client` for a specification that is at hand. Nothing is requested. */
export interface LocalOptions {
  /** The specification, as JSON: the value of `JSON.parse`, or of a module. */
  readonly localSpec: { readonly [key: string]: unknown }
  readonly forceRefresh?: undefined
}

/** Options of `client` for a specification in a file. */
export interface FileOptions<R> {
  /** The file, such as `spec.json`. */
  readonly localSpec: string
  /** Reads the file, such as `DocumentFiles.read` of `effect-herald/node`. */
  readonly read: (location: string) => Effect.Effect<string, Document.DocumentError, R>
  readonly forceRefresh?: undefined
}

/** A client without types: its methods take and return values of any type. */
export type AnyClient = Client.Client<HttpClient | Authoriser>

/** The REPLs of Node and Deno have the last error in a global accessor. */
const isRepl = (): boolean => Object.getOwnPropertyDescriptor(globalThis, "_error")?.get !== undefined

const specification = ({ forceRefresh = false, interactive = isRepl() }: SpecOptions) =>
  Effect.flatMap(Specifications, ({ get }) =>
    get({ forceRefresh, lifetime: interactive ? Duration.minutes(15) : Duration.hours(24) })
  )

/** Reads a specification at hand. A copy, since the resources of a client don't change. */
const readValue = (value: unknown): Effect.Effect<Document.Document, Document.DocumentError> =>
  Effect.gen(function* () {
    const json: unknown = yield* Effect.try({
      try: () => structuredClone(value),
      catch: () => new Document.DocumentError({ message: "localSpec must be JSON, or the name of a file" })
    })
    return yield* Document.fromJson(json, { corrections: yield* correctionsOf })
  })

const isFile = (options: LocalOptions | FileOptions<unknown>): options is FileOptions<unknown> =>
  typeof options.localSpec === "string"

const readFile = <R>({
  localSpec,
  read
}: FileOptions<R>): Effect.Effect<Document.Document, Document.DocumentError, R> =>
  typeof read === "function"
    ? Effect.flatMap(correctionsOf, (corrections) => Document.load(localSpec, { read, corrections }))
    : new Document.DocumentError({
        message: "localSpec is the name of a file, so that `read` is needed: give DocumentFiles.read",
        source: localSpec
      })

/** Returns the document for these options. */
const documentOf = (
  options: SpecOptions | LocalOptions | FileOptions<unknown>
): Effect.Effect<Document.Document, FetchError | ConfigError.ConfigError, unknown> => {
  const isLocal = "localSpec" in options && options.localSpec !== undefined
  if (!isLocal) return Effect.map(specification(options), ({ document }) => document)
  // The types forbid it, but JavaScript does not.
  if (options.forceRefresh === true) {
    const message = "can't be combined with localSpec, which is never requested: leave out one"
    return Effect.fail(ConfigError.InvalidData(["forceRefresh"], message))
  }
  return isFile(options) ? readFile(options) : readValue(options.localSpec)
}

/**
 * Makes a client: an object of resources, such as `client.workflows`, which are objects of methods, such as
 * `client.workflows.list({ limit: 10 })`. Its names and the form of calls are those of `convention`; see `Client.make` about methods.
 *
 * - `Api`: the type of the client, for interfaces that `herald generate` made. Default: `AnyClient`
 *
 * The specification is requested from the server (`GET /endpoints`) once, and shared by the clients of a layer; see `Specifications`. With
 * `localSpec`, it is a value or a file, and nothing is requested. `localSpec` and `forceRefresh` exclude each other. The resources of a
 * client never change: make another client after a refresh.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as Civis from "effect-herald/civis"
 * import { DocumentFiles } from "effect-herald/node"
 * import { Client } from "effect-herald/spec"
 *
 * const workflows = Effect.gen(function* () {
 *   const client = yield* Civis.client()
 *   const list = yield* Client.method(client, "workflows", "list")
 *   return yield* list({ limit: 10 })
 * })
 *
 * // A client without a request.
 * const local = Civis.client({ localSpec: "spec.json", read: DocumentFiles.read })
 * ```
 */
export const client: {
  <Api extends object = AnyClient>(
    options?: SpecOptions & { readonly localSpec?: undefined }
  ): Effect.Effect<Api, FetchError | ConfigError.ConfigError, HttpClient | Authoriser | Specifications>
  <Api extends object = AnyClient>(
    options: LocalOptions
  ): Effect.Effect<Api, Document.DocumentError | ConfigError.ConfigError>
  <Api extends object = AnyClient, R = never>(
    options: FileOptions<R>
  ): Effect.Effect<Api, Document.DocumentError | ConfigError.ConfigError, R>
} = (options: (SpecOptions & { readonly localSpec?: undefined }) | LocalOptions | FileOptions<unknown> = {}): never =>
  // The overloads declare the types of the client, the errors and the requirements.
  Effect.map(documentOf(options), (document) => Client.make(Authoriser, document, { convention })) as never

/**
 * Returns the specification as the server sent it, without corrections: JSON, to save in a file for `localSpec`. The cached one is used
 * as `client` uses it.
 *
 * @example
 * ```ts
 * import { FileSystem } from "@effect/platform"
 * import { Effect } from "effect"
 * import * as Civis from "effect-herald/civis"
 *
 * const save = Effect.flatMap(Civis.spec({ forceRefresh: true }), (text) =>
 *   Effect.flatMap(FileSystem.FileSystem, (files) => files.writeFileString("spec.json", text))
 * )
 * ```
 */
export const spec = (
  options: SpecOptions = {}
): Effect.Effect<string, FetchError, HttpClient | Authoriser | Specifications> =>
  Effect.map(specification(options), ({ text }) => text)
