/**
 * A server in a process of its own. It responds with an account; below `/half` with a part of one, which never ends; below `/status`
 * with a 500; below `/closed` it closes the connection. Prints its base URL.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { makeAccount } from "./account.js"

const body = Buffer.from(JSON.stringify(makeAccount(1)))
const headers = { "content-type": "application/json", "content-length": body.length }

const server = createServer((request, response) => {
  const kind = request.url!.split("/")[1]
  if (kind === "closed") return void request.socket.destroy()
  response.writeHead(kind === "status" ? 500 : 200, headers)
  if (kind === "half") response.write(body.subarray(0, body.length / 2))
  else response.end(body)
})
server.keepAliveTimeout = 600_000
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
