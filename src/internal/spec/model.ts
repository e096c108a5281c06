import type { Encoding, Style } from "../descriptor/Descriptor.js"
import type { Json, Shape } from "../../Shape.js"
import type { Problem } from "../../spec/Problem.js"

/** A server of a document (OpenAPI 3.1, 4.8.5). */
export interface Server {
  /** With variables in braces. */
  readonly url: string
  readonly description?: string | undefined
  readonly variables: ReadonlyMap<
    string,
    {
      readonly default: string
      readonly enum?: ReadonlyArray<string> | undefined
      readonly description?: string | undefined
    }
  >
}

/** A security scheme (OpenAPI 3.1, 4.8.27). The schemes of Swagger 2.0 are read into these. */
export type SecurityScheme = { readonly description?: string | undefined } & (
  | { readonly type: "apiKey"; readonly in: "query" | "header" | "cookie"; readonly name: string }
  | { readonly type: "http"; readonly scheme: string; readonly bearerFormat?: string | undefined }
  | { readonly type: "oauth2"; readonly flows: Readonly<Record<string, OAuthFlow>> }
  | { readonly type: "openIdConnect"; readonly url: string }
  | { readonly type: "mutualTLS" }
)

/** A flow of OAuth 2.0. Its name is that of OpenAPI 3: `clientCredentials`, `authorizationCode`, `password`, `implicit`, `deviceAuthorization`. */
export interface OAuthFlow {
  readonly authorizationUrl?: string | undefined
  readonly deviceAuthorizationUrl?: string | undefined
  readonly tokenUrl?: string | undefined
  readonly refreshUrl?: string | undefined
  readonly scopes: ReadonlyArray<string>
}

/** A parameter as the document describes it. */
export interface DocumentParameter {
  /** The name that is sent. */
  readonly name: string
  readonly in: "path" | "query" | "querystring" | "header" | "cookie"
  readonly required: boolean
  readonly shape: Shape
  /** Absent if it is the default of the parameter's place. */
  readonly style?: Style | undefined
  /** Absent if it is the default of the style. */
  readonly explode?: boolean | undefined
  readonly allowReserved?: boolean | undefined
  readonly content?: string | undefined
  readonly description?: string | undefined
  readonly deprecated?: boolean | undefined
  readonly pointer: string
}

/** A body of one media type, as the document describes it. */
export interface DocumentMediaType {
  readonly shape?: Shape | undefined
  readonly encoding?: Readonly<Record<string, Encoding>> | undefined
  readonly items?: Shape | undefined
}

/** The body of a request, as the document describes it. */
export interface DocumentBody {
  readonly required: boolean
  readonly description?: string | undefined
  /** By media type, in the order of the document. */
  readonly content: ReadonlyMap<string, DocumentMediaType>
  readonly pointer: string
  /** The name of a body parameter of Swagger 2.0. */
  readonly name?: string | undefined
}

/** A response, as the document describes it. */
export interface DocumentResponse {
  readonly description?: string | undefined
  /** The headers, by name in lower case. */
  readonly headers: ReadonlyMap<string, { readonly description?: string | undefined; readonly shape: Shape }>
  readonly content: ReadonlyMap<string, DocumentMediaType>
  readonly pointer: string
}

/** The details of an operation. They are read when they are first asked for. */
export interface OperationDetails {
  /** Those of the path, and those of the operation, which replace them. In the order of the document. */
  readonly parameters: ReadonlyArray<DocumentParameter>
  readonly body?: DocumentBody | undefined
  /** By status, range (`2XX`) or `default`. */
  readonly responses: ReadonlyMap<string, DocumentResponse>
  readonly problems: ReadonlyArray<Problem>
}

/** An operation of a document. */
export interface DocumentOperation {
  /** The JSON pointer of the operation (RFC 6901), such as `/paths/~1pets/get`. Those of its parts are alike. */
  readonly pointer: string
  /** In upper case, such as `GET`. */
  readonly method: string
  readonly path: string
  readonly operationId?: string | undefined
  readonly tags: ReadonlyArray<string>
  readonly summary?: string | undefined
  readonly description?: string | undefined
  readonly deprecated: boolean
  /** What the document says about the deprecation (the extension `x-deprecation-warning`), as one line. */
  readonly deprecation?: string | undefined
  readonly servers?: ReadonlyArray<Server> | undefined
  /** Alternatives; absent if the document's own apply. */
  readonly security?: ReadonlyArray<ReadonlyArray<string>> | undefined
  /** The extensions of the operation (`x-…`). */
  readonly extensions: Readonly<Record<string, unknown>>
  readonly details: () => OperationDetails
}

/** A document: Swagger 2.0, or OpenAPI 3.0, 3.1 or 3.2. */
export interface Document {
  readonly specification: "2.0" | "3.0" | "3.1" | "3.2"
  readonly title: string
  readonly version: string
  readonly description?: string | undefined
  /** The file or URL that the document was read from. */
  readonly source?: string | undefined
  readonly servers: ReadonlyArray<Server>
  /** The security of operations that have none of their own: alternatives, each the names of schemes that apply together. */
  readonly security: ReadonlyArray<ReadonlyArray<string>>
  readonly securitySchemes: ReadonlyMap<string, SecurityScheme>
  readonly tags: ReadonlyArray<{ readonly name: string; readonly description?: string | undefined }>
  readonly operations: ReadonlyArray<DocumentOperation>
  /** The named schemas. */
  readonly shapes: ReadonlyMap<string, () => Shape>
  /** The document as JSON, with the corrections that were applied. It must not be changed. */
  readonly json: Json
  /** All problems. Reads all operations. */
  readonly problems: () => ReadonlyArray<Problem>
  /** The line and column (from 1) of a pointer in the source text; undefined if the document was not read from text. */
  readonly position: (
    problem: Pick<Problem, "pointer" | "source">
  ) => { readonly line: number; readonly column: number } | undefined
}

/**
 * A change of a document before it is read, such as an OpenAPI Overlay makes. Returns the changed JSON, and the problems of the
 * correction itself. It must not change its argument.
 */
export type Correction = (json: Json) => { readonly json: Json; readonly problems: ReadonlyArray<Problem> }
