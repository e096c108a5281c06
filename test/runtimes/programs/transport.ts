/** The program of Node, Bun and Deno, with the transport of `effect-herald/node`. Its arguments are the base URL of the server, and a folder. */
import { Transport } from "effect-herald/node"
import { checks } from "../checks.js"
import { fileChecks } from "../fileChecks.js"
import { run } from "../run.js"

const [, , baseUrl = "", folder = ""] = process.argv

console.log(JSON.stringify(await run([...checks, ...fileChecks(folder)], baseUrl, Transport.layer())))
