import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Authoriser } from "./Authoriser.js"
import { type Any, TypeId } from "./Endpoint.js"
import type { Descriptor } from "./internal/descriptor/Descriptor.js"
import type { CompiledDescriptor } from "./internal/descriptor/compile.js"
import { type Internals, internals } from "./internal/operation.js"
import { fromInternals, type Operation } from "./Operation.js"

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
export type { Ref, Shape } from "./internal/descriptor/Shape.js"
export { Strict } from "./internal/descriptor/strict.js"

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
 * import type { HttpClient } from "@effect/platform/HttpClient"
 * import { Authoriser, type CallError, type EncodeError, type Operation } from "effect-herald"
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
 * const getPet: Operation.Operation<
 *   [input: { readonly id: number }],
 *   Pet,
 *   CallError | EncodeError,
 *   HttpClient | Petstore
 * > = Descriptor.operation(Petstore, () => ({
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
): Operation<Args, A, E, R> => {
  let described: Descriptor | undefined
  let made: CompiledDescriptor | undefined
  const describe = () => (described ??= descriptor())
  // The code that all operations of documents share is loaded with the first call, and not with the program.
  const load = Effect.map(
    Effect.promise(() => import("./internal/descriptor/compile.js")),
    ({ compileDescriptor }) => {
      made ??= compileDescriptor(describe())
    }
  )
  // `loaded` runs before the others.
  const once = () => made!
  const anyTag: Context.Tag<unknown, Authoriser> = tag
  const description: Internals = {
    tag: anyTag,
    loaded: Effect.suspend(() => (made === undefined ? Effect.zipRight(load, anyTag) : anyTag)),
    descriptor: describe,
    compiled: () => once().compiled,
    inputOf: (args) => once().request.inputOf(args),
    partsOf: (input) => once().request.partsOf(input),
    withParams: (input, params) => once().request.withParams(input, params),
    withHeaders: (input, headers) => once().request.withHeaders(input, headers),
    withBody: (input, fields) => once().request.withBody(input, fields)
  }
  return fromInternals(description, () => endpointOf(describe()))
}

/** Returns the descriptor of an operation. Undefined for an operation that was made from an `Endpoint` or an `HttpApi`. */
export const of = (operation: { readonly [internals]: Internals }): Descriptor | undefined =>
  operation[internals].descriptor?.()
