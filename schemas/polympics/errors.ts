import * as Schema from "effect/Schema"

const Issue = /*#__PURE__*/ Schema.Struct({
  path: /*#__PURE__*/ Schema.propertySignature(
    /*#__PURE__*/ Schema.Array(/*#__PURE__*/ Schema.Union(Schema.String, Schema.Int))
  ).pipe(/*#__PURE__*/ Schema.fromKey("loc")),
  message: /*#__PURE__*/ Schema.propertySignature(Schema.String).pipe(/*#__PURE__*/ Schema.fromKey("msg")),
  code: /*#__PURE__*/ Schema.propertySignature(Schema.String).pipe(/*#__PURE__*/ Schema.fromKey("type"))
})

/**
 * The body of a 422 for an id that the API does not know, in the path, the query or the body. Every issue is of this kind.
 * Where the API accepts one of two values, the issue of the first is followed by one which says that the second does not match
 * either.
 */
export const UnknownId = /*#__PURE__*/ Schema.Struct({
  issues: /*#__PURE__*/ Schema.propertySignature(
    /*#__PURE__*/ Schema.NonEmptyArray(Issue).pipe(
      /*#__PURE__*/ Schema.filter((issues) =>
        issues.every(({ message }) =>
          /^(Account|Team|Award) not found\.$|^Should fall through to next type\.$/.test(message)
        )
      )
    )
  ).pipe(/*#__PURE__*/ Schema.fromKey("detail"))
}).annotations({ identifier: "UnknownId" })

/** The body of any other 422 with issues. A 422 can also have a sentence as its `detail`. */
export const InvalidContent = /*#__PURE__*/ Schema.Struct({
  issues: /*#__PURE__*/ Schema.propertySignature(/*#__PURE__*/ Schema.Array(Issue)).pipe(
    /*#__PURE__*/ Schema.fromKey("detail")
  )
}).annotations({ identifier: "InvalidContent" })

/**
 * The body of a 404 for an event without a callback. "Not Found" is the response of the API's framework to a path that the API
 * does not serve.
 */
export const NoCallback = /*#__PURE__*/ Schema.Struct({
  detail: /*#__PURE__*/ Schema.String.pipe(/*#__PURE__*/ Schema.filter((text) => text !== "Not Found"))
}).annotations({ identifier: "NoCallback" })
