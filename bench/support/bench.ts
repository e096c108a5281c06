/** A bench: what `bench/index.ts` needs to list, run and check it. */
export interface Bench {
  readonly name: string
  /** What it measures, in a line. */
  readonly about: string
  /** What the figures have to hold. */
  readonly bar: string
  readonly run: () => Promise<{
    /** A row a contender; the same for the table and the JSON. */
    readonly rows: ReadonlyArray<Record<string, string | number>>
    /** Where the bar was missed, in words. */
    readonly missed: ReadonlyArray<string>
  }>
}
