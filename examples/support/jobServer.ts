import { Effect } from "effect"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

interface Report {
  state: string
  percent: number
}

/** Reads a body of JSON. */
const json = async (request: IncomingMessage): Promise<unknown> => {
  const pieces: Array<Uint8Array> = []
  for await (const piece of request) pieces.push(piece as Uint8Array)
  return JSON.parse(Buffer.concat(pieces).toString())
}

/** Makes a server of reports, which are done after five polls, and of a resource that is written under a condition. */
const makeListener = () => {
  const reports: Array<Report> = []
  let visits: unknown = { count: 0 }
  let version = 0
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const respond = (status: number, body: unknown, headers: Record<string, string> = {}) =>
      response
        .writeHead(status, { "content-type": "application/json", ...headers })
        .end(body === undefined ? undefined : JSON.stringify(body))
    const { headers, method, url = "" } = request
    const report = reports[Number(url.split("/")[2]) - 1]
    if (method === "POST") {
      const id = reports.push({ state: "running", percent: 0 })
      respond(202, { id }, { location: `/reports/${id}` })
    } else if (url === "/visits") {
      if (method === "GET") return void respond(200, visits, { etag: `"${version}"` })
      const changed = await json(request)
      if (headers["if-match"] !== `"${version}"`) return void respond(412, { detail: "the visits have changed" })
      visits = changed
      version += 1
      respond(200, visits, { etag: `"${version}"` })
    } else if (report === undefined) {
      respond(404, { detail: "no such report" })
    } else if (method === "DELETE") {
      report.state = "cancelled"
      response.writeHead(204).end()
    } else {
      if (report.state === "running") report.percent += 20
      if (report.percent === 100) report.state = "done"
      respond(200, report)
    }
  }
}

/** Starts the server on loopback, until the scope closes. Returns its base URL. */
export const serve = Effect.acquireRelease(
  Effect.async<Server>((resume) => {
    const listener = makeListener()
    const server = createServer((request, response) => void listener(request, response))
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
).pipe(
  // The address of a server that listens on a port is of this type.
  Effect.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
)
