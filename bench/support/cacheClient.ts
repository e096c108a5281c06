/** The process of the contenders of the benchmark `cache`. */
import { contenders } from "./cacheContenders.js"
import { replyWithSlices } from "./slices.js"

// The arguments of bench/cache.ts.
const [baseUrl, directory] = process.argv.slice(2) as [string, string]

await replyWithSlices(() => Promise.resolve({ cache: contenders(baseUrl, directory, process.env["REDIS_URL"]) }))
