import * as Schema from "effect/Schema"
import { AddressableName } from "../../../schemas/site/PathSegment.js"
import { CreateDocumentationLink, DocumentationLink } from "../../../schemas/site/DocumentationLink.js"
import * as Body from "../../../src/Body.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { withAlreadyExists, withNotFound, withoutNotFound } from "./errors.js"

export const getDocumentationLinks = () =>
  Endpoint.get("/bot/documentation-links", {
    name: "getDocumentationLinks",
    success: { 200: Schema.Array(DocumentationLink) },
    errors: withoutNotFound()
  })

export const createDocumentationLink = () =>
  Endpoint.post("/bot/documentation-links", {
    name: "createDocumentationLink",
    body: CreateDocumentationLink,
    success: { 201: DocumentationLink },
    errors: withAlreadyExists(/already exists/)
  })

export const getDocumentationLink = () =>
  Endpoint.get("/bot/documentation-links/{package}", {
    name: "getDocumentationLink",
    path: { package: AddressableName },
    success: { 200: DocumentationLink },
    errors: withNotFound()
  })

export const deleteDocumentationLink = () =>
  Endpoint.delete("/bot/documentation-links/{package}", {
    name: "deleteDocumentationLink",
    path: { package: AddressableName },
    success: { 204: Body.empty() },
    errors: withNotFound()
  })
