import type * as Effect from "effect/Effect"
import { type ErrorDetails, PaginationError } from "../../HeraldError.js"
import type { Response } from "../../Operation.js"
import { errorDetails, type ErrorContext, scrubberOf } from "../call/errors.js"
import { callOf } from "../operation.js"
import type { Finding, PageRequest } from "./strategy.js"
import { toUrl } from "../http/toUrl.js"

/** The part of a page's call that errors need. */
export type Call = ErrorContext["call"]

/** The requests of one list. */
export interface List<out Value, out E, out R> {
  readonly fetch: (request: PageRequest) => Effect.Effect<Response<Value>, E, R>
  /** The call of a page before there is a response, if it is known. */
  readonly call: Effect.Effect<Call | undefined, never, R>
}

/** The name of a list whose requests are not made by an operation or a verb. */
const unknownName = "list"

const originOf = ({ url }: Response<unknown>): string | undefined => toUrl(url)?.origin

/** Makes the details of an error about a list. They have no body, since a page holds data of users. */
const detailsOf = (call: Call | undefined, response: Response<unknown> | undefined, sentence: string): ErrorDetails => {
  if (call === undefined) {
    const url = (response && originOf(response)) ?? ""
    return {
      message: `${unknownName}: ${sentence}`,
      operation: unknownName,
      method: "GET",
      url,
      status: response?.status,
      attempts: []
    }
  }
  const context: ErrorContext = { call, attempts: [], response: response && { ...response, body: "" } }
  return { ...errorDetails(context, scrubberOf(context).text(sentence)), body: undefined }
}

/** Makes the error of a list. `page` is the number of the page among those that were read, from 0. */
export const paginationError = (
  call: Call | undefined,
  response: Response<unknown> | undefined,
  page: number,
  { reason, sentence }: Finding
): PaginationError => {
  const details = detailsOf((response && callOf(response)) ?? call, response, sentence)
  return new PaginationError({ ...details, page, reason })
}

/** Returns the base URL that requests of a list must be below: the origin of the last response, if there is no call. */
export const baseUrlOf = (call: Call | undefined, response: Response<unknown> | undefined): URL | undefined => {
  const known = (response && callOf(response)) ?? call
  if (known !== undefined) return known.authoriser.baseUrl
  const origin = response && originOf(response)
  return origin === undefined ? undefined : new URL(origin)
}
