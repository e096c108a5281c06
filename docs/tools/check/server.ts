/** Serves the built site on loopback, as a web server with clean URLs does: `/guides/errors` is `guides/errors.html`. */
import { existsSync, readFileSync, statSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { extname, join, normalize } from "node:path"

const types: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml"
}

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile()

/** Serves a folder under a path that begins and ends with a slash. Returns the address of its first page. */
export const serve = async (
  folder: string,
  base: string
): Promise<{ readonly url: string; readonly close: () => void }> => {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost")
    const path = normalize(decodeURIComponent(pathname))
    const file = path.startsWith(base)
      ? [path.slice(base.length), `${path.slice(base.length)}.html`, join(path.slice(base.length), "index.html")]
          .map((name) => join(folder, name))
          .find(isFile)
      : undefined
    response.writeHead(file === undefined ? 404 : 200, {
      "content-type": types[extname(file ?? ".html")] ?? "application/octet-stream"
    })
    response.end(readFileSync(file ?? join(folder, "404.html")))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${base}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}
