import * as Schema from "effect/Schema"
import { blankableTextUpTo } from "./Text.js"
import { isUrl, urlUpTo } from "./Url.js"

const documentationLink = Schema.Struct({
  package: Schema.String,
  baseUrl: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("base_url")),
  inventoryUrl: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("inventory_url"))
}).annotations({ identifier: "DocumentationLink" })
/** The documentation of a package. An empty `baseUrl` is for the bot to derive from the inventory's URL. */
export interface DocumentationLink extends Schema.Schema.Type<typeof documentationLink> {}
/** A `DocumentationLink` on the wire. */
export interface DocumentationLinkEncoded extends Schema.Schema.Encoded<typeof documentationLink> {}
export const DocumentationLink: Schema.Schema<DocumentationLink, DocumentationLinkEncoded> = documentationLink

/** The body of `POST bot/documentation-links`. */
export const CreateDocumentationLink = Schema.Struct({
  package: Schema.String.pipe(
    Schema.filter((text) => /^[a-z0-9_]{1,50}$/.test(text) || "must be 1 to 50 of the characters a-z, 0-9 and _")
  ),
  inventoryUrl: Schema.propertySignature(urlUpTo(200)).pipe(Schema.fromKey("inventory_url")),
  baseUrl: Schema.optional(
    blankableTextUpTo(200).pipe(
      Schema.filter(
        (url) =>
          url.trim() === "" ||
          (isUrl(url) && url.trim().endsWith("/")) ||
          "must be a URL that ends with a slash, or empty"
      )
    )
  ).pipe(Schema.fromKey("base_url"))
})
