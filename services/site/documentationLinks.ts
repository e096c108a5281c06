import type { DocumentationLink } from "../../schemas/site/DocumentationLink.js"
import * as Operation from "../../src/Operation.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/documentationLinks.js"

export { DocumentationLink, type DocumentationLinkEncoded } from "../../schemas/site/DocumentationLink.js"

/** A documentation link to create. The API does not change one: delete it, and create another. */
export interface NewDocumentationLink {
  /** 1 to 50 of the characters a-z, 0-9 and `_`. */
  readonly package: string
  /** A URL of at most 200 characters. */
  readonly inventoryUrl: string
  /** A URL of at most 200 characters that ends with a slash. Empty, or absent, if it is that of the inventory. */
  readonly baseUrl?: string | undefined
}

/** A documentation link, or its package. */
export type DocumentationLinkReference = string | Pick<DocumentationLink, "package">

const packageOf = (link: DocumentationLinkReference): string =>
  typeof link === "object" && link !== null ? link.package : link

/** Returns all documentation links, by package. */
export const getDocumentationLinks = Operation.make(Authoriser, endpoints.getDocumentationLinks)

/** Creates a documentation link. Fails with `AlreadyExists` if there is one of the package. */
export const createDocumentationLink = Operation.make(
  Authoriser,
  endpoints.createDocumentationLink,
  (link: NewDocumentationLink) => ({ body: link })
)

/** Returns the documentation link of a package. Fails with `NotFound` if it does not exist. */
export const getDocumentationLink = Operation.make(
  Authoriser,
  endpoints.getDocumentationLink,
  (link: DocumentationLinkReference) => ({ package: packageOf(link) })
)

/** Deletes the documentation link of a package. */
export const deleteDocumentationLink = Operation.make(
  Authoriser,
  endpoints.deleteDocumentationLink,
  (link: DocumentationLinkReference) => ({ package: packageOf(link) })
)
