import * as HttpRequest from "@effect/platform/HttpClientRequest"
import { hrefOf } from "../http/baseUrl.js"
import { userAgent } from "../http/userAgent.js"
import type { Api, CompiledEndpoint } from "./CompiledEndpoint.js"

const makeTemplate = ({ accept, fromOrigin, method }: CompiledEndpoint, { baseUrl, defaults }: Api) =>
  HttpRequest.make(method)(fromOrigin === true ? baseUrl.origin : hrefOf(baseUrl), {
    headers: { accept, ...userAgent(), ...defaults.headers }
  })

/** Returns the template of the requests of an endpoint to an API. It is made once, if the endpoint remembers its templates. */
export const templateFor = (endpoint: CompiledEndpoint, api: Api): HttpRequest.HttpClientRequest => {
  const { templates } = endpoint
  const known = templates?.get(api)
  // A changed copy of an endpoint has the templates of the original.
  if (known?.endpoint === endpoint) return known.request
  const request = makeTemplate(endpoint, api)
  templates?.set(api, { endpoint, request })
  return request
}
