import * as HttpRequest from "@effect/platform/HttpClientRequest"
import { hrefOf } from "../http/baseUrl.js"
import { userAgent } from "../http/userAgent.js"
import type { Labels } from "../../Metrics.js"
import type { Api, CompiledEndpoint, RequestTemplate } from "./CompiledEndpoint.js"

const makeTemplate = ({ accept, fromOrigin, method }: CompiledEndpoint, { baseUrl, defaults }: Api) =>
  HttpRequest.make(method)(fromOrigin === true ? baseUrl.origin : hrefOf(baseUrl), {
    headers: { accept, ...userAgent(), ...defaults.headers }
  })

const knownTemplate = (endpoint: CompiledEndpoint, api: Api): RequestTemplate | undefined => {
  const known = endpoint.templates?.get(api)
  // A changed copy of an endpoint has the templates of the original.
  return known?.endpoint === endpoint ? known : undefined
}

/** Returns the template of the requests of an endpoint to an API. It is made once, if the endpoint remembers its templates. */
export const templateFor = (endpoint: CompiledEndpoint, api: Api): HttpRequest.HttpClientRequest => {
  const known = knownTemplate(endpoint, api)
  if (known !== undefined) return known.request
  const request = makeTemplate(endpoint, api)
  endpoint.templates?.set(api, { endpoint, request, labels: new Map() })
  return request
}

/** Returns the labels of a measurement. They are made once for each key, if the endpoint remembers its templates. */
export const labelsFor = (endpoint: CompiledEndpoint, api: Api, key: string, make: () => Labels): Labels => {
  const known = knownTemplate(endpoint, api)?.labels
  const labels = known?.get(key) ?? make()
  known?.set(key, labels)
  return labels
}
