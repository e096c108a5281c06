import type { HttpClient } from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import type { Stream } from "effect/Stream"
import type { Authoriser } from "./Authoriser.js"
import { type Any, TypeId } from "./Endpoint.js"
import type * as HeraldError from "./HeraldError.js"
import { type ApiDescription, type ApiLayer, apiLayer } from "./internal/descriptor/apiLayer.js"
import { type CompiledDescriptor, compileDescriptor } from "./internal/descriptor/compile.js"
import type { Descriptor, Fact, Keys, List } from "./internal/descriptor/Descriptor.js"
import { snakeCase } from "./internal/descriptor/snakeCase.js"
import { type Internals, internals } from "./internal/operation.js"
import { fromInternals, type Operation as AnyOperation } from "./Operation.js"
import * as Pagination from "./Pagination.js"
import { tokensOf } from "./internal/jsonPointer.js"

export type {
  Descriptor,
  Encoding,
  Fact,
  Keys,
  List,
  MediaType,
  Parameter,
  RequestBody,
  ResponseBody,
  Style
} from "./internal/descriptor/Descriptor.js"
export type { Mismatch, MismatchKind, Ref, Shape } from "./internal/descriptor/Shape.js"
export type { ApiDescription, ApiLayer, ApiOptions, ApiServer, ServerOptions } from "./internal/descriptor/apiLayer.js"
export { Strict } from "./internal/descriptor/strict.js"

/** The content of a body that is neither JSON nor fields: text, bytes, or a Stream of bytes. */
export type Content = string | Uint8Array | ArrayBuffer | Blob | Stream<Uint8Array, unknown>

/** The data that is declared for a status, by its number (or its text, as in generated code), its range, or `default`. */
type DataOf<Errors, Status extends number, Range> = [Extract<keyof Errors, Status | `${Status}`>] extends [never]
  ? Range extends keyof Errors
    ? Errors[Range]
    : "default" extends keyof Errors
      ? Errors["default"]
      : unknown
  : Errors[Extract<keyof Errors, Status | `${Status}`>]

/** The statuses that have a tag of their own. */
type OwnStatus = 400 | 401 | 403 | 404 | 409 | 412 | 422 | 428 | 429

/** The keys of the other statuses of a class. */
type OthersOf<Errors, First extends "4" | "5"> = {
  [K in keyof Errors]: K extends OwnStatus | `${OwnStatus}` | "default"
    ? never
    : `${K & (string | number)}` extends `${First}${string}`
      ? K
      : never
}[keyof Errors]

/** The data of an error for several statuses: that of those which are declared, and of `default`. */
type OtherData<Errors, First extends "4" | "5"> = [OthersOf<Errors, First>] extends [never]
  ? "default" extends keyof Errors
    ? Errors["default"]
    : unknown
  : Errors[OthersOf<Errors, First> | Extract<keyof Errors, "default">]

/** An error whose `data` has a type. */
type WithData<E, Data> = unknown extends Data ? E : E & { readonly data?: Data }

/**
 * The errors of a call of an operation: `CallError`, with the type of `data` for the statuses whose bodies are declared.
 *
 * - `Errors`: the types of the bodies by status, range (`4XX`) or `default`
 *
 * The data is what the server sent. It is not checked.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import type * as Descriptor from "effect-herald/descriptor"
 *
 * const reasonOf = <A, R>(call: Effect.Effect<A, Descriptor.ErrorsOf<{ 404: { readonly reason: string } }>, R>) =>
 *   Effect.catchTag(call, "NotFound", (error) => Effect.succeed(error.data?.reason))
 * ```
 */
export type ErrorsOf<Errors> = [keyof Errors] extends [never]
  ? HeraldError.CallError
  : | Exclude<HeraldError.CallError, HeraldError.StatusError>
    | WithData<HeraldError.BadRequest, DataOf<Errors, 400, "4XX">>
    | WithData<HeraldError.Unauthorized, DataOf<Errors, 401, "4XX">>
    | WithData<HeraldError.Forbidden, DataOf<Errors, 403, "4XX">>
    | WithData<HeraldError.NotFound, DataOf<Errors, 404, "4XX">>
    | WithData<HeraldError.Conflict, DataOf<Errors, 409, "4XX">>
    | WithData<HeraldError.PreconditionFailed, DataOf<Errors, 412, "4XX">>
    | WithData<HeraldError.UnprocessableContent, DataOf<Errors, 422, "4XX">>
    | WithData<HeraldError.PreconditionRequired, DataOf<Errors, 428, "4XX">>
    | WithData<HeraldError.RateLimited, DataOf<Errors, 429, "4XX">>
    | WithData<HeraldError.ClientError, OtherData<Errors, "4">>
    | WithData<HeraldError.ServerError, OtherData<Errors, "5">>

