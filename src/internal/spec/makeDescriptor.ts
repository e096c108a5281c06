import { hasBody, type HttpMethod } from "@effect/platform/HttpMethod"
import type { Descriptor, MediaType, Parameter, RequestBody, ResponseBody } from "../descriptor/Descriptor.js"
import type { Ref, Shape } from "../../Shape.js"
import type { Document, DocumentMediaType, DocumentOperation, DocumentParameter, OperationDetails } from "./model.js"
import type { Problem } from "../../spec/Problem.js"
import { isRequestField } from "../http/fieldSyntax.js"
import { listOf } from "./declaredList.js"
import { absoluteUrl, serverUrl } from "./serverUrl.js"
import { toUrl } from "../http/toUrl.js"

type Report = (pointer: string, message: string) => void

/** Reports whether a shape is any value. */
const isEmpty = (shape: Shape): boolean => Object.keys(shape).every((key) => key === "pointer")

/** Makes a record without a prototype, so that the names of a document mean nothing else. */
const record = <A>(entries: Iterable<readonly [string, A]>): Readonly<Record<string, A>> => {
  const made: Record<string, A> = Object.create(null)
  for (const [key, value] of entries) made[key] = value
  return made
}

/** Returns the function that the document has for a named shape, so that all uses of it share one. */
const refOf = ({ shapes }: Document, shape: Shape): Ref => {
  if (shape.name === undefined) return shape
  const named = shapes.get(shape.name)
  return named !== undefined && named() === shape ? named : () => shape
}

const mediaTypeOf = (document: Document, { encoding, items, shape }: DocumentMediaType): MediaType => ({
  ...(shape && { shape: refOf(document, shape) }),
  ...(encoding && { encoding }),
  ...(items && { items: refOf(document, items) })
})

const contentOf = (
  document: Document,
  content: ReadonlyMap<string, DocumentMediaType>
): Readonly<Record<string, MediaType>> =>
  record(Array.from(content, ([type, one]) => [type, mediaTypeOf(document, one)]))

/** The order of media types in a body: JSON first, then types of JSON, then the others, each in the order of the document. */
const rank = (type: string): number =>
  /^application\/json *(?:;|$)/i.test(type) ? 0 : /^[^;]*[/+]json *(?:;|$)/i.test(type) ? 1 : 2

const bodyOf = (document: Document, { body }: OperationDetails, method: HttpMethod, report: Report) => {
  if (body === undefined) return undefined
  if (!hasBody(method)) {
    report(body.pointer, `requests with the method ${method} have no body (RFC 9110, 9.3): it is left out`)
    return undefined
  }
  const content = new Map(Array.from(body.content).sort(([one], [other]) => rank(one) - rank(other)))
  const made: RequestBody = { ...(body.required && { required: true }), content: contentOf(document, content) }
  return made
}

/** The headers that the media types and the credentials determine (OpenAPI 3.1, 4.8.12.1). */
const ignoredHeader = /^(?:accept|content-type|authorization)$/i

/** The other parts of an input. */
const partName = /^(?:body|headers|cookies|contentType)$/

/** Returns the parameters that can be sent, each of them once. */
const sentParameters = ({ parameters }: OperationDetails, report: Report): ReadonlyArray<DocumentParameter> => {
  const sent = new Set<string>()
  return parameters.filter(({ in: place, name, pointer }) => {
    if (place === "header" && ignoredHeader.test(name)) return false
    if (place === "header" && !isRequestField(name)) {
      report(
        pointer,
        `the header ${JSON.stringify(name)} can't be set by a caller (RFC 9110, 5.1, 7.6.1): it is left out`
      )
      return false
    }
    // The names of headers have no case (RFC 9110, 5.1).
    const key = JSON.stringify([place, place === "header" ? name.toLowerCase() : name])
    if (sent.has(key)) {
      report(pointer, `there are two parameters ${JSON.stringify(name)} in ${place}: this one is left out`)
      return false
    }
    sent.add(key)
    return true
  })
}

