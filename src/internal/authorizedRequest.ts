import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as Inspectable from "effect/Inspectable"

/** An `AuthorizedRequest` whose request is not printed with it: it is in a closure, behind a getter of the class. */
class Hidden extends Inspectable.Class {
  constructor(
    private readonly take: () => HttpClientRequest,
    readonly generation: number,
    readonly partition: string | undefined
  ) {
    super()
  }

  get request(): HttpClientRequest {
    return this.take()
  }

  toJSON(): unknown {
    return { generation: this.generation, partition: this.partition }
  }
}

/** Makes an `AuthorizedRequest` whose request is not printed with it. */
export const authorizedRequest = (
  request: HttpClientRequest,
  generation: number,
  partition?: string
): Pick<Hidden, "request" | "generation" | "partition"> => new Hidden(() => request, generation, partition)
