/** The demo of the browser: an API, and a page of another origin that calls it. */
import { Effect } from "effect"
import { createServer } from "node:http"
import { onLoopback } from "../../../test/servers/onLoopback.js"
import { heading, line } from "../../support/print.js"
import { startApi } from "./api.js"
import { bundlePage, type PageFile } from "./bundle.js"

/** The page runs its own script only, and sends requests to the API only. Pictures are made by the script. */
const policy = (apiUrl: string) =>
  `default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src ${apiUrl}; base-uri 'none'; form-action 'none'`

/** Serves the API and the page on free ports of loopback until the scope closes. */
export const startExplorer = Effect.gen(function* () {
  let files: Readonly<Record<string, PageFile>> = {}
  let headers = {}
  const server = createServer(({ url = "/" }, response) => {
    const file = files[url]
    if (file === undefined) return response.writeHead(404).end()
    return response.writeHead(200, { ...headers, "content-type": file.type }).end(file.content)
  })
  const pageUrl = yield* onLoopback(server)
  const apiUrl = yield* startApi(pageUrl)
  const bundle = yield* Effect.promise(() => bundlePage(apiUrl))
  headers = {
    "cache-control": "no-cache",
    "content-security-policy": policy(apiUrl),
    "x-content-type-options": "nosniff"
  }
  files = bundle.files
  return { pageUrl, apiUrl, minified: bundle.minified, gzipped: bundle.gzipped }
})

/** Serves the page until the program is interrupted. */
export const demoBrowser = Effect.gen(function* () {
  const { apiUrl, gzipped, minified, pageUrl } = yield* startExplorer
  yield* heading(`Open ${pageUrl} in a browser. Ctrl+C ends the demo.`)
  yield* line(`It calls a Polympics server at ${apiUrl}, which is another origin.`)
  yield* line(`Its script has ${minified} KiB, ${gzipped} KiB after gzip, with Effect and this library.`)
  return yield* Effect.never
})
