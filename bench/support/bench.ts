/** A benchmark, which `bench/index.ts` lists, runs and checks. */
export interface Bench {
  readonly name: string
  /** One line: what is measured. */
  readonly about: string
  /** The requirement for the figures, as a sentence. */
  readonly requirement: string
  readonly run: () => Promise<{
    /** One row for each contender, for the table and the JSON. */
    readonly rows: ReadonlyArray<Record<string, string | number>>
    /** The figures that do not meet the requirement, each as a sentence. Empty if all do. */
    readonly missed: ReadonlyArray<string>
  }>
}
