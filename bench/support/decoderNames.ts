/** The number of accounts of a page that is decoded. */
export const pageSize = 100

/** The contender that decodes a page, and the one that returns it as it is. */
export const decode = "call"
export const unchecked = "call that checks nothing"
