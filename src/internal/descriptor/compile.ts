import type { Descriptor } from "./Descriptor.js"
import type { Ref } from "./Shape.js"
import type { CompiledEndpoint } from "../endpoint/CompiledEndpoint.js"
import { isIdempotent, isSafe } from "../http/methods.js"
import { type Request, requestOf } from "./request.js"
import type { Check } from "./requestBody.js"
import { responsesOf } from "./responses.js"
import { makeChecker } from "./shapeCheck.js"

/** An operation of a descriptor, compiled for the pipeline. */
export interface CompiledDescriptor {
  readonly request: Request
  readonly compiled: CompiledEndpoint
}

/** Makes the function that checks the input of an operation. */
const inputChecker = ({ undeclaredNulls = false }: Descriptor): Check => {
  const checkers = new Map<Ref, ReturnType<typeof makeChecker>>()
  return (shape, value) => {
    const checker = checkers.get(shape) ?? makeChecker(shape, "request")
    checkers.set(shape, checker)
    // The path of an issue about the input begins at the argument, but its pointer does not.
    return checker(value).issues.flatMap(({ kind, message, path }) =>
      undeclaredNulls && kind === "null" ? [] : [{ path, message }]
    )
  }
}

/** The header of an idempotency key, where a document declares it (draft-ietf-httpapi-idempotency-key-header). */
const keyHeader = "idempotency-key"

/** Compiles a descriptor. */
export const compileDescriptor = (descriptor: Descriptor): CompiledDescriptor => {
  const { method, parameters = [] } = descriptor
  const request = requestOf(descriptor, inputChecker(descriptor))
  const hasKey = parameters.some(
    ({ in: place, name, wire = name }) => place === "header" && wire.toLowerCase() === keyHeader
  )
  return {
    request,
    compiled: {
      ...request.endpoint,
      ...responsesOf(descriptor),
      safe: isSafe(method),
      idempotent: isIdempotent(method) || hasKey,
      idempotencyKey: hasKey ? keyHeader : undefined,
      neverRetried: false,
      sensitive: false,
      family: descriptor
    }
  }
}
