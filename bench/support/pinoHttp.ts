/**
 * A target of pino's transports: posts the lines of a logger to a URL, as many at once as there are when the previous request has ended.
 * It runs in the worker that pino starts, and pino calls its default export.
 */
import { Duplex } from "node:stream"
import { Agent, request } from "undici"

export default ({ url }: { readonly url: string }): Duplex =>
  Duplex.from(async (chunks: AsyncIterable<Buffer>) => {
    const dispatcher = new Agent({ connections: 1, keepAliveTimeout: 600_000 })
    // The beginning of a line whose end is in the next chunk.
    let rest = ""
    for await (const chunk of chunks) {
      const text = rest + chunk.toString()
      const end = text.lastIndexOf("\n") + 1
      rest = text.slice(end)
      if (end === 0) continue
      const headers = { "content-type": "application/x-ndjson" }
      const { body } = await request(url, { method: "POST", headers, body: text.slice(0, end), dispatcher })
      await body.dump()
    }
    await dispatcher.close()
  })
