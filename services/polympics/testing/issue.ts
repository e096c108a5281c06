/** A problem with a value, in the form of FastAPI and pydantic 1. */
export interface Issue {
  readonly loc: ReadonlyArray<string | number>
  readonly msg: string
  readonly type: string
  readonly ctx?: Readonly<Record<string, unknown>>
}

export type Loc = Issue["loc"]
