import { ofDocument as pagesOf } from "../internal/spec/markdown/pages.js"
import type { Document } from "./Document.js"
import type { Names } from "./Names.js"

/**
 * Writes the documentation of a document's client as Markdown: a page for each resource, and an index, `README.md`, with the summaries of
 * all operations. An operation has its signature, an example of a call in TypeScript and on the command line, its input, responses and
 * credentials. Returns the text of the pages by the name of their file. The same document gives the same text.
 *
 * Descriptions of the document are Markdown. HTML in them is escaped, and their headings are none of the page.
 *
 * @example
 * ```ts
 * import { type Document, Names } from "effect-herald/spec"
 * import { Markdown } from "effect-herald/spec/tools"
 *
 * const pages = (document: Document.Document) => Markdown.ofDocument(document, Names.make(document))
 * ```
 */
export const ofDocument = (document: Document, names: Pick<Names, "operations">): ReadonlyMap<string, string> =>
  pagesOf(document, names.operations)
