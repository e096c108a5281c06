import type { HttpMethod } from "@effect/platform/HttpMethod"
import type { Ref } from "./Shape.js"

/** The serialization of a parameter (OpenAPI 3.1, 4.8.12.2), with those of Swagger 2.0 and of servers in PHP and Rails. */
export type Style =
  | "simple"
  | "label"
  | "matrix"
  | "form"
  | "spaceDelimited"
  | "pipeDelimited"
  | "tabDelimited"
  | "deepObject"
  /** `status[]=a&status[]=b`. */
  | "brackets"
  | "cookie"

/** A parameter of an operation. */
export interface Parameter {
  /** The name in the input. Unique within its part of the input: path and query, `headers`, or `cookies`. */
  readonly name: string
  /** The name that is sent. Default: `name`. */
  readonly wire?: string | undefined
  /**
   * The place of the parameter. `querystring` is the whole query (OpenAPI 3.2); `body` is a property of the JSON body, for
   * operations whose body is spread over the parameters.
   */
  readonly in: "path" | "query" | "querystring" | "header" | "cookie" | "body"
  /** Default: false. Path parameters are always required. */
  readonly required?: boolean | undefined
  /** Default: any scalar. */
  readonly shape?: Ref | undefined
  /** Default: `simple` in paths and headers, `form` in queries and cookies. */
  readonly style?: Style | undefined
  /** Default: true for `form` and `cookie`, false for other styles. */
  readonly explode?: boolean | undefined
  /** Sends reserved characters as they are. Default: false. */
  readonly allowReserved?: boolean | undefined
  /** The media type of a value that is serialized as a body is, such as JSON in a query parameter. */
  readonly content?: string | undefined
}

/** The encoding of a property of a form or multipart body (OpenAPI 3.1, 4.8.15). */
export interface Encoding {
  readonly contentType?: string | undefined
  readonly style?: Style | undefined
  readonly explode?: boolean | undefined
  readonly allowReserved?: boolean | undefined
}

/** A body of one media type. */
export interface MediaType {
  readonly shape?: Ref | undefined
  readonly encoding?: Readonly<Record<string, Encoding>> | undefined
  /** The items of a sequential media type: `text/event-stream`, `application/jsonl` (OpenAPI 3.2). */
  readonly items?: Ref | undefined
}

/** The body of a request. Its media types are alternatives; the first one is the default. */
export interface RequestBody {
  readonly required?: boolean | undefined
  readonly content: Readonly<Record<string, MediaType>>
}

/** A response. Without `content` it has no body that is of use. */
export interface ResponseBody {
  readonly content?: Readonly<Record<string, MediaType>> | undefined
}

/** A total in a header or at a JSON pointer of the body (RFC 6901). */
export type Fact = { readonly header: string } | { readonly pointer: string }

/** The way in which a list is divided into pages. Pointers are JSON pointers into the body of a page; the empty one is the body. */
export type List =
  | {
      readonly by: "page"
      /** The input parameter of the page number. */
      readonly param: string
      readonly first?: number | undefined
      readonly items: string
      readonly totalPages?: Fact | undefined
    }
  | {
      readonly by: "offset"
      readonly param: string
      readonly limitParam?: string | undefined
      readonly items: string
      readonly totalItems?: Fact | undefined
    }
  | { readonly by: "cursor"; readonly param: string; readonly items: string; readonly next: Fact }
  | { readonly by: "link"; readonly items: string }

/**
 * The keys of a response as the caller reads them. Those within the properties of a request's body can be given in the same case, or as
 * the shape names them.
 */
export interface Keys {
  readonly case: "snake_case"
  /** The keys, as they are sent, below which keys are left as they are. */
  readonly verbatim?: ReadonlyArray<string> | undefined
}

/**
 * The description of an operation, as plain data: what a document says about the request and the responses. A document that is read
 * at run time and generated code have the same descriptors, and so send the same requests.
 */
export interface Descriptor {
  /** Names the operation in errors, logs and cache lifetimes, such as `pets.getPet`. */
  readonly name: string
  readonly method: HttpMethod
  /** The path as the document has it, such as `/pets/{id}`. */
  readonly path: string
  readonly parameters?: ReadonlyArray<Parameter> | undefined
  /** Absent where `parameters` has properties of the body, and for operations without a body. */
  readonly body?: RequestBody | undefined
  /** By status, range (`2XX`) or `default`. */
  readonly responses: Readonly<Record<string, ResponseBody>>
  /**
   * The server of this operation, if it is not that of the document: a URL, absolute or relative to the document's server. One on the
   * origin of the document's server is relative, such as `/v2`, so that it is on the origin of whatever base URL the API's layer has.
   */
  readonly server?: string | undefined
  /** Alternatives of security schemes, each the names of those that apply together. `[]` and `[[]]` are none. Default: those of the API. */
  readonly security?: ReadonlyArray<ReadonlyArray<string>> | undefined
  readonly list?: List | undefined
  /** The names of the parameters that come first in a call, in order: `get(1, { limit: 2 })`. Absent: a call has one input object. */
  readonly positional?: ReadonlyArray<string> | undefined
  readonly keys?: Keys | undefined
  /**
   * True for an API that takes nulls in bodies where their shapes do not allow them: a null of the caller is then sent. Default: false, the
   * call fails with an `EncodeError`.
   */
  readonly undeclaredNulls?: boolean | undefined
}
