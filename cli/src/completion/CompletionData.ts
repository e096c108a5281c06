/** What completion knows of a flag. */
export interface FlagData {
  readonly flag: string
  readonly description: string
  /** The values of an `enum`, or `true` and `false`. */
  readonly values?: ReadonlyArray<string> | undefined
  /** True for a switch, whose value may be left out. */
  readonly switch?: boolean | undefined
  readonly positional?: boolean | undefined
}

export interface MethodData {
  readonly method: string
  readonly summary: string
  readonly flags: ReadonlyArray<FlagData>
}

export interface ResourceData {
  readonly resource: string
  readonly summary: string
  readonly methods: ReadonlyArray<MethodData>
}

/** What completion knows of a document. */
export interface CompletionData {
  readonly resources: ReadonlyArray<ResourceData>
}

/** Names a document: its location with its overlays and its convention. */
export interface DocumentKey {
  readonly spec: string
  readonly overlays: ReadonlyArray<string>
  readonly convention: string | undefined
}
