import { createParser } from "eventsource-parser"
import * as Either from "effect/Either"
import type { Mismatch } from "../endpoint/Codec.js"
import type { StreamOptions } from "./options.js"
import { isLonger, makeDecodeUtf8, makeRecords, maxBytesOf, type Parser, tooLong } from "./records.js"
import { makeSplitter } from "./splitter.js"

/** The state of an event stream that outlives its connections (WHATWG HTML, 9.2.2). */
export interface Resumption {
  lastEventId: string
  /** The reconnection time that the server asked for last, in milliseconds. */
  retry: number | undefined
}

/** An event, decoded. */
export interface DecodedEvent {
  readonly type: string
  readonly id: string
  readonly data: unknown
}

/** Decodes the data of an event by its type. Undefined for a type that is ignored. */
export type DecodeData = (type: string, data: string) => Either.Either<unknown, Mismatch> | undefined

const name = "event"

/** Returns the id that lines set, if they do. A value with NUL is ignored (WHATWG HTML, 9.2.6). */
const idIn = (lines: string): string | undefined => {
  let id: string | undefined
  for (const line of lines.split("\n")) {
    if ((line === "id" || line.startsWith("id:")) && !line.includes("\0")) id = line.slice(3).replace(/^ /, "")
  }
  return id
}

/**
 * Makes a parser of an event stream (WHATWG HTML, 9.2). The package parses the fields of an event. It is given whole lines, which end with
 * LF, block by block, since it holds back a CR at the end of a part, and does not report the id of a block without data.
 */
export const eventsParser = (
  decode: DecodeData,
  options: StreamOptions,
  /** Updated as events are parsed. */
  state: Resumption
): Parser<DecodedEvent> => {
  const maxBytes = maxBytesOf(options)
  const splitter = makeSplitter([0x0a, 0x0d])
  const decodeUtf8 = makeDecodeUtf8()
  const records = makeRecords<DecodedEvent>(name, options.onInvalid !== undefined)
  let number = 0
  let endedWithCr = false
  let isOver = false
  /** True if the block that is being parsed made an event. */
  let fired = false
  /** The id of the block that is being parsed, in parts before the current one. */
  let blockId: string | undefined
  const failTooLong = () => {
    isOver = true
    records.fail(tooLong(name, number + 1, maxBytes))
  }
  const parser = createParser({
    // In characters, of which each is a byte at least.
    maxBufferSize: maxBytes,
    onEvent: ({ data, event: type = "message", id }) => {
      fired = true
      if (isLonger(data, maxBytes)) return failTooLong()
      number += 1
      if (id !== undefined) state.lastEventId = id
      const decoded = decode(type, data)
      if (decoded === undefined) return
      if (Either.isLeft(decoded)) isOver = records.addInvalid(number, decoded.left)
      else records.add({ type, id: state.lastEventId, data: decoded.right })
    },
    onRetry: (millis) => {
      state.retry = millis
    },
    onError: ({ type }) => {
      if (type === "max-buffer-size-exceeded") failTooLong()
    }
  })
  /** Returns the lines with LF as their ends (CRLF, CR and LF are ends). */
  const normalize = (text: string): string => {
    const rest = endedWithCr && text.startsWith("\n") ? text.slice(1) : text
    if (text !== "") endedWithCr = text.endsWith("\r")
    return rest.includes("\r") ? rest.replace(/\r\n?/g, "\n") : rest
  }
  /** Parses whole lines. */
  const parseLines = (lines: string): void => {
    for (let start = 0; start < lines.length && !isOver;) {
      // An empty line ends a block.
      const last = lines.startsWith("\n", start) ? start : lines.indexOf("\n\n", start) + 1
      const isComplete = last > start || lines.startsWith("\n", start)
      const end = isComplete ? last + 1 : lines.length
      const part = lines.slice(start, end)
      start = end
      if (isLonger(part, maxBytes) && part.split("\n").some((line) => isLonger(line, maxBytes))) return failTooLong()
      fired = false
      parser.feed(part)
      if (!fired) blockId = idIn(part) ?? blockId
      if (!isComplete) continue
      if (!fired && blockId !== undefined) state.lastEventId = blockId
      blockId = undefined
    }
  }
  return {
    push: (bytes) => {
      const complete = splitter.push(bytes)
      if (complete !== undefined) parseLines(normalize(decodeUtf8(complete)))
      if (!isOver && splitter.rest().length > maxBytes) failTooLong()
      return records.take()
    },
    // An event that is not complete is dropped.
    end: records.take
  }
}
