/** Losses that follow each other within this time, in milliseconds, are one outage. */
const quietTime = 60_000

/** Writes one line about each outage, not one about each record. */
export interface Outage {
  /** Reports a loss of records, or that they wait for long. `line` is called if it begins an outage. */
  readonly report: (lost: number, line: () => string) => void
  /** Writes how many records were lost after the first line, if any. */
  readonly end: () => void
}

export const makeOutage = (now: () => number, write: (line: string) => void): Outage => {
  let reportedAt: number | undefined
  let unwritten = 0
  const end = () => {
    if (unwritten > 0) write(`effect-herald/log: ${unwritten} more log records were lost since the last such message.`)
    unwritten = 0
    reportedAt = undefined
  }
  return {
    report: (lost, line) => {
      const time = now()
      if (reportedAt !== undefined && time - reportedAt >= quietTime) end()
      const isFirst = reportedAt === undefined
      reportedAt = time
      if (isFirst) write(`effect-herald/log: ${line()}`)
      else unwritten += lost
    },
    end
  }
}
