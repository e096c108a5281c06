/**
 * Checks the built site: `npm run docs:check`, after `npm run docs:build`.
 *
 * - `--screenshots FOLDER`: saves what the browser shows.
 * - `--require-browser`: fails if there is no Chromium. By default its checks are left out then. CHROMIUM is its path.
 */
import { existsSync, mkdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { checkInBrowser } from "./check/browser.js"
import { checkHtml } from "./check/html.js"
import { checkLinks } from "./check/links.js"
import { serve } from "./check/server.js"

const { values: options } = parseArgs({
  options: { "require-browser": { type: "boolean", default: false }, screenshots: { type: "string" } }
})
const site = fileURLToPath(new URL("../.vitepress/dist", import.meta.url))
const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium"

let failed = false
const report = (subject: string, problems: ReadonlyArray<string>): void => {
  console.log(`${subject}: ${problems.length === 0 ? "no problem" : `${problems.length} problems`}`)
  for (const problem of problems) console.error(`  ${problem}`)
  failed ||= problems.length > 0
}

if (!existsSync(site)) throw new Error("there is no built site: run `npm run docs:build`")
const { close, url } = await serve(site, process.env["DOCS_BASE"] ?? "/")
try {
  const html = checkHtml(site)
  report(`resources and images of ${html.pages} pages`, html.problems)
  const { links, problems } = await checkLinks(url)
  report(`${links} links`, problems)
  if (existsSync(executablePath)) {
    if (options.screenshots !== undefined) mkdirSync(options.screenshots, { recursive: true })
    report("five pages in Chromium", await checkInBrowser({ url, executablePath, screenshots: options.screenshots }))
  } else
    report(
      `left out: the checks in Chromium, since there is no ${executablePath}`,
      options["require-browser"] ? ["it is required"] : []
    )
} finally {
  close()
}
process.exitCode = failed ? 1 : 0
