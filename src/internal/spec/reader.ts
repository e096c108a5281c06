import type { Document } from "./model.js"
import type { Problem } from "../../spec/Problem.js"
import type { Shape } from "../../Shape.js"

/** A file of a document. */
export interface File {
  /** The path or URL. Undefined for a document of unknown source. */
  readonly location: string | undefined
  readonly json: unknown
  /** True for the file that the others are reached from. */
  readonly isRoot: boolean
}

/** A file, or a schema resource in it (JSON Schema 2020-12, 8.2.1), against which references are resolved. */
export interface Scope {
  readonly file: File
  /** The path or URL that relative references are resolved against. */
  readonly base: string
  /** The node that the JSON pointers of references start at. */
  readonly root: unknown
  /** The JSON pointer of `root` in the file. */
  readonly pointer: string
}

/** A node of a document. */
export interface Place {
  readonly scope: Scope
  readonly node: unknown
  /** The JSON pointer of the node in its file. */
  readonly pointer: string
}

/** The end of references: a node that is none, or the last one, with the reason why it can't be followed. */
export interface End {
  readonly place: Place
  readonly failure?: string
}

/** The state of reading one document. */
export interface Reader {
  readonly specification: Document["specification"]
  readonly root: Scope
  /** The scopes of files and schema resources, by location. The reason, for a file that can't be read. */
  readonly scopes: ReadonlyMap<string, Scope | string>
  /** The scopes of the schemas that have an `$id`. */
  readonly resources: ReadonlyMap<unknown, Scope>
  /** The schemas with an `$anchor` or `$dynamicAnchor`, by the scope. */
  readonly anchors: ReadonlyMap<Scope, ReadonlyMap<string, Place>>
  /** The shapes of schemas that are written in place, by their nodes. */
  readonly inline: Map<object, Shape>
  /** The shapes of schemas that are referred to, by their nodes; by location and pointer for schemas that are no objects. */
  readonly named: Map<unknown, Shape>
  /** The shapes of schemas that others extend, without their `anyOf`, by their nodes. */
  readonly bare: Map<unknown, Shape>
  /** The targets of references that JSON pointers pass through. */
  readonly targets: Map<unknown, Place | string>
  /** The ends of references. */
  readonly ends: Map<unknown, End>
  /** The ends of the references of schemas, of which one with keywords beside it is an end. */
  readonly schemaEnds: Map<unknown, End>
  /** The cycles that schemas are in by the keywords of a composition. */
  readonly cycles: Readonly<Record<"allOf" | "anyOf" | "any", Map<unknown, number>>>
  /** The names that `named` has. */
  readonly names: Set<string>
  /** The problems of schemas. */
  readonly problems: WeakMap<Shape, ReadonlyArray<Problem>>
}

/** A list that problems are added to. */
export type Problems = Array<Problem>

/** Describes a problem at a place. */
export const problemAt = ({ file }: Scope, pointer: string, message: string): Problem =>
  file.isRoot || file.location === undefined ? { pointer, message } : { pointer, source: file.location, message }
