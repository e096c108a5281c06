import * as Predicate from "effect/Predicate"
import { isBlob } from "./webBodies.js"

/** The key of the `Blob` that a content was made from. */
const source: unique symbol = Symbol.for("effect-herald/contentBlob")

/** Marks a content as that of a `Blob`, which a browser sends as it is: few browsers send a Stream. */
export const withBlob = <C extends object>(content: C, blob: Blob): C => Object.assign(content, { [source]: blob })

/** Returns the `Blob` that a content was made from, if it was. */
export const blobOf = (content: object): Blob | undefined =>
  Predicate.hasProperty(content, source) && isBlob(content[source]) ? content[source] : undefined
