import type { Ref, Shape } from "../../Shape.js"
import type { Document, DocumentOperation } from "./model.js"
import type { Problem } from "../../spec/Problem.js"
import type { Reader } from "./reader.js"
import { shapeOf } from "../descriptor/shapeOf.js"

/** The shapes that a shape has within it. */
const childrenOf = (shape: Shape): ReadonlyArray<Ref> => {
  const children: Array<Ref> = []
  if (shape.properties !== undefined)
    for (const name of Object.keys(shape.properties)) children.push(shape.properties[name]!)
  if (shape.additional !== undefined && shape.additional !== false) children.push(shape.additional)
  if (shape.items !== undefined) children.push(shape.items)
  if (shape.prefixItems !== undefined) children.push(...shape.prefixItems)
  if (shape.allOf !== undefined) children.push(...shape.allOf)
  if (shape.anyOf !== undefined) children.push(...shape.anyOf)
  if (shape.discriminator !== undefined) {
    const { mapping } = shape.discriminator
    for (const value of Object.keys(mapping)) children.push(mapping[value]!)
  }
  return children
}

/** The shapes that a document names, and those that its operations have. */
export const allShapes = (
  operations: ReadonlyArray<DocumentOperation>,
  shapes: Document["shapes"]
): ReadonlyArray<Ref> => {
  const refs: Array<Ref> = []
  const add = (ref: Ref | undefined): void => {
    if (ref !== undefined) refs.push(ref)
  }
  for (const { details } of operations) {
    const { body, parameters, responses } = details()
    for (const { shape } of parameters) add(shape)
    for (const { items, shape } of body?.content.values() ?? []) {
      add(shape)
      add(items)
    }
    for (const { content, headers } of responses.values()) {
      for (const { shape } of headers.values()) add(shape)
      for (const { items, shape } of content.values()) {
        add(shape)
        add(items)
      }
    }
  }
  refs.push(...shapes.values())
  return refs
}

/** Reads all schemas that can be reached. Not recursive: schemas may be nested deeply, and refer to each other. */
const problemsOf = (reader: Reader, refs: ReadonlyArray<Ref>): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = []
  const seen = new Set<Shape>()
  const rest = [...refs].reverse()
  for (let ref = rest.pop(); ref !== undefined; ref = rest.pop()) {
    const shape = shapeOf(ref)
    if (seen.has(shape)) continue
    seen.add(shape)
    const own = reader.problems.get(shape)
    if (own !== undefined) problems.push(...own)
    const children = childrenOf(shape)
    for (let index = children.length - 1; index >= 0; index -= 1) rest.push(children[index]!)
  }
  return problems
}

/** The operations whose `operationId` another one has. */
const duplicateIds = (operations: ReadonlyArray<DocumentOperation>): ReadonlyArray<Problem> => {
  const first = new Map<string, DocumentOperation>()
  return operations.flatMap((operation) => {
    const { operationId, pointer } = operation
    if (operationId === undefined) return []
    const other = first.get(operationId)
    if (other === undefined) {
      first.set(operationId, operation)
      return []
    }
    const message = `The operationId ${JSON.stringify(operationId)} is that of ${other.method} ${other.path}, too.`
    return [{ pointer: `${pointer}/operationId`, message }]
  })
}

/** Finds all problems of a document, each once. */
export const findProblems = (
  reader: Reader,
  known: ReadonlyArray<Problem>,
  operations: ReadonlyArray<DocumentOperation>,
  refs: ReadonlyArray<Ref>
): ReadonlyArray<Problem> => {
  const found = new Map<string, Problem>()
  const add = (problem: Problem): void => {
    const key = `${problem.source ?? ""} ${problem.pointer} ${problem.message}`
    if (!found.has(key)) found.set(key, problem)
  }
  known.forEach(add)
  duplicateIds(operations).forEach(add)
  for (const { details } of operations) details().problems.forEach(add)
  problemsOf(reader, refs).forEach(add)
  return [...found.values()]
}