/**
 * An operation of a document.
 *
 * - `Id`: the tag of the API
 * - `Args`: the arguments
 * - `A`: the value
 * - `Errors`: the types of the bodies of errors; see `ErrorsOf`
 */
export type Operation<Id, Args extends ReadonlyArray<unknown>, A, Errors = {}> = AnyOperation<
  Args,
  A,
  ErrorsOf<Errors> | HeraldError.EncodeError,
  HttpClient | Id
>

/** The endpoint of an operation of a document, as data: without schemas, since its values are described by shapes. */
const endpointOf = ({ method, name, path }: Descriptor): Any => ({
  // Carries types only: nothing reads its members.
  [TypeId]: {} as Any[typeof TypeId],
  method,
  path,
  name,
  pathSchemas: {},
  query: undefined,
  headers: undefined,
  body: undefined,
  success: {},
  errors: {}
})

/**
 * Makes an operation from a descriptor.
 *
 * - `tag`: the tag of the API, made by `Authoriser.Tag`
 * - `descriptor`: a function that makes the descriptor, called once, when the operation is first used
 *
 * The types of the arguments, of the value, of the errors and of the requirements are not in the descriptor: annotate the constant with
 * them, as generated code does. Annotate the call as pure (`#__PURE__`), so that bundlers drop the operations that a program does not use.
 * `endpoint` has no schemas.
 *
 * The input is checked before anything is sent: the call fails with an `EncodeError` that lists unknown, missing and mistyped arguments.
 * A response is delivered even if it differs from the descriptor; see `Strict`.
 *
 * @example
 * ```ts
 * import { Authoriser } from "effect-herald"
 * import * as Descriptor from "effect-herald/descriptor"
 *
 * class Petstore extends Authoriser.Tag("example/Petstore")<Petstore>() {}
 *
 * interface Pet {
 *   readonly id: number
 *   readonly name: string
 * }
 *
 * const Pet: Descriptor.Shape = {
 *   name: "Pet",
 *   type: "object",
 *   properties: { id: { type: "integer" }, name: { type: "string" } },
 *   required: ["id", "name"]
 * }
 *
 * // Effect<Pet, NotFound | TransportError | ..., HttpClient | Petstore>
 * const getPet: Descriptor.Operation<Petstore, [input: { readonly id: number }], Pet> = Descriptor.operation(Petstore, () => ({
 *   name: "pets.getPet",
 *   method: "GET",
 *   path: "/pets/{id}",
 *   parameters: [{ name: "id", in: "path", shape: { type: "integer" } }],
 *   responses: { 200: { content: { "application/json": { shape: () => Pet } } } }
 * }))
 *
 * const rex = getPet({ id: 1 })
 * ```
 */
export const operation = <Args extends ReadonlyArray<unknown>, A, E, R>(
  tag: Context.Tag<any, any>,
  descriptor: () => Descriptor
): AnyOperation<Args, A, E, R> => {
  let made: (CompiledDescriptor & { readonly descriptor: Descriptor }) | undefined
  const once = () => {
    if (made !== undefined) return made
    const described = descriptor()
    return (made = { descriptor: described, ...compileDescriptor(described) })
  }
  const description: Internals = {
    tag,
    descriptor: () => once().descriptor,
    compiled: () => once().compiled,
    inputOf: (args) => once().request.inputOf(args),
    partsOf: (input) => once().request.partsOf(input),
    withParams: (input, params) => once().request.withParams(input, params),
    withHeaders: (input, headers) => once().request.withHeaders(input, headers),
    withBody: (input, fields) => once().request.withBody(input, fields)
  }
  return fromInternals(description, () => endpointOf(once().descriptor))
}

