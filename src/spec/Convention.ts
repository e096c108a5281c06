import type { Descriptor } from "../Descriptor.js"
import { standardName } from "../internal/spec/standardName.js"
import type { DocumentOperation } from "./Document.js"
import type { Problem } from "./Problem.js"

/** The name of an operation: `client.<resource>.<method>`. */
export interface OperationName {
  readonly resource: string
  readonly method: string
  /** Former names of the method. They warn once when they are used. */
  readonly aliases?: ReadonlyArray<string> | undefined
}

/** The rules by which an API's operations are named and called. */
export interface Convention {
  /** The name of an operation, or undefined for an operation that is left out. */
  readonly nameOf: (operation: DocumentOperation) => OperationName | undefined
  /** Changes the descriptor that was made from the document. Default: it is used as it is. */
  readonly adapt?: ((descriptor: Descriptor, operation: DocumentOperation) => Descriptor) | undefined
}

/** An operation with its name and its descriptor. */
export interface NamedOperation extends OperationName {
  readonly operation: DocumentOperation
  /** Made when it is first asked for. */
  readonly descriptor: () => Descriptor
  /** The parts of the operation that its descriptor has under another name, or not at all. */
  readonly problems: () => ReadonlyArray<Problem>
}

/**
 * The convention for documents in general.
 *
 * - The resource is the first tag. Without tags, it is the first literal segment of the path after `api` and a version: `pets` in
 *   `/api/v1/pets/{id}`.
 * - The method is the `operationId`, without the resource at its begin: `repos/list-for-user` is `repos.listForUser`. Without an
 *   `operationId`, it is made of method and path: `GET /pets/{id}/owner` is `pets.getByIdOwner`.
 *
 * @example
 * ```ts
 * import { Convention } from "effect-herald/spec"
 *
 * // The standard names, without operations that are deprecated.
 * const current: Convention.Convention = {
 *   nameOf: (operation) => (operation.deprecated ? undefined : Convention.standard.nameOf(operation))
 * }
 * ```
 */
export const standard: Convention = { nameOf: standardName }