/** Returns the names of parameters in the input. Path parameters come first where names are the same. */
const inputNames = (
  parameters: ReadonlyArray<DocumentParameter>,
  report: Report
): ReadonlyMap<DocumentParameter, string> => {
  const names = new Map<DocumentParameter, string>()
  const taken = new Set<string>()
  const isFlat = ({ in: place }: DocumentParameter) => place !== "header" && place !== "cookie"
  // Headers and cookies are parts of the input of their own.
  const keyOf = (parameter: DocumentParameter, name: string) => (isFlat(parameter) ? name : `${parameter.in} ${name}`)
  const claim = (parameter: DocumentParameter): void => {
    const { name } = parameter
    if (name === "__proto__" || (isFlat(parameter) && partName.test(name)) || taken.has(keyOf(parameter, name))) return
    taken.add(keyOf(parameter, name))
    names.set(parameter, name)
  }
  for (const parameter of parameters) if (parameter.in === "path") claim(parameter)
  for (const parameter of parameters) if (parameter.in !== "path") claim(parameter)
  for (const parameter of parameters) {
    if (names.has(parameter)) continue
    const base = `${parameter.name}_${parameter.in}`
    let name = base
    for (let number = 2; taken.has(keyOf(parameter, name)); number += 1) name = `${base}${number}`
    taken.add(keyOf(parameter, name))
    names.set(parameter, name)
    report(parameter.pointer, `the name ${JSON.stringify(parameter.name)} is taken in the input: it is ${name} there`)
  }
  return names
}

const parametersOf = (document: Document, details: OperationDetails, report: Report): ReadonlyArray<Parameter> => {
  const sent = sentParameters(details, report)
  const names = inputNames(sent, report)
  return sent.map((parameter): Parameter => {
    const { allowReserved, content, explode, in: place, name: wire, required, shape, style } = parameter
    const name = names.get(parameter)!
    return {
      name,
      ...(name === wire ? {} : { wire }),
      in: place,
      ...((required || place === "path") && { required: true }),
      ...(isEmpty(shape) ? {} : { shape: refOf(document, shape) }),
      ...(style && { style }),
      ...(explode === undefined ? {} : { explode }),
      ...(allowReserved && { allowReserved }),
      ...(content === undefined ? {} : { content })
    }
  })
}

/** The server of an operation, if it has one of its own. */
const serverOf = (document: Document, { servers }: DocumentOperation): string | undefined => {
  const [own] = servers ?? []
  if (own === undefined) return undefined
  const url = absoluteUrl(document, serverUrl(own))
  const [first] = document.servers
  if (first === undefined) return url
  const common = absoluteUrl(document, serverUrl(first))
  if (common === url) return undefined
  const [base, parsed] = [toUrl(common), toUrl(url)]
  // The base URL of the API's layer may be of another origin than the document's server.
  return parsed !== undefined && parsed.origin === base?.origin && parsed.origin !== "null" ? parsed.pathname : url
}

/** Makes the descriptor of an operation, and the problems of the parts that it has under another name or not at all. */
export const makeDescriptor = (
  document: Document,
  operation: DocumentOperation,
  name: string
): { readonly descriptor: Descriptor; readonly problems: ReadonlyArray<Problem> } => {
  const problems: Array<Problem> = []
  const report: Report = (pointer, message) => problems.push({ pointer, message })
  const details = operation.details()
  // `Names.make` leaves out operations of other methods.
  const method = operation.method as HttpMethod
  const parameters = parametersOf(document, details, report)
  const body = bodyOf(document, details, method, report)
  const server = serverOf(document, operation)
  const responses = record(
    Array.from(details.responses, ([status, { content }]): [string, ResponseBody] => [
      status,
      content.size === 0 ? {} : { content: contentOf(document, content) }
    ])
  )
  const list = listOf(operation, details, parameters, report)
  const descriptor: Descriptor = {
    name,
    method,
    path: operation.path,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { body }),
    responses,
    ...(server === undefined ? {} : { server }),
    ...(operation.security && { security: operation.security }),
    ...(list && { list })
  }
  return { descriptor, problems }
}
