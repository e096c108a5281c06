#!/usr/bin/env node
import { exitCodes } from "./exitCodes.js"
import type { Io, Output } from "./Io.js"

/** The reason of an interruption that is no failure: the reader of the output is gone. */
const readerGone = "EPIPE"

const interruption = new AbortController()

const outputOf = (stream: NodeJS.WriteStream): Output => {
  // Without a listener an error of the stream ends the process with a stack trace.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === readerGone) interruption.abort(readerGone)
  })
  return {
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.isTTY ? stream.columns : undefined
    },
    write: (data) =>
      new Promise((resolve, reject) => {
        stream.write(data, (error) => {
          if (error) reject(error)
          else resolve()
        })
      })
  }
}

const io: Io = {
  env: process.env,
  stdin: process.stdin,
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  signal: interruption.signal
}

/** The time to cancel a request in, in milliseconds. */
const grace = 1000

for (const [signal, code] of [
  ["SIGINT", exitCodes.interrupted],
  ["SIGTERM", exitCodes.terminated]
] as const) {
  process.once(signal, () => {
    const end = () => process.exit(code)
    // A second signal ends the process at once.
    process.once(signal, end)
    setTimeout(end, grace).unref()
    interruption.abort(signal)
  })
}

const run = async () => {
  const [command, ...args] = process.argv.slice(2)
  // Completion runs at each press of the key: it loads nothing else where its cache has what is asked.
  if (command === "__complete") return await (await import("./completion/complete.js")).complete(args, io)
  return await (await import("./main.js")).main(process.argv.slice(2), io)
}

const code = await run()
// Connections that are kept alive, and an open standard input, would keep the process.
process.exit(code)
