/** A part of a document that can't be used, or not as it stands. The rest of the document works. */
export interface Problem {
  /** The place in its file: a JSON pointer (RFC 6901), such as `/paths/~1pets/get/parameters/0`. */
  readonly pointer: string
  /** The file or URL, for a document of several files. */
  readonly source?: string | undefined
  /** The message says what is wrong, and what becomes of it. */
  readonly message: string
}
