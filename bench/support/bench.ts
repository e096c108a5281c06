/** A bench, as `bench/index.ts` lists, runs and checks it. */
export interface Bench {
  readonly name: string
  /** A line about what it measures. */
  readonly about: string
  /** The condition that the figures must meet. */
  readonly bar: string
  readonly run: () => Promise<{
    /** One row for each contender, for the table and the JSON. */
    readonly rows: ReadonlyArray<Record<string, string | number>>
    /** Sentences about figures that miss the bar. */
    readonly missed: ReadonlyArray<string>
  }>
}
