import type { HttpBody } from "@effect/platform/HttpBody"
import type { Dispatcher } from "undici"

/** A body as undici sends it. */
type Sendable = NonNullable<Dispatcher.DispatchOptions["body"]> | null

/** Converts a body. */
export const convertBody = (body: HttpBody): Sendable => {
  switch (body._tag) {
    case "Empty":
      return null
    case "Uint8Array":
      return body.body
    case "Raw":
      return body.body as Sendable
    case "FormData":
    case "Stream":
      throw new Error("not yet")
  }
}
