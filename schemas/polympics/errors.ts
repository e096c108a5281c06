import * as Schema from "effect/Schema"

const Issue = Schema.Struct({
  path: Schema.propertySignature(Schema.Array(Schema.Union(Schema.String, Schema.Int))).pipe(Schema.fromKey("loc")),
  message: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("msg")),
  code: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("type"))
})

/**
 * The body of a 422 for an unknown id in the path, the query or the body. All its issues are about unknown ids. If the API accepts
 * one of two values, there are two issues: the second, `Should fall through to next type.`, is about the other value.
 */
export const UnknownId = Schema.Struct({
  issues: Schema.propertySignature(
    Schema.NonEmptyArray(Issue).pipe(
      Schema.filter((issues) =>
        issues.every(({ message }) =>
          /^(Account|Team|Award) not found\.$|^Should fall through to next type\.$/.test(message)
        )
      )
    )
  ).pipe(Schema.fromKey("detail"))
}).annotations({ identifier: "UnknownId" })

/** The body of any other 422 with issues. A 422 can also have a string as its `detail`. */
export const InvalidContent = Schema.Struct({
  issues: Schema.propertySignature(Schema.Array(Issue)).pipe(Schema.fromKey("detail"))
}).annotations({ identifier: "InvalidContent" })

/**
 * The body of a 404 for an event without a callback. `Not Found` is excluded: with this text the API's framework responds to a path
 * that the API does not serve.
 */
export const NoCallback = Schema.Struct({
  detail: Schema.String.pipe(Schema.filter((text) => text !== "Not Found"))
}).annotations({ identifier: "NoCallback" })
