import * as Predicate from "effect/Predicate"
import type { Answer } from "../Answer.js"
import type { Stored } from "../CacheStore.js"
import { type Terms, termsOf } from "./freshness.js"

/** What is known of a kept answer without its body. */
export interface AnswerRecord {
  readonly _tag: "Answer"
  readonly method: "GET" | "HEAD"
  readonly url: string
  readonly partition: string
  readonly operation: string
  readonly template: string
  readonly status: number
  /** Of the body. */
  readonly bytes: number
  readonly headers: Readonly<Record<string, string>>
  readonly requestedAt: number
  readonly storedAt: number
  /** That of the resource when the request was sent. */
  readonly generation: string
}

/** In the place of an answer: there are several, by these headers of their requests. Names are in lower case, in order. */
export interface VaryRecord {
  readonly _tag: "Vary"
  readonly url: string
  readonly names: ReadonlyArray<string>
}

/** Answers whose requests were sent in this generation are of use. */
export interface GenerationRecord {
  readonly _tag: "Generation"
  readonly resource: string
  readonly id: string
}

export type AnyRecord = AnswerRecord | VaryRecord | GenerationRecord

const { isNumber, isString } = Predicate

const isTexts = (value: unknown): boolean => Predicate.isRecord(value) && Object.values(value).every(isString)

const isRecord = (value: unknown): value is AnyRecord => {
  if (!Predicate.isRecord(value)) return false
  switch (value["_tag"]) {
    case "Answer":
      return (
        (value["method"] === "GET" || value["method"] === "HEAD") &&
        [value["url"], value["partition"], value["operation"], value["template"], value["generation"]].every(
          isString
        ) &&
        [value["status"], value["bytes"], value["requestedAt"], value["storedAt"]].every(isNumber) &&
        isTexts(value["headers"])
      )
    case "Vary":
      return isString(value["url"]) && Array.isArray(value["names"]) && value["names"].every(isString)
    case "Generation":
      return isString(value["resource"]) && isString(value["id"])
    default:
      return false
  }
}

export const encode = (record: AnyRecord): string => JSON.stringify(record)

/** Undefined if it is no record of ours. */
export const decode = (about: string): AnyRecord | undefined => {
  try {
    const value: unknown = JSON.parse(about)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

export const termsOfRecord = ({ headers, method, requestedAt, status, storedAt }: AnswerRecord): Terms =>
  termsOf({ method, status, headers, requestedAt, receivedAt: storedAt })

/** A kept answer, as it was found. */
export interface Kept {
  readonly record: AnswerRecord
  readonly terms: Terms
  /** Its headers, but for its age, which changes. */
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
}

export const keptOf = (record: AnswerRecord, terms: Terms, bytes: Uint8Array): Kept => {
  const { age: _age, ...headers } = record.headers
  return { record, terms, headers, bytes }
}

/** A record, as it was found; undefined if it is damaged. */
export type Found = Kept | { readonly record: VaryRecord | GenerationRecord }

export const read = ({ about, bytes }: Stored): Found | undefined => {
  const record = decode(about)
  if (record?._tag !== "Answer") return record && { record }
  return record.bytes === bytes.length ? keptOf(record, termsOfRecord(record), bytes) : undefined
}

export const isKept = (found: Found | undefined): found is Kept => found?.record._tag === "Answer"

/** What is kept, as an answer. Its bytes are a copy: whoever gets them may write to them. */
export const answerOf = ({ bytes, headers, record, terms }: Kept, now: number): Answer => ({
  status: record.status,
  // In this order it costs a twentieth of what it does the other way round.
  headers: { age: `${Math.max(0, Math.floor((now - terms.bornAt) / 1000))}`, ...headers },
  body: new Uint8Array(bytes)
})
