import * as Either from "effect/Either"
import type { Mismatch } from "../endpoint/Codec.js"
import type { AnySchema, StreamOptions } from "./options.js"
import {
  isLonger,
  jsonDecoder,
  makeDecodeUtf8,
  makeRecords,
  maxBytesOf,
  type Parser,
  recordIssue,
  tooLong
} from "./records.js"
import { makeSplitter } from "./splitter.js"

const name = "element"

/** The most times that an element is parsed before the next one begins, while it may be incomplete. */
const maxEarly = 8

/**
 * Matches a number, true, false or null without white space after it, which may be cut short (RFC 7464, 2.4). Texts of other kinds show
 * their end.
 */
const maybeTruncated = /^[ \t\r\n]*[^"[{\s][^\s]*$/

const truncated: Mismatch = {
  reason: "Json",
  issues: recordIssue("may be cut short, since no white space follows it (RFC 7464, 2.4)")
}

const outside: Mismatch = {
  reason: "Json",
  issues: recordIssue("does not begin with a record separator (RFC 7464, 2.1)")
}

/**
 * Makes the function that makes a parser of a JSON text sequence: each text begins with RS, and ends with LF. A text is delivered when
 * its LF was received, and need not wait for the next text.
 */
export const jsonSequenceParser = (schema: AnySchema, options: StreamOptions): (() => Parser<unknown>) => {
  const decodeJson = jsonDecoder(schema)
  const decode = (text: string): Either.Either<unknown, Mismatch> =>
    maybeTruncated.test(text) ? Either.left(truncated) : decodeJson(text)
  const maxBytes = maxBytesOf(options)
  return () => {
    const splitter = makeSplitter([0x1e])
    const decodeUtf8 = makeDecodeUtf8()
    const records = makeRecords<unknown>(name, options.onInvalid !== undefined)
    let number = 0
    /** True once a separator was received. */
    let begun = false
    /** True if the text of the current element was delivered before its end. */
    let delivered = false
    let early = 0
    /** Parses the rest of an element. Returns true if no more is to be read. */
    const element = (text: string): boolean => {
      if (!begun || delivered) return text.trim() !== "" && records.addInvalid(Math.max(1, number), outside)
      // Separators in a row are one (RFC 7464, 2.1).
      if (text === "") return false
      number += 1
      if (isLonger(text, maxBytes)) {
        records.fail(tooLong(name, number, maxBytes))
        return true
      }
      const decoded = decode(text)
      if (Either.isLeft(decoded)) return records.addInvalid(number, decoded.left)
      records.add(decoded.right)
      return false
    }
    const begin = () => {
      begun = true
      delivered = false
      early = 0
    }
    /** Delivers the last element if it is complete. Its text may have lines, so that a text that is not JSON may be incomplete. */
    const deliverEarly = () => {
      const rest = splitter.rest()
      if (!begun || delivered || early === maxEarly || rest.at(-1) !== 0x0a) return
      early += 1
      const decoded = decodeJson(decodeUtf8(rest))
      if (Either.isLeft(decoded)) return
      number += 1
      records.add(decoded.right)
      delivered = true
      splitter.drop()
    }
    return {
      push: (bytes) => {
        const complete = splitter.push(bytes)
        if (complete !== undefined) {
          const text = decodeUtf8(complete)
          let start = 0
          for (let end = text.indexOf("\u001e"); end !== -1; end = text.indexOf("\u001e", start)) {
            if (element(text.slice(start, end))) return records.take()
            begin()
            start = end + 1
          }
        }
        if (splitter.rest().length > maxBytes) records.fail(tooLong(name, number + 1, maxBytes))
        else deliverEarly()
        return records.take()
      },
      end: () => {
        element(decodeUtf8(splitter.rest()))
        return records.take()
      }
    }
  }
}
