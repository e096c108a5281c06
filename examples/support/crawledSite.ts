/** A site on loopback for the crawler: pages that link to each other. Some are fresh for a minute, the others expire at once. */
import { Effect } from "effect"
import { createServer } from "node:http"
import { onLoopback } from "../../test/servers/onLoopback.js"

const count = 120

/** Each page links to two pages after it, and to one before it. */
const page = (number: number) => ({
  title: `Page ${number}`,
  links: [number * 2 + 1, number * 2 + 2, Math.floor((number - 1) / 2)]
    .filter((other) => other >= 0 && other < count)
    .map((other) => `/pages/${other}`)
})

/** Serves the site until the scope closes. Returns its base URL, and the numbers of its responses by status. */
export const serve = Effect.gen(function* () {
  const counts = new Map<number, number>()
  const server = createServer(({ headers, url = "" }, response) => {
    const number = Number(/^\/pages\/(\d+)$/.exec(url)?.[1] ?? Number.NaN)
    const body = JSON.stringify(page(number))
    const etag = `"${number}"`
    const status = headers["if-none-match"] === etag ? 304 : number < count ? 200 : 404
    counts.set(status, (counts.get(status) ?? 0) + 1)
    response.writeHead(status, {
      etag,
      "content-type": "application/json",
      "cache-control": number % 3 === 2 ? "max-age=0" : "max-age=60"
    })
    response.end(status === 200 ? body : undefined)
  })
  const baseUrl = yield* onLoopback(server)
  return {
    baseUrl,
    /** Returns the numbers of responses by status since the previous call. */
    statuses: Effect.sync(() => {
      const statuses = Object.fromEntries(counts)
      counts.clear()
      return statuses
    })
  }
})
