import * as HttpRequest from "@effect/platform/HttpClientRequest"
import { hrefOf } from "../http/baseUrl.js"
import { userAgent } from "../http/userAgent.js"
import type { CompiledEndpoint } from "./CompiledEndpoint.js"

/** The part of an API that requests are made from. It does not change. */
export interface Api {
  readonly baseUrl: URL
  readonly defaults: { readonly headers?: Readonly<Record<string, string>> | undefined }
}

/** A request with the beginning of the URL and the headers of every call of an endpoint. */
export interface RequestTemplate {
  readonly endpoint: CompiledEndpoint
  readonly request: HttpRequest.HttpClientRequest
}

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
