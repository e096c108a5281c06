import type { Document, SecurityScheme, Server } from "../model.js"
import { otherOrigins } from "../selectServer.js"
import { absoluteUrl, serverUrl } from "../serverUrl.js"
import { array, type Code, comment, object, prefixed, print, property, stringLiteral } from "./code.js"
import { fields, strings } from "./shapeValues.js"

const serverValue = (document: Document, { description, url, variables }: Server): Code =>
  fields([
    // A URL with variables stays as it is: users select servers by it.
    ["url", stringLiteral(url.includes("{") ? url : absoluteUrl(document, url))],
    ["description", description === undefined ? undefined : stringLiteral(description)],
    [
      "variables",
      variables.size === 0
        ? undefined
        : object(
            [...variables].map(([name, variable]) =>
              property(
                name,
                fields([
                  ["default", stringLiteral(variable.default)],
                  ["enum", strings(variable.enum)]
                ])
              )
            )
          )
    ]
  ])

/** Describes the credentials of a security scheme. */
const schemeText = (scheme: SecurityScheme): string => {
  switch (scheme.type) {
    case "apiKey":
      return `API key in the ${scheme.in === "query" ? "query parameter" : scheme.in} \`${scheme.name}\``
    case "http":
      return `HTTP ${scheme.scheme}`
    case "oauth2":
      return `OAuth 2.0 (${Object.keys(scheme.flows).join(", ")}), such as those of effect-herald/oauth`
    case "openIdConnect":
      return "OpenID Connect, such as those of effect-herald/oauth"
    case "mutualTLS":
      return "certificate of the client, which the transport sends"
  }
}

/** Writes the file of the API's tag. */
export const writeApi = (document: Document, tag: string): string => {
  const { description, securitySchemes, security, servers, title, version } = document
  const about = comment([`${title}, version ${version}.`, description])
  const key = stringLiteral(tag)
  const schemes = [...securitySchemes].filter(([, { type }]) => type !== "mutualTLS")
  const [first] = servers
  const origins = first === undefined ? [] : otherOrigins(document, absoluteUrl(document, serverUrl(first)))
  const described = fields([
    ["servers", array(servers.map((server) => serverValue(document, server)))],
    ["security", security.length === 0 ? undefined : array(security.map((names) => strings(names)!))],
    ["origins", origins.length === 0 ? undefined : strings(origins)]
  ])
  const names = schemes.length === 0 ? "never" : schemes.map(([name]) => stringLiteral(name)).join(" | ")
  const call = prefixed(`/* #__PURE__ */ Descriptor.layer(${tag}, `, described)
  const aboutLayer = comment([
    `Makes the layer of the API.${first === undefined ? " The document names no server: `baseUrl` must be set." : ""}`,
    schemes.length === 0
      ? undefined
      : `Credentials:\n\n${schemes.map(([name, scheme]) => `- \`${name}\`: ${schemeText(scheme)}`).join("\n")}`
  ])
  return `import { Authoriser, type Credentials } from "effect-herald"
import * as Descriptor from "effect-herald/descriptor"

const Tag: Authoriser.TagClass<${tag}, ${key}, Credentials.Credentials> =
  /* #__PURE__ */ Authoriser.Tag(${key})<${tag}>()

${about}export class ${tag} extends Tag {}

${aboutLayer}export const layer: Descriptor.ApiLayer<${tag}, ${names}> =
  ${print(call, "  ", 2)})
`
}
