/** A standard stream that a command writes to. */
export interface Output {
  /** Resolves when the stream takes more. Rejects with `EPIPE` if its reader is gone. */
  readonly write: (data: string | Uint8Array) => Promise<void>
  readonly isTerminal: boolean
  /** The width of the terminal in columns; undefined if it is none. */
  readonly columns: number | undefined
}

/** The surroundings of a command: those of the process, or those of a test. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: Output
  readonly stderr: Output
  /** Interrupts the command. */
  readonly signal: AbortSignal
}
