import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"

/** The end of a connection, as the schedule of `follow` receives it. */
export interface Disconnected<out E> {
  readonly _tag: "Disconnected"
  /** The number of connections that ended or failed since the last event, this one included. */
  readonly number: number
  /** The failure. Undefined if the server ended the response. */
  readonly error: E | undefined
  /** The id of the last event. Empty if there was none. */
  readonly lastEventId: string
  /** The reconnection time that the server asked for, if it did. */
  readonly retry: Duration.Duration | undefined
}

/** The state of the connection: it is open, or it ended, and the next one follows after a wait. */
export type Status<E> =
  | { readonly _tag: "Connected"; readonly lastEventId: string }
  | (Disconnected<E> & { readonly wait: Duration.Duration })

/** Options of `follow`. */
export interface FollowOptions<in E> {
  /** The id of the event to resume after, such as one that the program stored. Default: none. */
  readonly lastEventId?: string | undefined
  /**
   * The waits before the connections after the first one. It begins anew after each event. When it ends, the Stream ends as the last
   * connection did. No wait is below what the server asks for, by `retry` (an hour at most) or `Retry-After`. Default: the server's
   * `retry`, or else a second, doubled with each failure up to 30 seconds, and up to half as long again by chance.
   */
  readonly schedule?: Schedule.Schedule<unknown, Disconnected<E>> | undefined
  /**
   * The longest time in which nothing is received, not even a comment, after which the connection is replaced. It is the deadline of
   * connecting, too, if the call has none. Default: that of the body.
   */
  readonly idleTimeout?: Duration.DurationInput | undefined
  /** Runs when the state of the connection changes. The Stream waits for it. */
  readonly onStatus?: ((status: Status<E>) => Effect.Effect<unknown>) | undefined
}
