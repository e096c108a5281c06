/**
 * A server in a process of its own. It responds with an account; below `/cached` with one that is fresh for an hour, and below
 * `/flaky` with a 503 to the first request of each URL. Prints its base URL.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { makeAccount } from "./account.js"

const body = Buffer.from(JSON.stringify(makeAccount(1)))
const headers = { "content-type": "application/json", "content-length": body.length }
const freshHeaders = { ...headers, "cache-control": "max-age=3600" }
const unavailable = Buffer.from('{"detail":"unavailable"}')
const unavailableHeaders = { ...headers, "content-length": unavailable.length }

/** The URLs whose first request failed. A URL is removed by its second request. */
const failed = new Set<string>()

const server = createServer(({ url = "" }, response) => {
  if (url.startsWith("/flaky") && !failed.delete(url)) {
    failed.add(url)
    response.writeHead(503, unavailableHeaders)
    return response.end(unavailable)
  }
  response.writeHead(200, url.startsWith("/cached") ? freshHeaders : headers)
  return response.end(body)
})
// Longer than the benchmark, so that each client keeps its connections between its slices.
server.keepAliveTimeout = 600_000
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
