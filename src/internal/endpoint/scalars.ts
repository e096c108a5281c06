/** The encoded value of a form field, a query parameter, a path parameter or a header. */
export type Scalar = string | number | bigint | boolean

/** A `Scalar`, a list of them, which repeats the name, or null or undefined, which leaves the name out. */
export type ScalarOrList = Scalar | null | undefined | ReadonlyArray<Scalar | null | undefined>
