import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import { NodeInspectSymbol } from "effect/Inspectable"

interface Hidden {
  readonly request: HttpClientRequest
  readonly generation: number
  readonly partition: string | undefined
}

/** Makes an `AuthorizedRequest` whose request is not printed with it: it is a getter that it inherits. */
export const authorizedRequest = (request: HttpClientRequest, generation: number, partition?: string): Hidden => {
  const shown = { generation, partition }
  const hidden = {
    get request() {
      return request
    },
    // Node's `inspect` can call getters.
    [NodeInspectSymbol]: () => shown
  }
  // The object has the members of both.
  return Object.assign(Object.create(hidden), shown) as Hidden
}
