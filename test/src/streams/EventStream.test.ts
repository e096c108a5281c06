import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Endpoint, Operation } from "effect-herald"
import { EventStream } from "effect-herald/streams"
import * as Server from "../../servers/scripted.js"
import { clients } from "../../support/clients.js"
import { at, Caller } from "../../support/kit.js"

const sse = { headers: { "content-type": "text/event-stream" } }

const events = Operation.make(Caller, () =>
  Endpoint.get("/events", { success: EventStream.body(Schema.Struct({ n: Schema.Number })) })
)

describe.each(clients)("EventStream over %s", (_, client) => {
  it.scoped("follow resumes after the last event, and ends on a 204", () =>
    Effect.gen(function* () {
      const statuses: Array<unknown> = []
      const server = yield* Server.make([
        Server.chunked(['retry: 1\n\nid: a\ndata: {"n":1}\n\n', 'id: b\ndata: {"n":2}\n\nid: c\ndata: {"n":3}\n'], sse),
        Server.cutShort({ ...sse, body: 'id: c\ndata: {"n":3}\n\n', how: "reset", framing: "chunked" }),
        Server.respond({ status: 503 }),
        Server.respond({ status: 204 })
      ])
      const followed = EventStream.follow(events, {
        schedule: Schedule.spaced("1 millis"),
        onStatus: (status) => Effect.sync(() => statuses.push(status._tag))
      })
      const found = yield* Stream.runCollect(followed()).pipe(Effect.provide(at(server.url)))
      expect(Chunk.toReadonlyArray(found)).toEqual([
        { type: "message", id: "a", data: { n: 1 } },
        { type: "message", id: "b", data: { n: 2 } },
        { type: "message", id: "c", data: { n: 3 } }
      ])
      expect(server.requests.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "b", "c", "c"])
      expect(statuses).toEqual(["Connected", "Disconnected", "Connected", "Disconnected", "Disconnected"])
    }).pipe(Effect.provide(client))
  )
})
