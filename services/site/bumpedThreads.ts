import * as Effect from "effect/Effect"
import * as Operation from "../../src/Operation.js"
import type { Snowflake } from "../../src/Snowflake.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/bumpedThreads.js"

/** Returns the ids of all threads that the bot keeps open. */
export const getBumpedThreads = Operation.make(Authoriser, endpoints.getBumpedThreads)

/** Adds a thread, and returns its id. Fails with `AlreadyExists` if it was added before. */
export const createBumpedThread = Operation.make(Authoriser, endpoints.createBumpedThread, (thread: Snowflake) => ({
  body: { threadId: thread }
}))

const findBumpedThread = Operation.make(Authoriser, endpoints.isThreadBumped, (thread: Snowflake) => ({ id: thread }))

/**
 * Reports whether a thread was added. The server says so by the status: 204 is yes, and its 404 is no. A 404 of a path that it does not
 * serve, as below a wrong base URL, is a `ClientError`.
 */
export const isThreadBumped = (thread: Snowflake) =>
  Effect.catchTag(findBumpedThread(thread), "NotFound", () => Effect.succeed(false))

/** Removes a thread. Fails with `NotFound` if it was not added. */
export const deleteBumpedThread = Operation.make(Authoriser, endpoints.deleteBumpedThread, (thread: Snowflake) => ({
  id: thread
}))
