/** The process of the readers of the benchmark `list`. */
import { decoders } from "./decoders.js"
import { readers, readersAhead } from "./listContenders.js"
import { replyWithSlices } from "./slices.js"

// The argument of bench/list.ts.
const [baseUrl] = process.argv.slice(2) as [string]

await replyWithSlices(() =>
  Promise.resolve({
    "pages of 100": readers({ baseUrl, size: 100, delay: 0 }),
    "pages of 1000": readers({ baseUrl, size: 1000, delay: 0 }),
    latency: readersAhead({ baseUrl, size: 100, delay: 20 }),
    ...decoders()
  })
)
