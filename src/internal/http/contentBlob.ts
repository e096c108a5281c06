/** Marks a content that is a `Blob`. */
const source: unique symbol = Symbol.for("effect-herald/contentBlob")

/** Marks a content as that of a `Blob`, which a browser sends as it is: few browsers send a Stream. */
export const withBlob = <C extends object>(content: C, blob: Blob): C => Object.assign(content, { [source]: blob })

/** Returns the `Blob` of a content, if it was made from one. */
export const blobOf = (content: { readonly [source]?: Blob }): Blob | undefined => content[source]
