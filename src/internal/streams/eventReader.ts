import type * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import type { Reader } from "../endpoint/Codec.js"
import { essence } from "../http/mediaType.js"
import { type DecodeData, eventsParser, type Resumption } from "./events.js"
import type { StreamOptions } from "./options.js"
import { recordIssue, streamReader } from "./records.js"

/** The media type of event streams. */
export const eventStreamType = "text/event-stream"

/** The reader of an event stream. */
export interface EventReader extends Reader {
  /** Returns the reader of one of several connections, which have this state. */
  readonly resuming: (state: Resumption, idleTimeout: Duration.DurationInput | undefined) => Reader
}

export const isEventReader = (reader: Reader): reader is EventReader => Predicate.hasProperty(reader, "resuming")

/** Makes the reader of an event stream. */
export const eventReader = (decode: DecodeData, options: StreamOptions): EventReader => {
  const read = (makeState: () => Resumption, idleTimeout: Duration.DurationInput | undefined): Reader =>
    streamReader({
      onInvalid: options.onInvalid,
      idleTimeout,
      makeParser: () => eventsParser(decode, options, makeState()),
      refuse: (contentType) =>
        essence(contentType) === eventStreamType
          ? undefined
          : {
              reason: "MediaType",
              issues: recordIssue(
                `the media type should be ${eventStreamType}, and is ${essence(contentType) || "absent"}`
              )
            }
    })
  return {
    ...read(() => ({ lastEventId: "", retry: undefined }), options.idleTimeout),
    resuming: (state, idleTimeout = options.idleTimeout) => read(() => state, idleTimeout)
  }
}
