/** A problem of a form, at one of its fields. */
export interface Problem {
  readonly path: ReadonlyArray<string>
  readonly message: string
}

export const problem = (field: string, message: string): Problem => ({ path: [field], message })
