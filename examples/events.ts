/**
 * Follows an event stream whose server closes the connection again and again, and reads JSON lines of which one is invalid. The server
 * is part of the program. `npx tsx examples/events.ts`
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Duration, Effect, Schema, Stream } from "effect"
import { Authoriser, Endpoint, Operation } from "effect-herald"
import { Transport } from "effect-herald/node"
import { EventStream, JsonLines } from "effect-herald/streams"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { heading } from "./support/print.js"

class Market extends Authoriser.Tag("example/Market")<Market>() {}

const Trade = Schema.Struct({ symbol: Schema.String, price: Schema.Number })

const trades = Operation.make(Market, () =>
  Endpoint.get("/trades", {
    name: "trades",
    success: EventStream.body({ trade: Trade, note: EventStream.text() }, { idleTimeout: "30 seconds" })
  })
)

const history = Operation.make(Market, () =>
  Endpoint.get("/history.jsonl", {
    name: "history",
    success: JsonLines.body(Trade, {
      onInvalid: ({ issues, number, skipped }) =>
        Console.log(`line ${number} is skipped: ${issues[0]?.message} (${skipped} in all)`)
    })
  })
)

const total = 6

/** Sends two events on each connection, and closes it. Ends the stream after all events. */
const respond = (request: IncomingMessage, response: ServerResponse) => {
  if (request.url === "/history.jsonl") {
    response.end('{"symbol":"EFF","price":3.2}\n{"symbol":"EFF"}\n{"symbol":"HER","price":7.5}\n')
    return
  }
  const last = Number(request.headers["last-event-id"] ?? 0)
  if (last >= total) {
    response.writeHead(204).end()
    return
  }
  response.writeHead(200, { "content-type": "text/event-stream" })
  response.write("retry: 100\n\n")
  for (let id = last + 1; id <= last + 2; id += 1) {
    response.write(
      id === total
        ? `id: ${id}\nevent: note\ndata: the market closes\n\n`
        : `id: ${id}\nevent: trade\ndata: {"symbol":"EFF","price":${3 + id / 10}}\n\n`
    )
  }
  response.end()
}

const listen = Effect.acquireRelease(
  Effect.async<ReturnType<typeof createServer>>((resume) => {
    const server = createServer(respond)
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.sync(() => server.closeAllConnections() ?? server.close())
)

const follow = EventStream.follow(trades, {
  onStatus: (status) =>
    status._tag === "Connected"
      ? Console.log(`connected, after event ${status.lastEventId || "none"}`)
      : Console.log(`disconnected, next connection in ${Math.round(Duration.toMillis(status.wait))} ms`)
})

const program = Effect.gen(function* () {
  yield* heading("An event stream over several connections")
  yield* Stream.runForEach(follow(), (event) =>
    event.type === "trade"
      ? Console.log(`${event.id}: ${event.data.symbol} at ${event.data.price}`)
      : Console.log(`${event.id}: ${event.data}`)
  )
  yield* heading("JSON lines, of which one is invalid")
  yield* Stream.runForEach(Stream.unwrap(history()), ({ price, symbol }) => Console.log(`${symbol} at ${price}`))
})

Effect.gen(function* () {
  const server = yield* listen
  const { port } = server.address() as AddressInfo
  yield* Effect.provide(program, Market.layer({ baseUrl: `http://127.0.0.1:${port}` }))
}).pipe(Effect.scoped, Effect.provide(Transport.layer()), NodeRuntime.runMain)