/** Returns the descriptor of an operation. Undefined for an operation that was made from an `Endpoint` or an `HttpApi`. */
export const of = (
  operation: Pick<AnyOperation<never, unknown, unknown, unknown>, typeof internals>
): Descriptor | undefined => operation[internals].descriptor?.()

/** Makes a function that reads a JSON pointer (RFC 6901) of the body, from a value whose keys may be renamed. */
const pointerReader = (pointer: string, keys: Keys | undefined): ((value: unknown) => unknown) => {
  const path = tokensOf(pointer)
  return (value) => {
    let found = value
    for (const key of path) {
      if (typeof found !== "object" || found === null) return undefined
      // A key that two keys are renamed to, and array indices, have their own name.
      const name = keys === undefined || !Object.hasOwn(found, snakeCase(key)) ? key : snakeCase(key)
      // The type of an object's property that is its own.
      found = Object.hasOwn(found, name) ? (found as Readonly<Record<string, unknown>>)[name] : undefined
    }
    return found
  }
}

/** The list of any operation. */
type AnyList = Pagination.Paginated<ReadonlyArray<unknown>, unknown, unknown, unknown, number, unknown, unknown>

const paginate = (operation: AnyOperation<never, unknown, unknown, unknown>): AnyList => {
  const { keys, list, name } = of(operation) ?? {}
  if (list === undefined) throw new TypeError(`${name ?? "an operation"} is not a list: its descriptor has none`)
  const readItems = pointerReader(list.items, keys)
  const items = (page: unknown): ReadonlyArray<unknown> => {
    const found = readItems(page)
    return Array.isArray(found) ? found : found === undefined || found === null ? [] : [found]
  }
  const factOf = (fact: Fact): Pagination.Read<unknown, unknown> => {
    if ("header" in fact) return (_, { headers }) => headers[fact.header.toLowerCase()]
    const read = pointerReader(fact.pointer, keys)
    return (page) => read(page)
  }
  const countOf =
    (fact: Fact): Pagination.Read<unknown, number | undefined> =>
    (page, response) => {
      const count = factOf(fact)(page, response)
      return typeof count === "number" || (typeof count === "string" && count.trim() !== "") ? Number(count) : undefined
    }
  // A list takes the arguments of its operation.
  const source = operation as AnyOperation<ReadonlyArray<unknown>, unknown, unknown, unknown>
  const made = pageReader(source, list, items, factOf, countOf)
  // All strategies read pages of this operation. Their positions differ, which `list` declares.
  return made as AnyList
}

const pageReader = (
  source: AnyOperation<ReadonlyArray<unknown>, unknown, unknown, unknown>,
  list: List,
  items: (page: unknown) => ReadonlyArray<unknown>,
  factOf: (fact: Fact) => Pagination.Read<unknown, unknown>,
  countOf: (fact: Fact) => Pagination.Read<unknown, number | undefined>
): unknown => {
  switch (list.by) {
    case "page": {
      const { first, param, totalPages } = list
      const end = totalPages === undefined ? ("emptyPage" as const) : { totalPages: countOf(totalPages) }
      return Pagination.pageNumber(source, { items, param, first, end })
    }
    case "offset": {
      const { param, totalItems } = list
      const end = totalItems === undefined ? ("emptyPage" as const) : { totalItems: countOf(totalItems) }
      return Pagination.offset(source, { items, param, end })
    }
    case "cursor": {
      const read = factOf(list.next)
      // Some servers send false or 0 with the last page.
      const next = (page: unknown, response: Parameters<typeof read>[1]) => read(page, response) || undefined
      // A cursor is sent as the server sent it.
      return Pagination.cursor(source, {
        items,
        param: list.param,
        next: (page, response) => next(page, response) as string
      })
    }
    case "link":
      return Pagination.link(source, { items })
  }
}

