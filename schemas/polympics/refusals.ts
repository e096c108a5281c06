import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"

/** `{"detail": "..."}`: what the API says with every refusal but a 422. */
const detail = <Tag extends string, Status extends number>(tag: Tag, status: Status) =>
  Schema.Struct({ detail: Schema.String })
    .pipe(Schema.attachPropertySignature("_tag", tag))
    .annotations(HttpApiSchema.annotations({ identifier: tag, status }))

/** No credentials, or, where the API cares, wrong ones. */
export const Unauthorised = /*#__PURE__*/ detail("Unauthorised", 401)

/** The caller may not do this; wrong and expired credentials count as nobody's. */
export const Forbidden = /*#__PURE__*/ detail("Forbidden", 403)

/** What should be new is there already. */
export const Conflict = /*#__PURE__*/ detail("Conflict", 409)

const Issue = /*#__PURE__*/ Schema.Struct({
  path: /*#__PURE__*/ Schema.propertySignature(
    /*#__PURE__*/ Schema.Array(/*#__PURE__*/ Schema.Union(Schema.String, Schema.Int))
  ).pipe(/*#__PURE__*/ Schema.fromKey("loc")),
  message: /*#__PURE__*/ Schema.propertySignature(Schema.String).pipe(/*#__PURE__*/ Schema.fromKey("msg")),
  code: /*#__PURE__*/ Schema.propertySignature(Schema.String).pipe(/*#__PURE__*/ Schema.fromKey("type"))
})

/**
 * An id that the API does not know, in the path, the query or the body: a 422 of nothing but such issues. Where the API
 * takes one of two things, it adds to the first thing's issue another, that the second was not meant.
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
})
  .pipe(/*#__PURE__*/ Schema.attachPropertySignature("_tag", "NotFound"))
  .annotations(/*#__PURE__*/ HttpApiSchema.annotations({ identifier: "UnknownId", status: 422 }))

/** Any other 422: what the API finds wrong, a list of issues... */
const InvalidData = /*#__PURE__*/ Schema.Struct({
  issues: /*#__PURE__*/ Schema.propertySignature(/*#__PURE__*/ Schema.Array(Issue)).pipe(
    /*#__PURE__*/ Schema.fromKey("detail")
  )
})
  .pipe(/*#__PURE__*/ Schema.attachPropertySignature("_tag", "DataError"))
  .annotations(/*#__PURE__*/ HttpApiSchema.annotations({ identifier: "InvalidData", status: 422 }))

/** ... or a sentence. */
const BadData = /*#__PURE__*/ detail("DataError", 422)

export const DataError = /*#__PURE__*/ Schema.Union(InvalidData, BadData)

/** An award that the account does not have: a 404 with nothing in it. */
export const NotHeld = /*#__PURE__*/ HttpApiSchema.asEmpty(/*#__PURE__*/ Schema.TaggedStruct("NotFound", {}), {
  status: 404,
  decode: () => ({ _tag: "NotFound" as const })
})

/** No callback for this event. A framework's "Not Found", for a path that nobody serves, is none of it. */
export const NoCallback = /*#__PURE__*/ Schema.Struct({
  detail: /*#__PURE__*/ Schema.String.pipe(/*#__PURE__*/ Schema.filter((text) => text !== "Not Found"))
})
  .pipe(/*#__PURE__*/ Schema.attachPropertySignature("_tag", "NotFound"))
  .annotations(/*#__PURE__*/ HttpApiSchema.annotations({ identifier: "NoCallback", status: 404 }))

/** What a change of what is there can be refused with. */
export const Refused = /*#__PURE__*/ Schema.Union(Unauthorised, Forbidden, UnknownId, DataError)
