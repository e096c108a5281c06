/** One row for each contender. All rows of a table have the same columns, but for some that do not apply. */
export type Rows = ReadonlyArray<Readonly<Record<string, string | number>>>

/** Options of the command line. */
export interface BenchOptions {
  /** The number of calls of `soak`, of accounts of `list`, of values of `events`, or of MiB of `files`. */
  readonly calls?: number | undefined
}

/** The figures of a benchmark. */
export interface Figures {
  /** Tables by title. */
  readonly tables: Readonly<Record<string, Rows>>
  /** The figures that do not meet the requirement, each as a sentence. Empty if all do. */
  readonly missed: ReadonlyArray<string>
}

/** A benchmark, which `bench/index.ts` lists, runs and checks. */
export interface Bench {
  readonly name: string
  /** One line: what is measured. */
  readonly about: string
  /** The requirement for the figures, as a sentence. */
  readonly requirement: string
  readonly run: (options: BenchOptions) => Promise<Figures>
  /** Makes a picture of the figures, for the documentation. */
  readonly picture?: { readonly path: string; readonly draw: (figures: Figures) => string }
}
