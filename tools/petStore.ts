/** The server and the document of the sessions in the documentation: the pet store of Swagger, with three pets. */
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const pets: ReadonlyArray<Readonly<Record<string, unknown>>> = [
  { id: 1, name: "Rex", status: "sold", photoUrls: ["rex.png"], category: { id: 1, name: "dogs" } },
  { id: 2, name: "ミケ", status: "sold", photoUrls: [], category: { id: 2, name: "cats" } },
  // This one does not match the document.
  { id: 30, name: "Polly", status: null, photoUrls: [], category: null }
]

/** Starts the server on a free port. */
export const startPetStore = async () => {
  const server = createServer(({ method, url = "" }, response) => {
    const { pathname, searchParams } = new URL(url, "http://localhost")
    const respond = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
    const id = /^\/v2\/pet\/(\d+)$/.exec(pathname)?.[1]
    if (method === "GET" && pathname === "/v2/pet/findByStatus") {
      const wanted = searchParams.getAll("status")
      respond(
        200,
        pets.filter(({ status }) => wanted.includes(status === null ? "pending" : String(status)))
      )
    } else {
      const pet = method === "GET" ? pets.find((pet) => String(pet["id"]) === id) : undefined
      if (pet === undefined) respond(404, { code: 1, type: "error", message: "Pet not found" })
      else respond(200, pet)
    }
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  // The address of a server that listens on a port is of this type.
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const document = JSON.parse(
    readFileSync("node_modules/@readme/oas-examples/2.0/json/petstore.json", "utf8")
  ) as object
  return {
    host,
    document: JSON.stringify({ ...document, host, schemes: ["http"] }),
    stop: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}
