import * as Data from "effect/Data"
import type { Json } from "../../../Shape.js"
import type { Problem } from "../../../spec/Problem.js"

/**
 * An action of an overlay: a change of every value that its target selects. An update of an object is merged into it: objects
 * recursively, arrays appended, other values replaced. An update of an array is appended to it, by its items if it is an array
 * itself. `remove` wins over `update`.
 */
export interface Action {
  /** A JSONPath (RFC 9535), such as `$.paths['/pets'].get`. */
  readonly target: string
  readonly description?: string | undefined
  readonly update?: Json | undefined
  /** Default: false. */
  readonly remove?: boolean | undefined
  readonly [extension: `x-${string}`]: Json | undefined
}

/**
 * An overlay: a document of changes to another document (OpenAPI Overlay Specification 1.0). It is plain JSON, so that
 * `JSON.stringify` writes it.
 */
export interface Overlay {
  /** The version of the Overlay Specification: `1.0.0`. */
  readonly overlay: string
  readonly info: {
    readonly title: string
    readonly version: string
    readonly [extension: `x-${string}`]: Json | undefined
  }
  /** The URL of the document that the overlay is meant for, absolute or relative to the overlay's own. */
  readonly extends?: string | undefined
  /** Applied in order, each to the result of those before it. May be empty. */
  readonly actions: ReadonlyArray<Action>
  readonly [extension: `x-${string}`]: Json | undefined
}

/** An action that has no effect on a document, or not on all that its target selects. Its pointer is that of the overlay. */
export interface ActionProblem extends Problem {
  /** The index of the action. */
  readonly action: number
  readonly target: string
}

/** The result of an overlay: the changed document, and the actions that no longer apply to it. */
export interface Applied {
  readonly json: Json
  readonly problems: ReadonlyArray<ActionProblem>
}

/** Options of functions that report problems of an overlay. */
export interface Options {
  /** The file or URL of the overlay, for messages. */
  readonly source?: string | undefined
}

/** An overlay that can't be read. */
export class OverlayError extends Data.TaggedError("OverlayError")<{
  /** Says what is wrong and where. */
  readonly message: string
  /** The file or URL of the overlay. */
  readonly source?: string | undefined
  /** All that is wrong. Pointers are those of the overlay. */
  readonly problems: ReadonlyArray<Problem>
}> {}
