/** A server in a process of its own, which takes logs: it reads the bodies of requests and responds with a 204. Prints its base URL. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const server = createServer((request, response) => {
  request.resume()
  request.once("end", () => response.writeHead(204).end())
})
// Longer than the benchmark, so that each client keeps its connections between its slices.
server.keepAliveTimeout = 600_000
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
