import type { Document } from "../../../spec/Document.js"
import { comment, stringLiteral } from "./code.js"

/** Writes the file of the API's tag. */
export const writeApi = (document: Document, tag: string): string => {
  const about = comment([`${document.title}, version ${document.version}.`, document.description])
  const key = stringLiteral(tag)
  return `import { Authoriser, type Credentials } from "effect-herald"

const Tag: Authoriser.TagClass<${tag}, ${key}, Credentials.Credentials> =
  /* #__PURE__ */ Authoriser.Tag(${key})<${tag}>()

${about}export class ${tag} extends Tag {}
`
}
