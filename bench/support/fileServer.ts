/** A server of `/file`: it sends as many bytes as its argument says to a GET, and counts those of a PUT. Prints its URL. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const bytes = Number(process.argv[2])
const piece = Buffer.alloc(262_144, "The quick brown fox jumps over the lazy dog. ")

const server = createServer((request, response) => {
  if (request.method === "PUT") {
    let count = 0
    request.on("data", (chunk: Buffer) => (count += chunk.length))
    request.on("end", () => response.end(JSON.stringify({ count })))
    return
  }
  response.writeHead(200, { "content-length": `${bytes}`, etag: '"file"' })
  let left = bytes
  const more = () => {
    while (left > 0) {
      const size = Math.min(left, piece.length)
      left -= size
      if (!response.write(size === piece.length ? piece : piece.subarray(0, size))) {
        response.once("drain", more)
        return
      }
    }
    response.end()
  }
  more()
})
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