/**
 * Makes a list from an operation whose descriptor has a `list`: a function that returns the items as a Stream, with `pages` and `with`, as
 * the lists of `Pagination` have them. It takes the arguments of the operation; those that the list sets are replaced.
 *
 * The types are not in the descriptor: annotate the constant with them. The Stream fails as the operation does, and with a
 * `PaginationError` if the list may be endless or incomplete. Throws a `TypeError`, when it is first used, if the descriptor has no `list`.
 *
 * @example
 * ```ts
 * import type { HttpClient } from "@effect/platform/HttpClient"
 * import { Authoriser, type CallError, type EncodeError, type Pagination, type PaginationError } from "effect-herald"
 * import * as Descriptor from "effect-herald/descriptor"
 *
 * class Petstore extends Authoriser.Tag("example/Petstore")<Petstore>() {}
 *
 * type Input = { readonly limit?: number; readonly page?: number }
 *
 * const listPets: Descriptor.Operation<Petstore, [input?: Input], ReadonlyArray<string>> = Descriptor.operation(
 *   Petstore,
 *   () => ({
 *     name: "pets.listPets",
 *     method: "GET",
 *     path: "/pets",
 *     parameters: [
 *       { name: "limit", in: "query", shape: { type: "integer" } },
 *       { name: "page", in: "query", shape: { type: "integer" } }
 *     ],
 *     responses: { 200: { content: { "application/json": { shape: { type: "array", items: { type: "string" } } } } } },
 *     list: { by: "page", param: "page", items: "", totalPages: { header: "X-Pagination-Total-Pages" } }
 *   })
 * )
 *
 * const pets: Pagination.Paginated<
 *   [input?: Input],
 *   string,
 *   ReadonlyArray<string>,
 *   number,
 *   number,
 *   CallError | EncodeError | PaginationError,
 *   HttpClient | Petstore
 * > = Descriptor.list(listPets)
 * ```
 */
export const list = <Args extends ReadonlyArray<unknown>, Item, Value, Position, Ahead extends number, E, R>(
  operation: AnyOperation<Args, Value, E, R>
): Pagination.Paginated<Args, Item, Value, Position, Ahead, E | HeraldError.PaginationError, R> => {
  let made: AnyList | undefined
  const once = () => (made ??= paginate(operation as AnyOperation<never, unknown, unknown, unknown>))
  const lazy: AnyList = Object.assign((...args: ReadonlyArray<unknown>) => once()(...args), {
    pages: (...args: ReadonlyArray<unknown>) => once().pages(...args),
    with: (options: Pagination.ReadOptions<unknown, number>) => once().with(options)
  })
  // The annotation of the constant has the types that the descriptor describes.
  return lazy as never
}

/** The positions of a list, by its kind. */
interface Positions {
  readonly page: number
  readonly offset: number
  readonly cursor: unknown
  readonly link: string | undefined
}

/**
 * The type of the list of an operation; see `list`.
 *
 * - `Op`: the type of the operation
 * - `Item`: the type of an item
 * - `By`: the kind of the list
 */
export type ListOf<Op, Item, By extends List["by"]> =
  Op extends AnyOperation<infer Args, infer Value, infer E, infer R>
    ? Pagination.Paginated<
        Args,
        Item,
        Value,
        Positions[By],
        By extends "page" | "offset" ? number : 0 | 1,
        E | HeraldError.PaginationError,
        R
      >
    : never

/** The method of a list in a client that is made at run time: the operation, with its items and pages as Streams. */
export type ListMethod<Op, Items extends { readonly pages: unknown }> = Op & {
  readonly items: Items
  readonly pages: Items["pages"]
}

/**
 * Makes the function that makes the layer of an API, from what its document says about servers and security. Generated code calls it.
 *
 * - `tag`: the tag of the API
 * - `description`: the servers, of which the first one is the default, and the security
 *
 * The layer fails with a `ConfigError` as `Authoriser.layer` does, and if an option names a server or a variable that the document does not
 * have.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { Authoriser, Credentials } from "effect-herald"
 * import * as Descriptor from "effect-herald/descriptor"
 *
 * class Petstore extends Authoriser.Tag("example/Petstore")<Petstore>() {}
 *
 * const layer: Descriptor.ApiLayer<Petstore, "api_key"> = Descriptor.layer(Petstore, {
 *   servers: [{ url: "https://{region}.pets.example", variables: { region: { default: "eu" } } }],
 *   security: [["api_key"]]
 * })
 *
 * const live = layer({
 *   variables: { region: "us" },
 *   credentials: { api_key: Credentials.apiKey({ header: "x-key", key: Redacted.make("secret") }) }
 * })
 * ```
 */
export const layer: <Id, Schemes extends string>(
  tag: Context.Tag<Id, Authoriser>,
  description: ApiDescription
) => ApiLayer<Id, Schemes> = apiLayer
