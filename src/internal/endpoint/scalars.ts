/** A value of a form field, a query parameter, a path parameter or a header, as it is encoded. */
export type Scalar = string | number | bigint | boolean

/** A `Scalar`, several for one name, or nothing, which leaves the name out. */
export type ScalarOrList = Scalar | null | undefined | ReadonlyArray<Scalar | null | undefined>
