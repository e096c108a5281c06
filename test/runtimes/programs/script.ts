/** The program of Node, Bun and Deno. Its argument is the base URL of the server. Prints the report. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { checks } from "../checks.js"
import { run } from "../run.js"

console.log(JSON.stringify(await run(checks, process.argv[2]!, FetchHttpClient.layer)))
