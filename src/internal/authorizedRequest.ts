import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import { NodeInspectSymbol } from "effect/Inspectable"

/** A request with credentials that no printer shows: it is behind a getter. */
class Hidden {
  readonly #request: HttpClientRequest
  constructor(
    request: HttpClientRequest,
    readonly generation: number,
    readonly partition: string | undefined
  ) {
    this.#request = request
  }
  get request() {
    return this.#request
  }
  /** Node's `inspect` can call getters. */
  [NodeInspectSymbol]() {
    return { generation: this.generation, partition: this.partition }
  }
}

/** Makes an `AuthorizedRequest` whose request is not printed with it. */
export const authorizedRequest = (request: HttpClientRequest, generation: number, partition?: string): Hidden =>
  new Hidden(request, generation, partition)
