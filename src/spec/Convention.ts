import type { Descriptor } from "../Descriptor.js"
import type { DocumentOperation } from "./Document.js"

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
}
