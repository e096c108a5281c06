/** A site on loopback to crawl: some hundred pages that link to one another, of which some may be kept for a minute, and others asked for again. */
import { Effect } from "effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const count = 120

/** Every page links to the next ones, and back. */
const page = (number: number) => ({
  title: `Page ${number}`,
  links: [number * 2 + 1, number * 2 + 2, Math.floor((number - 1) / 2)]
    .filter((other) => other >= 0 && other < count)
    .map((other) => `/pages/${other}`)
})

/** Serves it until the scope ends; gives where it is, and how many requests of each status it has answered. */
export const serve = Effect.gen(function* () {
  const answered = new Map<number, number>()
  const server = createServer(({ headers, url = "" }, response) => {
    const number = Number(/^\/pages\/(\d+)$/.exec(url)?.[1] ?? Number.NaN)
    const body = JSON.stringify(page(number))
    const etag = `"${number}"`
    const status = headers["if-none-match"] === etag ? 304 : number < count ? 200 : 404
    answered.set(status, (answered.get(status) ?? 0) + 1)
    response.writeHead(status, {
      etag,
      "content-type": "application/json",
      "cache-control": number % 3 === 2 ? "max-age=0" : "max-age=60"
    })
    response.end(status === 200 ? body : undefined)
  })
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  )
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    /** What was answered since one last asked. */
    answered: Effect.sync(() => {
      const counts = Object.fromEntries(answered)
      answered.clear()
      return counts
    })
  }
})
