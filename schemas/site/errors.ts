import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/** The body of the API's own 404. A path that the API does not serve has a page of HTML instead. */
export const Missing = Schema.Struct({ detail: Schema.String }).annotations({ identifier: "Missing" })

interface Issue {
  readonly path: ReadonlyArray<string | number>
  readonly message: string
}

const issues = (() =>
  Schema.NonEmptyArray(
    Schema.Struct({ path: Schema.Array(Schema.Union(Schema.String, Schema.Int)), message: Schema.String })
  ))()

/**
 * The resource to create exists already.
 *
 * - `issues`: the fields that identify it, with the server's messages. The path is empty if several fields together identify it
 */
export class AlreadyExists extends Schema.TaggedError<AlreadyExists>()("AlreadyExists", { issues }) {
  override get message(): string {
    return messageOf(this.issues)
  }
}

/**
 * The request names users, roles or other resources that do not exist.
 *
 * - `issues`: the fields that name them, with the server's messages
 */
export class UnknownReference extends Schema.TaggedError<UnknownReference>()("UnknownReference", { issues }) {
  override get message(): string {
    return messageOf(this.issues)
  }
}

const messageOf = (all: ReadonlyArray<Issue>): string =>
  all.map(({ message, path }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`)).join("; ")

const isTexts = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.length > 0 && value.every(Predicate.isString)

/** Reads a 400 whose body is a list of messages, or has a list of messages for each field. Undefined for any other body. */
const issuesOf = (body: unknown): ReadonlyArray<Issue> | undefined => {
  if (isTexts(body)) return body.map((message) => ({ path: [], message }))
  if (!Predicate.isReadonlyRecord(body)) return undefined
  const found: Array<Issue> = []
  for (const [field, messages] of Object.entries(body)) {
    if (!isTexts(messages)) return undefined
    const path = field === "non_field_errors" ? [] : [field]
    found.push(...messages.map((message) => ({ path, message })))
  }
  return found.length === 0 ? undefined : found
}

const whereAllMatch = <A, I>(
  Failure: Schema.Schema<A, I> & (new (props: { readonly issues: typeof issues.Type }) => A),
  pattern: RegExp
): Schema.Schema<A, unknown> =>
  Schema.transformOrFail(Schema.Unknown, Schema.typeSchema(Failure), {
    strict: true,
    decode: (body, _, ast) => {
      const [first, ...others] = issuesOf(body) ?? []
      return first !== undefined && [first, ...others].every(({ message }) => pattern.test(message))
        ? ParseResult.succeed(new Failure({ issues: [first, ...others] }))
        : ParseResult.fail(new ParseResult.Type(ast, body, "must have messages of this kind only"))
    },
    encode: (failure, _, ast) => ParseResult.fail(new ParseResult.Forbidden(ast, failure, "a client sends no errors"))
  })

/** An `AlreadyExists`, from a 400 all of whose messages match a pattern. A 400 with other problems too is a `BadRequest`. */
export const alreadyExists = (pattern: RegExp) => whereAllMatch(AlreadyExists, pattern)

/**
 * An `UnknownReference`, from a 400 all of whose messages match a pattern, such as that of Django REST framework
 * (`Invalid pk "404" - object does not exist.`). A 400 with other problems too is a `BadRequest`.
 */
export const unknownReference = (pattern: RegExp = /^Invalid pk ".*" - object does not exist\.$/) =>
  whereAllMatch(UnknownReference, pattern)
