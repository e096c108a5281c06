/** A server of events, JSON lines and a JSON text sequence, in a process of its own. Prints its base URL. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Readable } from "node:stream"
import { respondWithEvents } from "../../test/servers/events.js"

const [total, cuts] = process.argv.slice(2).map(Number) as [number, number]

const perPart = 1000

function* parts(before: string) {
  for (let first = 1; first <= total; first += perPart) {
    let part = ""
    for (let id = first; id < first + perPart && id <= total; id += 1) {
      part += `${before}{"id":${id},"name":"Player ${id}","team":${id % 4},"score":${id / 8},"active":true}\n`
    }
    yield part
  }
}

/** The number of event connections of each client, by its query. */
const connections = new Map<string, number>()

const server = createServer((request, response) => {
  const { pathname, search } = new URL(request.url ?? "", "http://localhost")
  if (pathname === "/events") {
    const connection = (connections.get(search) ?? 0) + 1
    connections.set(search, connection)
    respondWithEvents(request, response, { total, cuts, connection }).catch(() => response.destroy())
    return
  }
  const isSequence = pathname === "/sequence"
  response.writeHead(200, { "content-type": isSequence ? "application/json-seq" : "application/x-ndjson" })
  Readable.from(parts(isSequence ? "\u001e" : "")).pipe(response)
})
server.on("connection", (socket) => socket.on("error", () => {}))
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
