/** A server in a process of its own, whose response is fresh for an hour. Prints its base URL. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const body = JSON.stringify({
  id: "900719925474099300",
  name: "Player 000000001",
  discriminator: "0001",
  team: { id: 1, name: "Team 1" },
  awards: Array.from({ length: 5 }, (_, id) => ({ id, title: `Award ${id}`, image: `https://cdn.example/${id}.png` }))
})

const server = createServer((_, response) => {
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "cache-control": "max-age=3600",
    etag: '"1"'
  })
  response.end(body)
})
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
