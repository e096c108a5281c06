import { exitCodes } from "./exitCodes.js"

/** A failure that the command explains to the user. */
export class Failure extends Error {
  constructor(
    readonly exitCode: number,
    /** What is wrong, and where. */
    message: string,
    /** What to do: one line each. */
    readonly advice: ReadonlyArray<string> = []
  ) {
    super(message)
  }
}

/** Makes the failure of a wrong command line. */
export const usage = (message: string, ...advice: ReadonlyArray<string>): Failure =>
  new Failure(exitCodes.usage, message, advice)
