import * as Either from "effect/Either"
import type { AnySchema, StreamOptions } from "./options.js"
import { isLonger, jsonDecoder, makeDecodeUtf8, makeRecords, maxBytesOf, type Parser, tooLong } from "./records.js"
import { makeSplitter } from "./splitter.js"

const name = "line"

/** Matches a line without a value. */
const blank = /^[ \t\r]*$/

/** Makes the function that makes a parser of JSON texts, one a line. Lines end with LF or CRLF. The last one need not end. */
export const jsonLinesParser = (schema: AnySchema, options: StreamOptions): (() => Parser<unknown>) => {
  const decode = jsonDecoder(schema)
  const maxBytes = maxBytesOf(options)
  return () => {
    const splitter = makeSplitter([0x0a])
    const decodeUtf8 = makeDecodeUtf8()
    const records = makeRecords<unknown>(name, options.onInvalid !== undefined)
    let number = 0
    /** Parses a line. Returns true if no more is to be read. */
    const line = (text: string): boolean => {
      number += 1
      if (isLonger(text, maxBytes)) {
        records.fail(tooLong(name, number, maxBytes))
        return true
      }
      if (blank.test(text)) return false
      const decoded = decode(text)
      if (Either.isLeft(decoded)) return records.addInvalid(number, decoded.left)
      records.add(decoded.right)
      return false
    }
    return {
      push: (bytes) => {
        const complete = splitter.push(bytes)
        if (complete !== undefined) {
          const text = decodeUtf8(complete)
          let start = 0
          for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
            if (line(text.slice(start, end))) return records.take()
            start = end + 1
          }
        }
        if (splitter.rest().length > maxBytes) records.fail(tooLong(name, number + 1, maxBytes))
        return records.take()
      },
      end: () => {
        line(decodeUtf8(splitter.rest()))
        return records.take()
      }
    }
  }
}
